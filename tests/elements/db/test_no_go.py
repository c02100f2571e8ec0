"""No-go rules: SQL and Python agree; who may write them; what is refused changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.choices import DayKind
from elements.models import Element, NoGoPermit, NoGoRule
from elements.no_go_rules import Passage, judge
from elements.selectors.no_go import (
    forbidding_rules,
    rule_of_page,
    rules_at,
    rules_of_page,
    rules_touching,
    vehicle_by_plate,
    verdicts,
)
from elements.services.no_go import RuleDraft, add_permit, check_vehicle, save_rule
from tests.factories.claims import claim, submit, undo
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 27)


def ring(west: float, south: float, side: float) -> list[list[float]]:
    return [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]


def polygon(*rings: list[list[float]]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


WEST, SOUTH = point_in(0, 0, 0)
AREA = polygon(ring(WEST, SOUTH, 0.02), ring(WEST + 0.008, SOUTH + 0.008, 0.004))
INSIDE, HOLE, OUTSIDE = (WEST + 0.002, SOUTH + 0.002), (WEST + 0.01, SOUTH + 0.01), (WEST + 0.03, SOUTH + 0.002)
DRAFT = RuleDraft(name="城区禁行", notice="莱公交〔2026〕1号", area=AREA, valid_from=date(2026, 1, 1))


def line_wkt(lat: float, first: float = 0.0, last: float = 0.05) -> str:
    from django.contrib.gis.geos import LineString

    return LineString((WEST + first, lat), (WEST + last, lat), srid=4326).hexewkb.decode()


@pytest.fixture
def roads(city) -> dict[str, Element]:
    """A road across the area, a road far from it, a vehicle in the first grid."""
    submit(
        "HIGHWAY", "ROAD",
        claim(number="R1", name="试验路", route_code="X901", line=line_wkt(SOUTH + 0.001), grid=0),
        claim(number="R2", name="远路", route_code="X902", line=line_wkt(SOUTH + 0.015, 0.06, 0.09), grid=3),
    )  # fmt: skip
    return {one.label: one for one in Element.objects.filter(kind="ROAD")}


@pytest.fixture
def lorry(city) -> Element:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(1), plate_number=plate(1), plate_type="01", vehicle_type="H11", use_nature="F", state="A", grid=0),
    )  # fmt: skip
    return Element.objects.get(kind="VEHICLE")


def save(actor, draft: RuleDraft = DRAFT, rule_id: int | None = None, version: int | None = None) -> NoGoRule:
    return save_rule(draft=draft, rule_id=rule_id, version=version, actor=actor, now=NOW)


def one(**values) -> Passage:
    return Passage(**{"at": NOW} | values)


def verbs() -> list[str]:
    return list(AuditRow.objects.filter(verb__startswith="NO_GO").order_by("pk").values_list("verb", flat=True))


def test_an_area_forbids_inside_and_not_in_its_hole(users):
    rule = save(users["brigade"])

    asked = [one(position=place) for place in (INSIDE, HOLE, OUTSIDE, (WEST, SOUTH))]
    assert forbidding_rules(asked) == [{rule.pk}, set(), set(), {rule.pk}]
    assert verbs() == ["NO_GO_ADDED"]


def test_a_road_forbids_on_it_beside_it_and_by_its_number(users, roads):
    rule = save(users["brigade"], replace(DRAFT, area="", road_id=roads["试验路"].pk))
    metre = 1 / 111_000

    asked = [
        one(road_id=roads["试验路"].pk),
        one(road_id=roads["远路"].pk),
        one(position=(WEST + 0.01, SOUTH + 0.001 + 24 * metre)),
        one(position=(WEST + 0.01, SOUTH + 0.001 + 26 * metre)),
    ]
    assert forbidding_rules(asked) == [{rule.pk}, set(), {rule.pk}, set()]


def test_a_road_asked_without_a_position_meets_the_areas_it_crosses(users, roads):
    rule = save(users["brigade"])

    assert rules_at([one(road_id=roads["试验路"].pk), one(road_id=roads["远路"].pk)]) == [{rule.pk}, set()]
    assert [r.pk for r in rules_touching(roads["试验路"], users["brigade"], TODAY)] == [rule.pk]
    assert rules_touching(roads["远路"], users["brigade"], TODAY) == []


def test_a_thousand_passages_are_one_query(users):
    rule = save(users["brigade"])
    asked = [one(position=INSIDE if n % 2 else OUTSIDE, at=NOW + timedelta(minutes=n)) for n in range(1000)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = forbidding_rules(asked)

    assert len(captured) == 1
    assert [rule.pk in rules for rules in found] == [bool(n % 2) for n in range(1000)]
    assert forbidding_rules([]) == []


MINUTES = st.one_of(
    st.just((None, None)),
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] != pair[1]),
)
DAYS = st.dates(date(2026, 9, 25), date(2027, 1, 10))
RULES = st.fixed_dictionaries(
    {
        "days": st.sampled_from(DayKind.values),
        "minutes": MINUTES,
        "types": st.lists(st.sampled_from(["H", "H1", "H11", "K3", "Z"]), max_size=2, unique=True),
        "uses": st.lists(st.sampled_from(["A", "F", "R"]), max_size=2, unique=True),
        "permit": st.booleans(),
        "since": DAYS,
        "length": st.one_of(st.none(), st.integers(1, 60)),
    }
)
PASSAGES = st.fixed_dictionaries(
    {
        "place": st.sampled_from([INSIDE, HOLE, OUTSIDE]),
        "day": DAYS,
        "minute": st.integers(0, 1439),
        "type": st.sampled_from(["", "H11", "H21", "K33", "Z51"]),
        "use": st.sampled_from(["", "A", "F", "R"]),
        "is_known": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(RULES, min_size=1, max_size=5),
    passages=st.lists(PASSAGES, min_size=1, max_size=12),
    permit=st.tuples(DAYS, st.integers(1, 40)),
)
def test_python_and_sql_say_the_same(users, lorry, rules, passages, permit):
    NoGoPermit.objects.all().delete()
    NoGoRule.objects.all().delete()
    made = []
    for number, drawn in enumerate(rules):
        draft = replace(
            DRAFT, name=str(number), days=drawn["days"], from_minute=drawn["minutes"][0], to_minute=drawn["minutes"][1],
            vehicle_types=drawn["types"], use_natures=drawn["uses"], is_permit_possible=drawn["permit"],
            valid_from=drawn["since"], valid_to=drawn["since"] + timedelta(days=drawn["length"]) if drawn["length"] else None,
        )  # fmt: skip
        made.append(save(users["brigade"], draft))
    papers = {
        rule.pk: [
            NoGoPermit.objects.create(
                number=f"T-{rule.pk}", rule=rule, vehicle=lorry, valid_from=permit[0],
                valid_to=permit[0] + timedelta(days=permit[1]),
            )
        ]
        for rule in made[::2]
    }  # fmt: skip
    asked = [
        one(
            position=drawn["place"], vehicle_type=drawn["type"], use_nature=drawn["use"],
            vehicle_id=lorry.pk if drawn["is_known"] else None,
            at=datetime(drawn["day"].year, drawn["day"].month, drawn["day"].day, tzinfo=UTC)
            + timedelta(minutes=drawn["minute"] - 480),
        )
        for drawn in passages
    ]  # fmt: skip

    by_python = [
        {
            rule.pk
            for rule in made
            if passage.position == INSIDE
            and judge(
                rule, passage, place="", permits=papers.get(rule.pk, []) if passage.vehicle_id else []
            ).is_forbidden
        }
        for passage in asked
    ]
    assert forbidding_rules(asked) == by_python
    assert [{v.rule.pk for v in verdicts(passage) if v.is_forbidden} for passage in asked] == by_python


@pytest.mark.parametrize("name", ["squadron-1", "officer-1", "analyst", "coordinator-1", "auditor", "nobody"])
def test_who_is_not_the_brigade_writes_no_rule(users, name):
    with pytest.raises(NotAllowed):
        save(users[name])

    assert (NoGoRule.objects.count(), verbs()) == (0, [])


def test_the_administrator_writes_rules_of_areas(users):
    assert save(users["admin"]).pk


def test_a_change_is_refused_when_somebody_was_faster(users):
    rule = save(users["brigade"])
    seen = rule_of_page(rule.pk, users["brigade"], TODAY).version
    save(users["admin"], replace(DRAFT, days="WORK"), rule.pk, seen)
    with pytest.raises(Conflict) as refused:
        save(users["brigade"], replace(DRAFT, days="OFF"), rule.pk, seen)

    rule.refresh_from_db()
    assert (refused.value.code, rule.days, verbs()) == ("NO_GO_STALE", "WORK", ["NO_GO_ADDED", "NO_GO_CHANGED"])
    assert AuditRow.objects.get(verb="NO_GO_CHANGED").fields == ["days"]


def test_saving_what_stands_already_writes_nothing(users):
    rule = save(users["brigade"])
    version = rule_of_page(rule.pk, users["brigade"], TODAY).version
    save(users["brigade"], DRAFT, rule.pk, version)

    assert (verbs(), rule_of_page(rule.pk, users["brigade"], TODAY).version) == (["NO_GO_ADDED"], version)


def test_the_same_rule_twice_is_a_conflict(users):
    save(users["brigade"])
    with pytest.raises(Conflict) as refused:
        save(users["brigade"])

    assert (refused.value.code, NoGoRule.objects.count(), verbs()) == ("NO_GO_TWICE", 1, ["NO_GO_ADDED"])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"from_minute": 420, "to_minute": 420}, "NO_GO_HOURS"),
        ({"from_minute": 420}, "NO_GO_HOURS"),
        ({"from_minute": 1440, "to_minute": 10}, "NO_GO_HOURS"),
        ({"from_minute": 0, "to_minute": 1441}, "NO_GO_HOURS"),
        ({"vehicle_types": ["Ü1"]}, "NO_GO_CODE"),
        ({"vehicle_types": [""]}, "NO_GO_CODE"),
        ({"use_natures": ["?"]}, "NO_GO_CODE"),
        ({"days": "SOMETIMES"}, "NO_GO_DAYS"),
        ({"valid_to": date(2026, 1, 1)}, "NO_GO_PERIOD"),
        ({"name": "  "}, "NO_GO_NAME"),
        ({"area": ""}, "NO_GO_WHERE"),
        ({"road_id": 999_999_999}, "NO_GO_WHERE"),
        ({"area": "", "road_id": 999_999_999}, "NO_GO_ROAD"),
        (
            {"area": polygon([[119.9, 37.1], [119.94, 37.14], [119.94, 37.1], [119.9, 37.14], [119.9, 37.1]])},
            "NO_GO_CROSSED",
        ),
        ({"area": polygon(ring(116.0, 39.0, 0.1))}, "NO_GO_OUTSIDE"),
    ],
)
def test_a_bad_rule_is_refused_and_nothing_is_written(users, changed, code):
    with pytest.raises(DomainError) as refused:
        save(users["brigade"], replace(DRAFT, **changed))

    assert (refused.value.code, NoGoRule.objects.count(), verbs()) == (code, 0, [])


def test_a_withdrawn_road_is_refused_for_a_new_rule_and_stays_in_an_old_one(users):
    batch = submit("HIGHWAY", "ROAD", claim(number="R9", name="旧路", route_code="X909", line=line_wkt(SOUTH), grid=0))
    road = Element.objects.get(kind="ROAD")
    draft = replace(DRAFT, area="", road_id=road.pk)
    rule = save(users["brigade"], draft)
    undo(batch)
    road.refresh_from_db()
    assert road.is_withdrawn or not road.is_owned

    with pytest.raises(DomainError) as refused:
        save(users["brigade"], replace(draft, name="新的"))
    assert (refused.value.code, NoGoRule.objects.count()) == ("NO_GO_ROAD", 1)
    version = rule_of_page(rule.pk, users["brigade"], TODAY).version
    assert save(users["brigade"], replace(draft, valid_to=date(2026, 12, 1)), rule.pk, version).valid_to == date(
        2026, 12, 1
    )


def test_a_permit_lets_its_vehicle_pass(users, lorry):
    rule = save(users["brigade"])
    asked = one(position=INSIDE, vehicle_id=lorry.pk, vehicle_type="H11")
    assert forbidding_rules([asked]) == [{rule.pk}]
    add_permit(
        rule_id=rule.pk, number="T-1", vehicle_id=lorry.pk, valid_from=TODAY, valid_to=date(2026, 12, 1),
        actor=users["brigade"], now=NOW,
    )  # fmt: skip

    assert forbidding_rules([asked, replace(asked, vehicle_id=None)]) == [set(), {rule.pk}]
    assert rules_of_page(users["brigade"], TODAY).current[0].permit_count == 1
    assert rules_of_page(users["brigade"], date(2026, 12, 1)).current[0].permit_count == 0
    assert verdicts(asked)[0].permit.number == "T-1"
    assert verbs() == ["NO_GO_ADDED", "NO_GO_PERMITTED"]


@pytest.mark.parametrize(
    ("changed", "actor", "error"),
    [
        ({"number": " "}, "brigade", "PERMIT_NUMBER"),
        ({"valid_to": TODAY}, "brigade", "PERMIT_PERIOD"),
        ({"vehicle_id": 999_999_999}, "brigade", "NOT_FOUND"),
        ({"rule_id": 999_999_999}, "brigade", "NOT_FOUND"),
        ({}, "officer-1", "NOT_ALLOWED"),
        ({}, "admin", "NOT_FOUND"),  # configures, sees no vehicle
    ],
)
def test_a_bad_permit_is_refused(users, lorry, changed, actor, error):
    rule = save(users["brigade"])
    given_values = {
        "rule_id": rule.pk,
        "number": "T-1",
        "vehicle_id": lorry.pk,
        "valid_from": TODAY,
        "valid_to": date(2027, 1, 1),
    }
    with pytest.raises(DomainError) as refused:
        add_permit(**given_values | changed, actor=users[actor], now=NOW)

    assert (refused.value.code, NoGoPermit.objects.count(), verbs()) == (error, 0, ["NO_GO_ADDED"])


def test_a_rule_without_permits_and_a_number_twice(users, lorry):
    closed = save(users["brigade"], replace(DRAFT, is_permit_possible=False))
    opened = save(users["brigade"], replace(DRAFT, name="另一项"))
    values = {"number": "T-1", "vehicle_id": lorry.pk, "valid_from": TODAY, "valid_to": date(2027, 1, 1)}
    told = []
    for rule in (closed, opened, opened):
        try:
            add_permit(rule_id=rule.pk, **values, actor=users["brigade"], now=NOW)
        except DomainError as error:
            told.append(error.code)

    assert (told, NoGoPermit.objects.count()) == (["PERMIT_NONE", "PERMIT_TWICE"], 1)


def test_a_question_about_a_vehicle_is_on_record(users, lorry):
    rule = save(users["brigade"], replace(DRAFT, vehicle_types=["H1"], from_minute=420, to_minute=1140, days="WORK"))
    found = check_vehicle(vehicle=lorry, position=INSIDE, road_id=None, at=NOW, actor=users["officer-1"], now=NOW)

    assert [(v.rule.pk, v.is_forbidden) for v in found] == [(rule.pk, True)]
    assert [str(reason.text) for reason in found[0].reasons] == [
        "位于禁行区域内",
        "禁行时段 7:00—19:00，所查时刻 10:00",
        "工作日禁行，2026-11-27 是工作日",
        "自 2026-01-01 起施行",
        "限重型货车，这辆车属于",
        "不限使用性质",
    ]
    row = AuditRow.objects.get(verb="NO_GO_CHECKED")
    assert (row.actor_id, row.subject_id, row.fields) == (users["officer-1"].pk, str(lorry.pk), [])


@pytest.mark.parametrize(("name", "error"), [("officer-2", NotVisible), ("admin", NotAllowed), ("nobody", NotAllowed)])
def test_who_does_not_see_the_vehicle_gets_no_answer(users, lorry, name, error):
    save(users["brigade"])
    with pytest.raises(error):
        check_vehicle(vehicle=lorry, position=INSIDE, road_id=None, at=NOW, actor=users[name], now=NOW)

    assert verbs() == ["NO_GO_ADDED"]


def test_a_vehicle_is_found_by_its_whole_plate_in_the_scope(users, lorry):
    assert vehicle_by_plate(f" {plate(1).lower()} ", users["officer-1"]).pk == lorry.pk
    for text, name in (
        (plate(1), "officer-2"),
        (plate(1)[:5], "officer-1"),
        ("", "officer-1"),
        (plate(2), "officer-1"),
    ):
        with pytest.raises(NotVisible):
            vehicle_by_plate(text, users[name])
