"""Pages of no-go rules: list, form, permits, the tab of a road, and the question about one vehicle."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.models import AuditRow
from elements.models import Element, NoGoPermit, NoGoRule
from elements.services.no_go import RuleDraft, save_rule
from tests.factories.claims import claim, submit
from tests.factories.no_go import a_permit
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
WEST, SOUTH = point_in(0, 0, 0)
RING = [[WEST, SOUTH], [WEST + 0.02, SOUTH], [WEST + 0.02, SOUTH + 0.02], [WEST, SOUTH + 0.02], [WEST, SOUTH]]
AREA = json.dumps({"type": "Polygon", "coordinates": [RING]})
FORM = {
    "name": "城区货车禁行", "notice": "莱公交〔2026〕9号", "area": AREA, "days": "WORK", "from_time": "7:00", "to_time": "19:00",
    "vehicle_types": ["H1"], "is_permit_possible": "on", "valid_from": "2026-01-01",
}  # fmt: skip


@pytest.fixture
def lorry(city) -> Element:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(1), plate_number=plate(1), plate_type="01", vehicle_type="H11", use_nature="F", state="A", grid=0),
    )  # fmt: skip
    return Element.objects.get(kind="VEHICLE")


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_rule(users, name: str = "城区货车禁行", **values) -> NoGoRule:
    draft = RuleDraft(**{"name": name, "area": AREA, "valid_from": date(2026, 1, 1)} | values)
    return save_rule(draft=draft, rule_id=None, version=None, actor=users["brigade"], now=NOW)


def test_the_page_shows_rules_in_force_and_ended_in_words(users):
    make_rule(users, days="WORK", from_minute=1320, to_minute=360, vehicle_types=["H1"], use_natures=["F"])
    make_rule(users, name="<i>旧</i>规定", valid_from=date(2025, 1, 1), valid_to=date(2025, 6, 1))
    page = client_of(users["officer-1"]).get(reverse("console:no-go")).content.decode()

    assert "工作日 22:00—次日6:00" in page and "重型货车" in page and "货运" in page
    assert "&lt;i&gt;旧&lt;/i&gt;规定" in page and "<i>旧" not in page
    assert page.count('class="no-go-area"') == 2
    assert reverse("console:no-go-new") not in page and "这辆车此时能走吗" in page


def test_an_empty_page_says_what_to_do(users):
    page = client_of(users["brigade"]).get(reverse("console:no-go")).content.decode()

    assert "没有现行的禁行规定" in page and "请按通告新增规定" in page and reverse("console:no-go-new") in page


@pytest.mark.parametrize(("name", "status"), [("admin", 200), ("analyst", 200), ("auditor", 403), ("nobody", 403)])
def test_who_reads_or_configures_sees_the_page(users, name, status):
    assert client_of(users[name]).get(reverse("console:no-go")).status_code == status


def test_a_rule_is_made_and_changed_by_the_form(users):
    client = client_of(users["brigade"])
    made = client.post(reverse("console:no-go-new"), FORM)
    rule = NoGoRule.objects.get()
    url = reverse("console:no-go-rule", args=[rule.pk])
    form = client.get(url).context["form"]
    changed = client.post(url, FORM | {"to_time": "24:00", "version": form.initial["version"]})

    assert (made.status_code, changed.status_code) == (302, 302)
    rule.refresh_from_db()
    assert (rule.from_minute, rule.to_minute, rule.vehicle_types, rule.area.num_geom) == (420, 1440, ["H1"], 1)
    assert list(AuditRow.objects.filter(verb="NO_GO_CHANGED").values_list("fields", flat=True)) == [["to_minute"]]


def test_a_stale_form_comes_back_with_its_reason_and_what_was_typed(users):
    client = client_of(users["brigade"])
    rule = make_rule(users)
    answer = client.post(reverse("console:no-go-rule", args=[rule.pk]), FORM | {"name": "我的改动", "version": "1"})

    rule.refresh_from_db()
    assert (answer.status_code, rule.name) == (409, "城区货车禁行")
    assert "刚被别人修改过" in answer.content.decode() and "我的改动" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"to_time": "7:00"}, "起止时间不能相同"),
        ({"area": ""}, "要么划定区域，要么指定道路"),
        ({"other_types": "Y99"}, "没有这样的车辆类型"),
        ({"from_time": "25:00"}, "时间应写作 7:00"),
        ({"area": "[[["}, "请在地图上重画"),
    ],
)
def test_a_refused_form_names_the_cure_and_keeps_nothing(users, changed, words):
    answer = client_of(users["brigade"]).post(reverse("console:no-go-new"), FORM | changed)

    assert words in answer.content.decode()
    assert (NoGoRule.objects.count(), AuditRow.objects.filter(verb__startswith="NO_GO").count()) == (0, 0)


@pytest.mark.parametrize("name", ["officer-1", "squadron-1", "analyst", "nobody"])
def test_others_neither_see_nor_send_the_form(users, name):
    rule = make_rule(users)
    client = client_of(users[name])
    for url in (reverse("console:no-go-new"), reverse("console:no-go-rule", args=[rule.pk])):
        assert (client.get(url).status_code, client.post(url, FORM | {"name": "x"}).status_code) == (403, 403)
    assert client.post(reverse("console:no-go-permit", args=[rule.pk]), {}).status_code == 403
    assert list(NoGoRule.objects.values_list("name", flat=True)) == ["城区货车禁行"]


def test_a_missing_rule_is_404(users):
    assert client_of(users["brigade"]).get(reverse("console:no-go-rule", args=[999_999_999])).status_code == 404


def test_a_permit_is_put_down_and_counted(users, lorry):
    client, rule = client_of(users["brigade"]), make_rule(users)
    url = reverse("console:no-go-permit", args=[rule.pk])
    values = {"number": "T-2026-1", "plate": plate(1), "valid_from": "2026-01-01", "valid_to": "2030-01-01"}
    for sent in (values | {"plate": plate(2)}, values | {"valid_to": "2026-01-01"}, values | {"number": ""}, values):
        assert client.post(url, sent).status_code == 302

    assert list(NoGoPermit.objects.values_list("number", "vehicle_id")) == [("T-2026-1", lorry.pk)]
    assert "有效 1 张" in client.get(reverse("console:no-go")).content.decode()
    assert plate(1) in client.get(reverse("console:no-go-rule", args=[rule.pk])).content.decode()


def ask(client: Client, **values) -> str:
    asked = {
        "plate": plate(1),
        "lon": WEST + 0.005,
        "lat": SOUTH + 0.005,
        "day": "2026-11-27",
        "clock": "10:00",
    } | values
    answer = client.post(reverse("console:no-go-check"), asked)
    assert answer["Cache-Control"] == "no-store"
    return answer.content.decode()


def test_the_question_is_answered_with_reasons_and_audited(users, lorry):
    make_rule(users, days="WORK", from_minute=420, to_minute=1140, vehicle_types=["H1"])
    client = client_of(users["officer-1"])

    assert "禁止通行" in ask(client) and "2026-11-27 是工作日" in ask(client)
    assert "可以通行" in ask(client, day="2026-11-28")
    assert "可以通行" in ask(client, lon=WEST + 0.05) and "这个位置没有禁行规定" in ask(client, lon=WEST + 0.05)
    assert AuditRow.objects.filter(verb="NO_GO_CHECKED", subject_id=str(lorry.pk)).count() == 5


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"plate": plate(2)}, "没有找到"),
        ({"lon": ""}, "须成对填写"),
        ({"lon": "", "lat": ""}, "请选择道路，或填写经纬度"),
        ({"lon": "37.1", "lat": "119.9"}, "经度"),
        ({"clock": "99:99"}, "时刻"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(users, lorry, changed, words):
    assert words in ask(client_of(users["officer-1"]), **changed)
    assert AuditRow.objects.filter(verb="NO_GO_CHECKED").count() == 0


def test_a_foreign_vehicle_is_answered_like_a_missing_one(users, lorry):
    client = client_of(users["officer-2"])

    assert ask(client) == ask(client, plate=plate(2))
    assert AuditRow.objects.filter(verb="NO_GO_CHECKED").count() == 0


def test_who_may_not_read_names_sees_the_plate_masked(users, lorry):
    page = ask(client_of(users["coordinator-1"]))
    assert plate(1) in page
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(3), plate_number=plate(3), plate_type="01", vehicle_type="H11", use_nature="F", state="A", grid=1),
    )  # fmt: skip
    masked = ask(client_of(users["assistant-1"]), plate=plate(3))

    assert "可以通行" in masked and plate(3) not in masked


def test_a_road_has_the_tab_and_a_vehicle_has_not(users, lorry):
    from django.contrib.gis.geos import LineString

    line = LineString((WEST + 0.001, SOUTH + 0.001), (WEST + 0.015, SOUTH + 0.001), srid=4326).hexewkb.decode()
    submit("HIGHWAY", "ROAD", claim(number="R1", name="试验路", route_code="X901", line=line, grid=0))
    road = Element.objects.get(kind="ROAD")
    make_rule(users)
    make_rule(users, name="指定道路", area="", road_id=road.pk)
    client = client_of(users["officer-1"])
    page = client.get(reverse("console:element", args=[road.pk]), {"tab": "no-go"}).content.decode()

    assert "城区货车禁行" in page and "指定道路" in page and 'class="no-go-line"' in page
    assert "?tab=no-go" not in client.get(reverse("console:element", args=[lorry.pk])).content.decode()


def test_queries_do_not_grow_with_the_rules(users):
    client, url = client_of(users["brigade"]), reverse("console:no-go")
    make_rule(users)
    client.get(url)
    counts = []
    for names in ((), ("二", "三", "四", "五")):
        for name in names:
            make_rule(users, name=name)
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def withdrawn(client: Client, permit: NoGoPermit, reason: str = "车辆已报废"):
    return client.post(reverse("console:no-go-withdraw", args=[permit.pk]), {"reason": reason}, follow=True)


def test_a_permit_is_withdrawn_on_the_page_and_had_back_from_its_note(users, lorry):
    rule, client = make_rule(users), client_of(users["brigade"])
    permit = a_permit(rule, lorry, users["brigade"], valid_to=date(2030, 1, 1))
    refused = withdrawn(client, permit, "无").content.decode()
    assert "请写明理由" in refused and "no-go-result" not in refused

    page = withdrawn(client, permit).content.decode()
    restore = reverse("console:no-go-restore", args=[permit.pk])
    assert "通行证 T-1 已撤销，今天起失效。" in page and f'action="{restore}"' in page
    permit.refresh_from_db()
    assert permit.valid_to == clock.today()
    assert restore not in client.get(reverse("console:no-go-rule", args=[rule.pk])).content.decode()

    back = client.post(restore, follow=True).content.decode()
    permit.refresh_from_db()
    assert ("已恢复通行证 T-1。" in back, permit.valid_to) == (True, date(2030, 1, 1))


@pytest.mark.parametrize("name", ["officer-1", "analyst", "nobody"])
def test_others_end_and_withdraw_nothing(users, lorry, name):
    rule, client = make_rule(users), client_of(users[name])
    permit = a_permit(rule, lorry, users["brigade"])
    end = reverse("console:no-go-end", args=[rule.pk])
    statuses = [client.get(end).status_code, client.post(end, {}).status_code, withdrawn(client, permit).status_code]
    statuses.append(client.post(reverse("console:no-go-restore", args=[permit.pk])).status_code)

    rule.refresh_from_db()
    permit.refresh_from_db()
    assert (statuses, rule.valid_to, permit.valid_to) == ([403] * 4, None, date(2027, 6, 1))


def test_a_missing_permit_is_404(users):
    client = client_of(users["brigade"])
    for page in ("no-go-withdraw", "no-go-restore"):
        assert client.post(reverse(f"console:{page}", args=[999_999_999])).status_code == 404


def test_the_end_of_a_rule_shows_its_permits_first(users, lorry):
    rule, client = make_rule(users), client_of(users["brigade"])
    day = clock.today() + timedelta(days=5)
    a_permit(rule, lorry, users["brigade"], valid_to=day + timedelta(days=1))
    a_permit(rule, lorry, users["brigade"], number="T-2", valid_to=day)
    url = reverse("console:no-go-end", args=[rule.pk])
    page = client.get(f"{url}?on={day}")
    text = page.content.decode()
    assert "T-1" in text and "T-2" not in text and plate(1) in text and f"自 {day} 起结束" in text
    for asked, words in (("x", "日期无法识别"), ("2020-01-01", "不能早于今天")):
        assert words in client.get(f"{url}?on={asked}").content.decode()

    sent = {"ends_on": str(day), "version": page.context["form"].initial["version"]}
    refused = client.post(url, sent | {"reason": "无"})
    stale = client.post(url, {"ends_on": str(day), "reason": "通告废止", "version": "1"})
    rule.refresh_from_db()
    assert (refused.status_code, stale.status_code, rule.valid_to) == (400, 409, None)
    assert "刚被别人修改过" in stale.content.decode()

    done = client.post(url, sent | {"reason": "通告废止"}, follow=True).content.decode()
    rule.refresh_from_db()
    assert (rule.valid_to, AuditRow.objects.get(verb="NO_GO_ENDED").reason) == (day, "通告废止")
    assert f"禁行规定“城区货车禁行”自 {day} 起失效。" in done
