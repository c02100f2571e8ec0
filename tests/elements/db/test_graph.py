"""The relation graph: two hops, what the reader may see alone, periods, limits, as many statements for much as for little."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from common.encryption import value_index
from elements.models import Element
from elements.selectors import graph as module
from elements.selectors.graph import Graph, relation_graph
from elements.selectors.past_relations import past_relations
from tests.factories.claims import claim, owned_by, person_of, submit, vehicle_of
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin
from tests.factories.places import SmallCity
from tests.factories.users import make_user, make_users

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 2)


def person(number: int, relations: list[dict[str, Any]] | None = None, grid: int = 0) -> Any:
    return claim(
        1, citizen_id=citizen_id(number), file_no=file_number(number), name=f"张试验{number}", grid=grid,
        relations=relations or [],
    )  # fmt: skip


def vehicle(number: int, owner: int, *more: dict[str, Any], grid: int = 0) -> Any:
    return claim(
        1, vin=vin(number), plate_number=plate(number), plate_type="02", grid=grid, relations=[owned_by(owner), *more]
    )  # fmt: skip


def driven_by(number: int) -> dict[str, Any]:
    return {**owned_by(number), "type": "DRIVEN_BY"}


def employed_by(number: int, begin: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {
        "type": "EMPLOYED_BY", "kind": "UNIT", "scheme": 2, "value": uscc(number), "label": f"试运输{number}",
        "valid_from": begin, "valid_to": end,
    }  # fmt: skip


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity) -> dict[str, Any]:
    """Person 1 owns car 1, which person 2 drives; works for unit 1, for which person 3 works in the other squadron."""
    submit("MARKET", "UNIT", *(claim(1, uscc=uscc(n), name=f"试运输{n}", grid=0) for n in (1, 2)))
    submit(
        "TMRI_DRIVER", "PERSON",
        person(1, [employed_by(1, "2024-01-01"), employed_by(2, "2020-01-01", "2022-01-01")]), person(2),
        person(3, [employed_by(1)], grid=5),
    )  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", vehicle(1, 1, driven_by(2)))
    return make_users(module_city)


def graph_of(user: Any, element: Element | None = None, **asked: Any) -> Graph:
    return relation_graph(element or person_of(1), user, today=TODAY, **asked)


def labels(graph: Graph) -> dict[str, int]:
    return {node.label: node.hop for node in graph.nodes}


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    return {(edge.subject.label, edge.type, edge.object.label) for edge in graph.edges}


def test_two_hops_with_every_relation_between_them(users):
    graph = graph_of(users["brigade"])

    assert labels(graph) == {
        "张试验1": 0, "试运输1": 1, "试运输2": 1, plate(1): 1, "张试验2": 2, "张试验3": 2,
    }  # fmt: skip
    assert edges(graph) == {
        ("张试验1", "EMPLOYED_BY", "试运输1"), ("张试验1", "EMPLOYED_BY", "试运输2"), (plate(1), "OWNED_BY", "张试验1"),
        (plate(1), "DRIVEN_BY", "张试验2"), ("张试验3", "EMPLOYED_BY", "试运输1"),
    }  # fmt: skip
    assert (graph.hidden, graph.more) == (0, 0)


def test_what_lies_outside_the_scope_is_a_number_and_nothing_else(users):
    graph = graph_of(users["officer-1"])

    assert "张试验3" not in labels(graph)
    assert person_of(3).pk not in {node.id for node in graph.nodes}
    assert (graph.hidden, graph.more) == (1, 0)
    assert {node.label: node.hidden for node in graph.nodes if node.hidden} == {"试运输1": 1}


def test_nothing_is_looked_for_behind_what_is_not_seen(users):
    # The unit moves out of sight: person 3 of the reader's own squadron is reached through it alone.
    graph = graph_of(users["officer-2"], person_of(3))

    assert labels(graph) == {"张试验3": 0}
    assert (graph.edges, graph.hidden) == ([], 1)


def test_an_ended_relation_has_its_period_and_can_be_left_out(users):
    graph = graph_of(users["brigade"])
    found = {edge.object.label: edge for edge in graph.edges if edge.type == "EMPLOYED_BY" and edge.subject.hop == 0}

    ended, current = found["试运输2"], found["试运输1"]
    assert (ended.is_ended, ended.valid_from, ended.ended_on) == (True, date(2020, 1, 1), date(2022, 1, 1))
    assert (current.is_ended, current.valid_from, current.ended_on) == (False, date(2024, 1, 1), None)
    assert current.sources == ["公安交管综合应用平台·驾驶人"]
    assert current.said_at is not None
    assert current.said_at.date() == date(2026, 3, 2)
    assert "试运输2" not in labels(graph_of(users["brigade"], only_current=True))


def test_the_day_on_which_it_ends_is_without_it(users):
    def is_there(day: date) -> bool:
        found = relation_graph(person_of(1), users["brigade"], today=day, only_current=True)
        return "试运输2" in labels(found)

    assert (is_there(date(2021, 12, 31)), is_there(date(2022, 1, 1))) == (True, False)


def test_only_the_asked_relations_and_hops(users):
    assert labels(graph_of(users["brigade"], types=["OWNED_BY"])) == {"张试验1": 0, plate(1): 1}
    assert set(labels(graph_of(users["brigade"], hops=1)).values()) == {0, 1}


def test_two_sources_of_one_relation_are_one_edge(users):
    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(1), plate_number=plate(1), relations=[driven_by(2)]))

    driven = [edge for edge in graph_of(users["brigade"]).edges if edge.type == "DRIVEN_BY"]

    assert [len(edge.sources) for edge in driven] == [2]


def test_names_and_plates_are_masked_for_who_may_not_read_them(users, city):
    user = make_user("assistant-0", Role.ASSISTANT, area=city.grids[0])

    graph = graph_of(user)

    assert len(graph.nodes) == 5
    assert not {"张试验1", "张试验2", plate(1)} & set(labels(graph))
    assert "试运输1" in labels(graph)


def test_who_only_occurs_in_others_claims_is_a_stub(users):
    submit("TMRI_VEHICLE", "VEHICLE", vehicle(2, 9))

    stubs = [node.is_stub for node in graph_of(users["brigade"], vehicle_of(vin(2))).nodes if node.hop == 1]

    assert stubs == [True]


def test_a_crowd_is_counted_and_does_not_push_out_the_few(users, monkeypatch):
    monkeypatch.setattr(module, "NODES", 7)
    monkeypatch.setattr(module, "_NEAR", 5)
    submit("TMRI_VEHICLE", "VEHICLE", *(vehicle(n, 1) for n in range(10, 30)))

    graph = graph_of(users["brigade"])

    kinds = [node.kind for node in graph.nodes if node.hop == 1]
    assert (kinds.count("UNIT"), kinds.count("VEHICLE")) == (2, 3)
    assert len(graph.nodes) == 7
    assert (graph.centre.more, graph.centre.hidden) == (21 - 3, 0)
    assert graph.more == 18 + 1  # of the second hop, person 2 and 3 compete for what is left


def test_as_many_statements_for_a_crowd_as_for_a_few(users):
    def statements() -> int:
        centre = person_of(1)
        assert users["brigade"].scope.all_blocks  # read before the count
        with CaptureQueriesContext(connection) as queries:
            relation_graph(centre, users["brigade"], today=TODAY)
        return len(queries)

    before = statements()
    submit("TMRI_VEHICLE", "VEHICLE", *(vehicle(n, 1, driven_by(2)) for n in range(10, 100)))
    assert (before, statements()) == (7, 7)


def test_a_person_of_the_test_is_who_the_number_says() -> None:
    """Positive control of the relations above: they name the index of the same number."""
    assert owned_by(1)["value"] == value_index("citizen_id", citizen_id(1)).hex()


def car() -> Element:
    return vehicle_of(vin(1))


def sold(owner: int, *, day: int) -> None:
    relations = [owned_by(owner), driven_by(2)]
    submit(
        "TMRI_VEHICLE",
        "VEHICLE",
        claim(day, vin=vin(1), plate_number=plate(1), plate_type="02", grid=0, relations=relations),
    )


def test_a_former_owner_stays_known_from_both_sides_until_he_owns_it_again(users, city):
    def past(number_or_car: Any, user: Any) -> list[tuple[str, str]]:
        return [(one.type, one.label) for one in past_relations(number_or_car, user)]

    brigade = users["brigade"]
    assert past(car(), brigade) == []
    sold(3, day=2)

    assert past(car(), brigade) == [("所有人", "张试验1")]
    assert past(person_of(1), brigade) == [("名下", plate(1))]
    (one,) = past_relations(car(), brigade)
    assert (one.element_id, one.kind, one.source) == (person_of(1).pk, "人员", "公安交管综合应用平台·机动车登记")
    assert one.since is not None and one.since <= one.until
    assert past_relations(car(), brigade, ["DRIVEN_BY"]) == []
    masked = make_user("assistant-7", Role.ASSISTANT, area=city.grids[0])
    assert past(car(), masked)[0][1] != "张试验1"

    sold(1, day=3)
    assert past(car(), brigade) == [("所有人", "张试验3")]


def test_a_former_owner_outside_the_scope_is_not_told(users, city):
    sold(3, day=2)
    sold(1, day=3)

    assert [one.label for one in past_relations(car(), users["brigade"])] == ["张试验3"]
    assert past_relations(car(), users["officer-1"]) == []
