"""The life of risk sheets: what a score is made of, the plan, two people, what stays, what comes after."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from analytics.choices import RiskState
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports import risk_sheets as services
from analytics.reports.paper import lines_of
from analytics.reports.risk_drivers import content_of_district, district_scheme
from analytics.reports.risk_paper import paper_of
from analytics.reports.risk_sheets import Planned
from analytics.selectors import risk_sheets as reading
from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import UnwatchedRun
from common.models import AuditRow
from elements.choices import KeyScheme
from elements.models import Element
from elements.services.merges import merge_elements, undo_merge
from elements.services.sections import cut_roads
from exchange.importers.lines import parse_line
from tagging.models import Grade
from tests.factories.claims import claim, element_with, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import uscc
from tests.factories.places import point_in
from tests.factories.risk import completed, late_school, signed_sheet
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city):
    """In the first district two deadly accidents and one with injured within a year, one with injured longer ago."""
    happened = [("1", 1, 0, 10), ("1", 1, 1, 300), ("2", 0, 0, 20), ("2", 0, 0, 400), ("2", 0, 5, 20)]
    report("ACCIDENT", *(
        row("ACCIDENT", f"R{n}", grid=grid, occurred_at=days_ago(days), accident_type=kind, deaths=deaths, injured=1 - deaths)
        for n, (kind, deaths, grid, days) in enumerate(happened)
    ))  # fmt: skip
    return make_users(module_city)


@pytest.fixture
def school(users):
    return late_school()


def draft(subject, users, who="analyst") -> RiskSheet:
    return services.draft_sheet(subject=subject, actor=users[who], now=clock.now())


def test_a_district_scores_what_its_lists_show(users, city):
    (section,) = content_of_district(city.districts[0], clock.today())["sections"]

    found = {item["key"]: (int(item["value"]), Decimal(item["points"])) for item in section["items"]}
    assert (found["fatal"], found["injury"]) == ((2, Decimal(20)), (1, Decimal(2)))
    assert (section["score"], section["level"]) == ("22.0000", "低风险")
    assert all(item["url"] for item in section["items"])
    # Two more deaths: the cap counts, and the level rises.
    more = [row("ACCIDENT", f"M{n}", grid=1, occurred_at=days_ago(3), accident_type="1", deaths=1) for n in range(2)]
    report("ACCIDENT", *more)
    (section,) = content_of_district(city.districts[0], clock.today())["sections"]
    assert (section["score"], section["level"]) == ("32.0000", "中风险")
    assert section["ways"] == ["“近12个月死亡事故”减少 2 起"] and section["cures"] == []


def test_the_levels_of_districts_begin_at_nothing_and_rise():
    edges = [one["from_score"] for one in district_scheme()["levels"]]
    assert edges == sorted(set(edges)) and edges[0] == 0


def test_a_unit_is_as_risky_as_its_grade_with_the_same_items(school, users):
    sheet = draft(school, users)

    grade = Grade.objects.get(element=school, until=None, scheme__code="KEY_UNIT")
    (section,) = sheet.content["sections"]
    assert (sheet.score, sheet.level, sheet.colour) == (grade.score, "关注", "warn")
    assert section["items"] == grade.items and sheet.kind == "UNIT"
    # What the level demands and what lowers it are proposed as measures, for the post over the block.
    texts = [(one.text, one.area.kind) for one in sheet.measures.order_by("number")]
    assert texts[0] == ("每季度走访，签订责任书", "DISTRICT")
    assert ("让 2 辆逾期未检验车辆检验合格", "DISTRICT") in texts


def test_without_a_grade_there_is_no_score(users, school):
    Grade.objects.filter(element=school).delete()
    sheet = draft(school, users)
    assert (sheet.score, sheet.level, sheet.measures.count()) == (None, "", 0)
    assert "未列入任何分级方案，没有得分；风险由研判结论说明。" in lines_of(paper_of(sheet, []))


def test_a_section_counts_what_happened_on_its_road_in_its_block(users, city):
    """The road of another squadron's registry runs through the officer's grid: he counts, and opens, what is his."""
    (west, lat), (east, _lat) = point_in(0), point_in(4)
    drawn, _problem = parse_line(f"LINESTRING ({west} {lat}, {east} {lat})", "WGS84")
    submit("HIGHWAY", "ROAD", claim(1, number="R1", name="贯通路", road_class="13", is_section=False, grid=4, **drawn))
    cut_roads(UnwatchedRun())
    on_road = [
        row("ACCIDENT", f"S{n}", grid=grid, road_name="贯通路", occurred_at=days_ago(9), accident_type="2")
        for n, grid in enumerate((0, 0, 1))
    ]
    report("ACCIDENT", *on_road)
    section = Element.objects.get(kind="ROAD", block=city.grids[0], road__is_section=True)

    sheet = draft(section, users, "officer-1")
    found = {one["label"]: one["now"] for one in sheet.content["figures"]}
    assert found["一般程序事故（起）"]["value"] == 2
    page = signed_in(users["officer-1"]).get(found["一般程序事故（起）"]["url"])
    assert (page.status_code, len(page.context["rows"])) == (200, 2)


def test_one_draft_a_subject(school, users):
    first = draft(school, users)
    with pytest.raises(Conflict) as refused:
        draft(school, users, "brigade")
    assert refused.value.extra == {"sheet": first.pk}
    services.discard_sheet(sheet=first, actor=users["brigade"], now=clock.now())
    assert draft(school, users).edition == 1


def test_an_incomplete_sheet_is_not_handed_over(school, users):
    sheet = draft(school, users)
    completed(sheet, users["analyst"], conclusion="", review_on=None, measures=[])
    with pytest.raises(DomainError, match="RISK_SHEET_INCOMPLETE") as refused:
        services.submit_sheet(sheet=sheet, actor=users["analyst"], now=clock.now())
    assert "研判结论、管控措施、复评日期" in refused.value.message


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_review_lies_ahead_within_a_year(school, users, days):
    sheet = draft(school, users)
    with pytest.raises(DomainError, match="BAD_REVIEW"):
        completed(sheet, users["analyst"], review_on=clock.today() + timedelta(days))


def test_two_who_edit_at_once_do_not_overwrite_each_other(school, users):
    sheet = draft(school, users)
    completed(sheet, users["analyst"])
    with pytest.raises(Conflict, match="RISK_SHEET_CHANGED"):
        completed(sheet, users["brigade"], conclusion="另一种说法")
    assert RiskSheet.objects.get().conclusion == "车辆逾期未检验集中。"


def test_nobody_signs_his_own(school, users):
    sheet = completed(draft(school, users, "squadron-1"), users["squadron-1"])
    services.submit_sheet(sheet=sheet, actor=users["squadron-1"], now=clock.now())
    for name in ("squadron-1", "analyst"):
        with pytest.raises(NotAllowed):
            services.sign_sheet(sheet=sheet, actor=users[name], now=clock.now())
    services.return_sheet(sheet=sheet, reason="结论太短", actor=users["brigade"], now=clock.now())
    returned = RiskSheet.objects.get()
    assert (returned.state, returned.content["returned"]["reason"]) == (RiskState.DRAFT, "结论太短")
    services.submit_sheet(sheet=sheet, actor=users["squadron-1"], now=clock.now())
    done = services.sign_sheet(sheet=sheet, actor=users["brigade"], now=clock.now())
    assert (done.state, done.signed_by_id, "returned" in done.content) == (RiskState.SIGNED, users["brigade"].pk, False)
    verbs = AuditRow.objects.filter(subject_table="analytics_risksheet").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [f"RISK_SHEET_{verb}" for verb in ("DRAFTED", "EDITED", "SUBMITTED", "RETURNED", "SUBMITTED", "SIGNED")]  # fmt: skip


def test_a_signed_sheet_stays_whoever_writes(school, users):
    sheet = signed_sheet(school, users)
    said = lines_of(paper_of(sheet, list(sheet.measures.all())))

    with pytest.raises(Conflict, match="RISK_SHEET_SIGNED"):
        completed(sheet, users["analyst"])
    for change in (
        lambda: RiskSheet.objects.filter(pk=sheet.pk).update(conclusion="改了"),
        lambda: RiskSheet.objects.filter(pk=sheet.pk).delete(),
        lambda: RiskMeasure.objects.filter(sheet=sheet).update(text="改了"),
        lambda: RiskMeasure.objects.filter(sheet=sheet).delete(),
        lambda: RiskMeasure.objects.create(sheet=sheet, number=9, text="加了", role="OFFICER", due_on=clock.today()),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # The grade goes on; the sheet does not.
    Grade.objects.filter(element=school).update(level="KEY")
    assert lines_of(paper_of(RiskSheet.objects.get(), list(sheet.measures.all()))) == said


def test_what_was_done_is_told_beside_the_signed_plan(school, users):
    sheet = draft(school, users)
    measure = sheet.measures.first()
    told = {"result": "已约谈", "done_on": clock.today(), "actor": users["officer-1"], "now": clock.now()}
    with pytest.raises(Conflict):
        services.report_measure(measure=measure, **told)
    sheet.delete()
    sheet = signed_sheet(school, users)
    measure = sheet.measures.get()
    with pytest.raises(NotVisible):
        services.report_measure(measure=measure, **told | {"actor": users["officer-2"]})
    for bad in ({"result": " "}, {"done_on": clock.today() + timedelta(1)}, {"done_on": clock.today() - timedelta(9)}):
        with pytest.raises(DomainError):
            services.report_measure(measure=measure, **told | bad)
    services.report_measure(measure=measure, **told)
    measure.refresh_from_db()
    assert (measure.result, measure.done_by_id) == ("已约谈", users["officer-1"].pk)


def test_the_next_edition_takes_over_what_was_not_done(school, users):
    first = signed_sheet(school, users)
    second = draft(school, users)
    assert (second.edition, "（上期未完成）约谈负责人" in second.measures.values_list("text", flat=True)) == (2, True)
    assert list(RiskSheet.objects.in_force()) == [first]
    completed(second, users["analyst"], measures=[Planned("巡逻", reading.posts_for(second)[0], clock.today())])
    services.submit_sheet(sheet=second, actor=users["analyst"], now=clock.now())
    services.sign_sheet(sheet=second, actor=users["brigade"], now=clock.now())
    assert list(RiskSheet.objects.in_force()) == [RiskSheet.objects.get(edition=2)]


def test_a_review_is_overdue_until_the_next_edition_is_signed(school, users):
    signed_sheet(school, users, review_on=clock.today() + timedelta(1))
    later = clock.today() + timedelta(2)
    assert RiskSheet.objects.review_overdue(later).count() == 1
    assert RiskSheet.objects.review_overdue(clock.today() + timedelta(1)).count() == 0
    signed_sheet(school, users, review_on=clock.today() + timedelta(100))
    assert RiskSheet.objects.review_overdue(later).count() == 0


def test_who_sees_a_sheet(school, users, city):
    unit, district = draft(school, users), draft(city.districts[2], users)
    seen = {name: {one.pk for one in reading.visible_sheets(users[name])} for name in users}
    both = {unit.pk, district.pk}
    assert {name: seen[name] for name in ("brigade", "analyst")} == {"brigade": both, "analyst": both}
    assert {seen[name] == {unit.pk} for name in ("squadron-1", "officer-1", "coordinator-1")} == {True}
    assert seen["officer-2"] == {district.pk}
    assert seen["admin"] == seen["liaison-1"] == seen["auditor"] == seen["nobody"] == set()


@pytest.mark.parametrize("who", ["coordinator-1", "assistant-1", "liaison-1", "nobody"])
def test_who_may_not_write_one(school, users, who):
    with pytest.raises(NotAllowed):
        draft(school, users, who)


def test_another_posts_subject_is_not_assessed(school, users, city):
    for subject, who in ((school, "officer-2"), (city.districts[2], "officer-1"), (city.squadrons[0], "brigade")):
        with pytest.raises(NotVisible):
            draft(subject, users, who)


def test_a_merge_leaves_signed_sheets_where_they_are(school, users):
    submit("MARKET", "UNIT", claim(1, uscc=uscc(8), name="试验小学分校", state="存续", grid=0))
    other = element_with(KeyScheme.USCC, uscc(8))
    sheet = signed_sheet(school, users)
    merge = merge_elements(
        keep_id=other.pk, drop_id=school.pk, reason="同一所学校", actor=users["brigade"], now=clock.now()
    )

    assert reading.visible_sheet(sheet.pk, users["officer-1"]).element_id == school.pk
    again = draft(school, users)
    assert (again.element_id, again.edition) == (other.pk, 1)
    undo_merge(merge=merge, actor=users["brigade"], now=clock.now())
    assert draft(school, users).edition == 2
