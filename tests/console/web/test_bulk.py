"""Many elements from a list: exactly those, shown before they are written, undone as one."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Post
from common import jobs
from common.models import AuditRow
from elements.choices import CorrectionState
from elements.models import BulkCorrection, Vehicle
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import vin
from tests.factories.users import SINCE, make_users

BASELINE = Path(__file__).resolve().parents[2] / "query_counts.json"
FORM = "/registry/vehicles/bulk/"
REASON = "车队统一核对"


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    """Three vehicles in the district of officer-1, one in that of officer-2; two of them of nature A."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), brand="甲牌", use_nature="A", grid=0), claim(1, vin=vin(2), brand="乙牌", use_nature="A", grid=0),
        claim(1, vin=vin(3), brand="丙牌", use_nature="F", grid=1), claim(1, vin=vin(4), brand="丁牌", use_nature="A", grid=5),
    )  # fmt: skip
    return make_users(module_city)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ids(*numbers: int) -> str:
    return ",".join(str(vehicle_of(vin(number)).pk) for number in numbers)


def begin(client: Client, chosen: dict[str, str], **sent: str) -> Any:
    """Opens the form for the chosen ones and sends it."""
    mark = client.get(FORM, chosen).context["chosen"].mark
    return client.post(FORM, {**chosen, "mark": mark, "reason": REASON, **sent})


def run(made: BulkCorrection) -> None:
    made.refresh_from_db()
    jobs.run(made.job_id)
    made.refresh_from_db()


def planned(client: Client, chosen: dict[str, str], **sent: str) -> BulkCorrection:
    answer = begin(client, chosen, **sent)
    made = BulkCorrection.objects.latest("pk")
    assert answer.headers["Location"] == reverse("console:bulk", args=[made.pk])
    run(made)
    return made


def step(client: Client, made: BulkCorrection, name: str) -> Any:
    return client.post(reverse("console:bulk-step", args=[made.pk, name]))


def brands() -> list[str | None]:
    return [Vehicle.objects.get(vin=vin(number)).brand for number in (1, 2, 3, 4)]


SET = {"action_brand": "set", "value_brand": "戊牌"}


def test_chosen_rows_are_shown_written_and_undone_as_one(users):
    before, client = dump_elements(), client_of(users["officer-1"])
    made = planned(client, {"ids": ids(1, 3)}, **SET)
    page = client.get(reverse("console:bulk", args=[made.pk]))
    assert (page.context["state"]["changed"], page.context["state"]["unchanged"]) == (2, 0)
    assert sorted([(c.label, c.old, c.new) for c in row.cells] for row in page.context["rows"]) == [
        [("品牌", "丙牌", "戊牌")], [("品牌", "甲牌", "戊牌")],
    ]  # fmt: skip
    assert dump_elements() == before

    step(client, made, "confirm")
    run(made)
    assert (made.state, brands()) == (CorrectionState.APPLIED, ["戊牌", "乙牌", "戊牌", "丁牌"])
    result = client.get(reverse("console:bulk", args=[made.pk]))
    assert [row.cells[0].new for row in result.context["rows"]] == ["戊牌", "戊牌"]

    step(client, made, "undo")
    run(made)
    assert (made.state, dump_elements() == before) == (CorrectionState.UNDONE, True)


def test_everything_with_a_filter_on_is_exactly_that_set(users):
    client = client_of(users["officer-1"])
    made = planned(client, {"all": "1", "query": "use_nature=A", "count": "2"}, **SET)
    assert made.element_ids == sorted(vehicle_of(vin(number)).pk for number in (1, 2))
    step(client, made, "confirm")
    run(made)
    # The third is of another nature, the fourth is not in the district.
    assert brands() == ["戊牌", "戊牌", "丙牌", "丁牌"]


def test_when_the_set_changed_in_between_it_is_refused_with_the_new_count(users):
    client = client_of(users["officer-1"])
    chosen = {"all": "1", "query": "use_nature=A"}
    mark = client.get(FORM, chosen).context["chosen"].mark
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(5), brand="己牌", use_nature="A", grid=0))
    before = dump_elements()
    answer = client.post(FORM, {**chosen, "mark": mark, "reason": REASON, **SET})
    assert answer.status_code == 409
    assert "现在是 3 个" in answer.content.decode()
    assert 'value="戊牌"' in answer.content.decode(), "what was typed stays"
    assert (BulkCorrection.objects.count(), dump_elements() == before) == (0, True)


def test_the_list_counted_otherwise_is_said_when_the_form_opens(users):
    answer = client_of(users["officer-1"]).get(FORM, {"all": "1", "query": "", "count": "7"})
    assert "由 7 个变为 3 个" in answer.context["note"]


@pytest.mark.parametrize("numbers", [(4,), (1, 4)])
def test_an_element_outside_the_scope_answers_like_a_missing_one(users, numbers):
    client = client_of(users["officer-1"])
    foreign = client.get(FORM, {"ids": ids(*numbers)})
    missing = client.get(FORM, {"ids": "999999999"})
    assert (foreign.status_code, missing.status_code) == (404, 404)
    answer = client.post(FORM, {"ids": ids(*numbers), "mark": "x", "reason": REASON, **SET})
    assert (answer.status_code, BulkCorrection.objects.count()) == (404, 0)


@pytest.mark.parametrize("role", ["analyst", "coordinator-1", "assistant-1", "auditor", "nobody"])
def test_who_may_not_correct_has_no_boxes_and_no_form(users, role):
    client = client_of(users[role])
    assert "data-row-check" not in client.get("/registry/vehicles/").content.decode()
    for target in (FORM, reverse("console:bulk-list")):
        assert client.get(target, {"ids": "1"}).status_code == 403
    assert client.post(FORM, {"ids": ids(1), "reason": REASON, **SET}).status_code == 403
    assert BulkCorrection.objects.count() == 0


def test_the_list_has_a_box_a_row_and_a_bar(users):
    page = client_of(users["officer-1"]).get("/registry/vehicles/?use_nature=A").content.decode()
    assert page.count("data-row-check") == 2
    assert (
        f'action="{FORM}"' in page and 'name="query" value="use_nature=A"' in page and 'name="count" value="2"' in page
    )


def test_pressed_twice_it_is_one_correction_and_one_write(users):
    client = client_of(users["officer-1"])
    first, second = begin(client, {"ids": ids(1, 2)}, **SET), begin(client, {"ids": ids(1, 2)}, **SET)
    assert first.headers["Location"] == second.headers["Location"]
    made = BulkCorrection.objects.get()
    run(made)
    step(client, made, "confirm")
    again = step(client, made, "confirm")
    assert again.status_code == 302
    run(made)
    assert (brands()[:2], AuditRow.objects.filter(verb="CORRECTED").count()) == (["戊牌", "戊牌"], 1)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"action_seats": "set", "value_seats": "很多"}, "“核定载客（人）”不是数字。"),
        ({"action_brand": "set", "value_brand": ""}, "没有填写可用的内容"),
        ({}, "没有要更正的内容"),
        ({**SET, "reason": "无"}, "请写明理由"),
        # Not on the form, so not looked at: a key, a personal number, something that is no field.
        ({"action_vin": "set", "value_vin": vin(9), "action_id": "set", "value_id": "1"}, "没有要更正的内容"),
    ],
)
def test_what_cannot_be_stands_in_place_and_nothing_begins(users, sent, told):
    answer = begin(client_of(users["officer-1"]), {"ids": ids(1)}, **sent)
    assert (answer.status_code, told in answer.content.decode()) == (400, True)
    assert BulkCorrection.objects.count() == 0


def test_nothing_chosen_and_numbers_that_are_none(users):
    client = client_of(users["officer-1"])
    assert client.get(FORM).status_code == 400
    for text in ("x", "1,x", "1;2", "²", "9" * 30):
        assert client.get(FORM, {"ids": text}).status_code == 404, text


def test_official_fields_warn_and_become_conflicts(users):
    client = client_of(users["officer-1"])
    made = planned(client, {"ids": ids(1, 2)}, action_use_nature="set", value_use_nature="B")
    page = client.get(reverse("console:bulk", args=[made.pk]))
    assert (page.context["state"]["changed"], page.context["state"]["conflicts"]) == (0, 2)
    assert "含官方字段" in page.content.decode()
    assert all(cell.is_conflict for row in page.context["rows"] for cell in row.cells)
    step(client, made, "confirm")
    run(made)
    assert vehicle_of(vin(1)).conflicts == ["use_nature"]
    assert Vehicle.objects.get(vin=vin(1)).use_nature == "A"


def test_the_download_has_every_row_and_nothing_that_a_spreadsheet_runs(users):
    client = client_of(users["officer-1"])
    made = planned(client, {"ids": ids(1, 2)}, action_brand="set", value_brand="=1+1", action_model="clear")
    page = client.get(reverse("console:bulk", args=[made.pk])).content.decode()
    assert "=1+1" in page
    answer = client.get(reverse("console:bulk-rows", args=[made.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert sorted((row["字段"], row["原值"], row["新值"], row["结果"]) for row in rows) == [
        ("品牌", "乙牌", "'=1+1", "更正"), ("品牌", "甲牌", "'=1+1", "更正"), ("型号", "", "", "不变"), ("型号", "", "", "不变"),
    ]  # fmt: skip
    audit = AuditRow.objects.get(verb="EXPORTED")
    assert (audit.subject_table, audit.count) == ("elements_bulkcorrection", 2)
    step(client, made, "drop")
    assert client.get(reverse("console:bulk-rows", args=[made.pk])).status_code == 409


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_looks_like_a_script_is_shown_as_text(users, text):
    client = client_of(users["officer-1"])
    made = planned(client, {"ids": ids(1)}, action_brand="set", value_brand=text, reason=text)
    for target in (reverse("console:bulk", args=[made.pk]), reverse("console:bulk-list")):
        shown = client.get(target).content.decode()
        assert "<script>alert" not in shown and "<img src=x" not in shown


def test_a_bulk_correction_is_its_makers_alone(users):
    made = planned(client_of(users["officer-1"]), {"ids": ids(1)}, **SET)
    other = client_of(users["brigade"])
    names = ("console:bulk", "console:bulk-progress", "console:bulk-rows")
    assert [other.get(reverse(name, args=[made.pk])).status_code for name in names] == [404] * 3
    for name in ("confirm", "drop", "undo"):
        assert step(other, made, name).status_code == 404
    assert step(client_of(users["officer-1"]), made, "nonsense").status_code == 404
    assert other.get(reverse("console:bulk-list")).context["rows"] == []
    made.refresh_from_db()
    assert (made.state, brands()[0]) == (CorrectionState.PLANNED, "甲牌")


def test_the_chosen_rows_can_be_taken_out(users):
    client = client_of(users["officer-1"])
    answer = client.get(reverse("console:export", args=["vehicles"]), {"ids": ids(1, 3, 4)})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2, "the fourth lies outside the scope"


def test_counts_of_queries_do_not_grow_with_rows(users):
    client = client_of(users["officer-1"])
    few = planned(client, {"ids": ids(1)}, **SET)
    pages = {"bulk page": reverse("console:bulk", args=[few.pk]), "bulk list": reverse("console:bulk-list"),
             "bulk form": f"{FORM}?all=1&query="}  # fmt: skip
    measured = {f"officer-1: {name}": _counted(client, page) for name, page in pages.items()}
    recorded = json.loads(BASELINE.read_text(encoding="utf-8"))
    if os.environ.get("WRITE_QUERY_COUNTS"):
        text = json.dumps(dict(sorted((recorded | measured).items())), indent=2) + "\n"
        BASELINE.write_text(text, encoding="utf-8")
        recorded = recorded | measured
    assert measured == {name: recorded.get(name) for name in measured}
    many = planned(client, {"ids": ids(1, 2, 3)}, **{**SET, "value_brand": "庚牌"})
    assert _counted(client, reverse("console:bulk", args=[many.pk])) == measured["officer-1: bulk page"]


def _counted(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_the_admin_shows_elements_only_to_who_also_reads_and_leads_to_the_form(users, city):
    changelist = reverse("admin:elements_element_changelist")
    page = reverse("admin:elements_element_change", args=[vehicle_of(vin(1)).pk])
    plain = client_of(users["admin"])
    assert list(plain.get(changelist).context["cl"].result_list) == []
    assert plain.get(page).status_code == 404
    assert client_of(users["officer-1"]).get(changelist)["Location"].startswith("/admin/login/")

    Post.objects.create(user=users["admin"], role="OFFICER", area=city.districts[0], valid_from=SINCE)
    both = client_of(type(users["admin"]).objects.get(pk=users["admin"].pk))
    shown = list(both.get(changelist).context["cl"].result_list)
    assert {element.pk for element in shown} == {vehicle_of(vin(number)).pk for number in (1, 2, 3)}
    assert both.get(page)["Location"] == reverse("console:element", args=[vehicle_of(vin(1)).pk])
    names = ("admin:elements_element_add", "admin:elements_element_delete")
    assert both.get(reverse(names[0])).status_code == 403
    assert both.post(reverse(names[1], args=[vehicle_of(vin(1)).pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "correct_many", "_selected_action": [vehicle_of(vin(number)).pk for number in (1, 4)]}
    # The fourth lies outside the post's area.
    assert both.post(changelist, chosen)["Location"] == f"{FORM}?ids={vehicle_of(vin(1)).pk}"
