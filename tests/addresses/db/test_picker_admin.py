"""Systems that embed the picker, in the settings: origins as browsers write them, the line to paste, audit."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse

from addresses.forms import parse_origin
from addresses.models import PickerSite
from common.models import AuditRow
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def admin(city) -> Client:
    client = Client()
    client.force_login(make_users(city)["admin"])
    return client


def form(**changes: str) -> dict[str, str]:
    return {"key": "housing", "name": "房屋登记系统", "origins": "http://10.8.3.2:8080", "is_active": "on"} | changes


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://10.8.3.2:8080", "http://10.8.3.2:8080"),
        (" HTTPS://Housing.Example/ ", "https://housing.example"),
        ("https://housing.example:443", "https://housing.example"),
        ("http://housing.example:80", "http://housing.example"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_origins_are_kept_as_a_browser_writes_them(text, origin):
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "*", "https://*", "https://*.example", "housing.example", "//housing.example", "https://", "https://a.example/path",
        "https://a.example?x=1", "https://a.example#x", "https://me@a.example", "ftp://a.example", "javascript:alert(1)",
        "https://a.example:0", "https://a.example:99999", "https://a.example:x", "https://a.example;script-src", "null",
        "https://a.example,https://b.example", "'self'", "data:", "https://a..", "https://甲.example", "http://[::1]:80",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text):
    with pytest.raises(ValidationError):
        parse_origin(text)


@override_settings(PUBLIC_URL="https://platform.example")
def test_a_site_is_added_with_its_line_of_html_and_an_audit_row(admin):
    answer = admin.post(
        reverse("admin:addresses_pickersite_add"),
        form(origins="http://10.8.3.2:8080/\nHTTPS://housing.example\n\nhttp://10.8.3.2:8080"),
    )
    site = PickerSite.objects.get()
    page = admin.get(reverse("admin:addresses_pickersite_change", args=[site.pk])).content.decode()

    assert answer.status_code == 302
    assert site.origins == ["http://10.8.3.2:8080", "https://housing.example"]
    assert "&lt;iframe src=&quot;https://platform.example/embed/address/housing/&quot;" in page
    assert "http://10.8.3.2:8080\nhttps://housing.example</textarea>" in page
    rows = AuditRow.objects.filter(subject_table="addresses_pickersite")
    assert list(rows.values_list("verb", "subject_id")) == [("ADMIN_ADDED", str(site.pk))]


@pytest.mark.parametrize(
    "origins",
    ["https://*.example", "http://10.8.3.2:8080/page", " ", "\n".join(f"http://h{n}.example" for n in range(21))],
)
def test_wrong_origins_are_said_and_nothing_is_kept(admin, origins):
    answer = admin.post(reverse("admin:addresses_pickersite_add"), form(origins=origins))

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert (PickerSite.objects.count(), AuditRow.objects.filter(subject_table="addresses_pickersite").count()) == (0, 0)


def test_the_key_stays_as_it_is_whatever_is_sent(admin):
    site = PickerSite.objects.create(key="housing", name="甲", origins=["http://10.8.3.2"])
    url = reverse("admin:addresses_pickersite_change", args=[site.pk])

    assert admin.post(url, form(key="else", name="乙", is_active="")).status_code == 302
    site.refresh_from_db()
    assert (site.key, site.name, site.is_active) == ("housing", "乙", False)
    assert AuditRow.objects.get(subject_table="addresses_pickersite").verb == "ADMIN_CHANGED"
