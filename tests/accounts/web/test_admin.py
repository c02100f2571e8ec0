"""The admin: one right opens it, its log holds no personal data, a change of precedence is confirmed and set back."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.choices import Role
from accounts.models import User
from common.models import AuditRow, Job
from console.admin_site import REGISTERED, admin_site
from elements.models import Element, FieldPolicy
from elements.services.policies import load_sources
from tests.factories.registries import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user("admin", Role.ADMIN))
    return client


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_other_roles_are_refused_even_with_every_flag(client: Client, role: Role) -> None:
    user = make_user("other", role)
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=user.pk))
    response = client.get("/admin/accounts/user/", follow=True)
    assert response.status_code == 403


def test_strangers_go_to_the_platforms_login_page(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/login/")


@pytest.mark.parametrize("model", [model for model, _ in REGISTERED], ids=lambda m: m.__name__)
def test_every_list_opens(admin: Client, model) -> None:
    assert admin.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200


def test_elements_may_not_be_edited_here() -> None:
    registered = {model._meta.label for model in admin_site._registry}
    assert {label for label in registered if label.startswith("elements.")} == {
        "elements.Source",
        "elements.FieldPolicy",
        "elements.ExpectedCount",
        "elements.Element",
    }
    # Elements are there to be looked up by who may read them; nobody adds, changes or deletes one.
    reader = admin_site._registry[Element]
    assert not any(
        allowed(None)
        for allowed in (reader.has_add_permission, reader.has_change_permission, reader.has_delete_permission)
    )
    assert not {label for label in registered if label.startswith("auth.")}


def test_log_entries_and_audit_rows_name_fields_and_no_values(admin: Client) -> None:
    other = make_user("officer", Role.AUDITOR)
    data = {
        "username": "officer", "display_name": "王某某", "is_active": "on",
        "posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert admin.post(f"/admin/accounts/user/{other.pk}/change/", data).status_code == 302
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"用户 #{other.pk}"
    assert "王" not in entry.change_message
    row = AuditRow.objects.get(verb="ADMIN_CHANGED")
    assert (row.subject_table, row.subject_id, row.fields) == ("accounts_user", str(other.pk), ["display_name"])


def test_password_set_in_the_admin_ends_the_users_sessions(admin: Client) -> None:
    other = make_user("officer", Role.AUDITOR)
    session = Client()
    session.force_login(User.objects.get(pk=other.pk))
    session.get("/")
    new = "Some-new-password-2026"
    url = f"/admin/accounts/user/{other.pk}/password/"
    assert admin.post(url, {"password1": "short", "password2": "short", "usable_password": "true"}).status_code == 200
    assert admin.post(url, {"password1": new, "password2": new, "usable_password": "true"}).status_code == 302
    other.refresh_from_db()
    assert other.check_password(new)
    session.get("/")
    assert "_auth_user_id" not in session.session


def test_users_and_areas_cannot_be_deleted(admin: Client) -> None:
    other = make_user("officer", Role.AUDITOR)
    assert admin.post(f"/admin/accounts/user/{other.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=other.pk).exists()


def test_precedence_is_confirmed_first_then_refolds_and_can_be_set_back(admin: Client) -> None:
    load_sources()
    policy = FieldPolicy.objects.get(kind="PERSON", field="phone")
    before = list(policy.source_order)
    url = f"/admin/elements/fieldpolicy/{policy.pk}/change/"
    wanted = {"field_class": policy.field_class, "rank_1": "TMRI_DRIVER", "rank_2": "FIELD"}
    # When it is sent without confirmation, nothing changes
    asked = admin.post(url, wanted)
    policy.refresh_from_db()
    assert "确认并重新取值" in asked.content.decode()
    assert (policy.source_order, Job.objects.count()) == (before, 0)
    # When it is confirmed, it is stored and a job starts
    assert admin.post(url, {**wanted, "confirmed": "1"}).status_code == 302
    policy.refresh_from_db()
    assert policy.source_order == ["TMRI_DRIVER", "FIELD"]
    assert list(Job.objects.values_list("kind", "params")) == [("REFOLD", {"kind": "PERSON"})]
    # The earlier order fills the form, ready to be confirmed
    first = policy.events.order_by("pgh_id").first()
    form = admin.get(url, {"event": first.pgh_id}).context["form"]
    assert [form.initial[f"rank_{rank}"] for rank in range(1, len(before) + 1)] == before
    back = {"field_class": first.field_class} | {f"rank_{r}": code for r, code in enumerate(before, start=1)}
    admin.post(url, {**back, "confirmed": "1"})
    policy.refresh_from_db()
    assert policy.source_order == before


def test_a_source_named_twice_is_refused(admin: Client) -> None:
    load_sources()
    policy = FieldPolicy.objects.get(kind="PERSON", field="phone")
    wanted = {"field_class": "official", "rank_1": "FIELD", "rank_2": "FIELD", "confirmed": "1"}
    response = admin.post(f"/admin/elements/fieldpolicy/{policy.pk}/change/", wanted)
    assert "同一来源只能出现一次。" in response.content.decode()
    assert Job.objects.count() == 0
