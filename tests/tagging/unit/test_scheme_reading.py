"""What a scheme may say, and the refusal of what it may not, with the place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from tagging.rules.nodes import FactTerm, RelatedTerm
from tagging.rules.schema import Names
from tagging.rules.scheme import read_scheme
from tagging.scheme_forms import body_of, fields_of
from tests.factories.grades import body

LEVELS = body()["levels"]
MASS, RATE, LATE = body()["indicators"]
RELATED = {"related": "vehicle.owner_units", "where": {"fact": "unit.state", "op": "starts", "value": "存"}}


def test_a_whole_scheme_is_read():
    scheme = read_scheme(body(), Names())
    assert [level.code for level in scheme.levels] == ["LOW", "MID", "HIGH"]
    assert scheme.indicators[1].term == FactTerm("vehicle.violations", (("days", 30), ("offences", ())))
    assert (scheme.indicators[1].exposure, scheme.indicators[1].definition.prior) == (
        FactTerm("vehicle.seats"),
        Decimal(10),
    )
    # Whom with every term once, then the listing.
    assert [len(rule.terms) for rule in scheme.rules] == [4, 1]


def test_a_count_of_others_and_a_tag_may_be_indicators():
    indicators = [MASS | {"term": RELATED}, LATE | {"term": {"tag": "T"}}]
    scheme = read_scheme(body(indicators=indicators), Names({"T"}))
    assert isinstance(scheme.indicators[0].term, RelatedTerm)
    assert scheme.indicators[0].definition.unit == "个"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no scheme": ({"levels": None}, "levels"),
    "another kind": ({"kind": "ROBOT"}, "kind"),
    "unknown part": ({"bonus": 1}, "方案"),
    "unknown fact": ({"indicators": [MASS | {"term": {"fact": "vehicle.luck"}}]}, "vehicle.luck"),
    "fact of another kind": ({"indicators": [MASS | {"term": {"fact": "person.points"}}]}, "indicators[0].term"),
    "a text": ({"indicators": [MASS | {"term": {"fact": "vehicle.brand"}}]}, "indicators[0].term"),
    "a date": ({"indicators": [LATE | {"term": {"fact": "vehicle.scrap_due_on"}}]}, "indicators[0].term"),
    "yes or no as a number": ({"indicators": [MASS | {"term": LATE["term"]}]}, "indicators[0].term"),
    "a comparison": ({"indicators": [MASS | {"term": MASS["term"] | {"op": ">", "value": 3}}]}, "indicators[0].term"),
    "weight 0": ({"indicators": [MASS | {"weight": 0}]}, "indicators[0].weight"),
    "weight below 0": ({"indicators": [MASS | {"weight": -1}]}, "indicators[0].weight"),
    "weight no number": ({"indicators": [MASS | {"weight": "40"}]}, "indicators[0].weight"),
    "weight yes": ({"indicators": [MASS | {"weight": True}]}, "indicators[0].weight"),
    "weight not finite": ({"indicators": [MASS | {"weight": float("nan")}]}, "indicators[0].weight"),
    "too fine": ({"indicators": [MASS | {"weight": 0.00001}]}, "indicators[0].weight"),
    "rate without exposure": ({"indicators": [RATE | {"exposure": None}]}, "indicators[0].exposure"),
    "exposure of no rate": ({"indicators": [MASS | {"exposure": MASS["term"]}]}, "indicators[0]"),
    "prior below 0": ({"indicators": [RATE | {"prior": -1}]}, "indicators[0].prior"),
    "scale of nothing": ({"indicators": [MASS | {"scale": {"from": 3, "to": 3}}]}, "indicators[0].scale"),
    "table downwards": ({"indicators": [MASS | {"scale": {"table": [[3, 1], [5, 0.5]]}}]}, "indicators[0].scale.table"),
    "share above 1": ({"indicators": [MASS | {"scale": {"table": [[3, 2]]}}]}, "indicators[0].scale.table[0]"),
    "key twice": ({"indicators": [MASS, MASS]}, "indicators"),
    "no indicator": ({"indicators": []}, "indicators"),
    "one level": ({"levels": LEVELS[:1]}, "levels"),
    "level twice": ({"levels": [LEVELS[0], LEVELS[1], LEVELS[2] | {"code": "MID"}]}, "levels"),
    "name twice": ({"levels": [LEVELS[0], LEVELS[1], LEVELS[2] | {"name": "中"}]}, "levels"),
    "out of order": ({"levels": [LEVELS[0], LEVELS[2], LEVELS[1]]}, "levels[2].from_score"),
    "not from 0": ({"levels": LEVELS[1:]}, "levels[0].from_score"),
    "strange colour": ({"levels": [LEVELS[0] | {"colour": "pink"}, LEVELS[1]]}, "levels[0].colour"),
    "listing to nowhere": ({"lists": [body()["lists"][0] | {"level": "TOP"}]}, "lists[0].level"),
    "listing of a grade": (
        {"lists": [body()["lists"][0] | {"condition": {"grade": "S", "op": "in", "value": ["A"]}}]}, "lists[0].condition",
    ),
    "days of hysteresis": ({"hysteresis": {"days": 0}}, "hysteresis.days"),
    "10,000 indicators": ({"indicators": [MASS] * 10_000}, "indicators"),
    "10,000 nodes": ({"whom": {"all": [body()["whom"]] * 10_000}}, "whom"),
    "too deep": ({"whom": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": body()["whom"]}}}}}}}}}, "whom"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_place(name):
    changes, place = REFUSED[name]
    with pytest.raises(DomainError) as refused:
        read_scheme(body(**changes), Names(schemes={"S": ["A"]}))
    assert place in refused.value.message


def test_the_form_changes_numbers_and_takes_indicators_out():
    base = body()
    shown = fields_of(base)
    data = {"level-1-from": "22.5", "level-1-name": "关注", "hysteresis-points": "", "hysteresis-days": "9",
            "indicator-mass-on": "on", "indicator-mass-weight": "30", "indicator-mass-cap": "25", "indicator-mass-from": "0",
            "indicator-mass-to": "15000", "indicator-rate-on": "on", "indicator-rate-weight": "40.5",
            "indicator-rate-prior": "3", "indicator-rate-cap": "", "indicator-rate-from": "0", "indicator-rate-to": "1"}  # fmt: skip
    made = body_of(base, data)
    assert base == body()
    assert [one["key"] for one in made["indicators"]] == ["mass", "rate"]
    assert made["indicators"][0] | {"term": None} == MASS | {
        "term": None, "weight": 30, "cap": 25, "scale": {"from": 0, "to": 15000},
    }  # fmt: skip
    assert (made["indicators"][1]["weight"], made["indicators"][1]["prior"]) == (40.5, 3)
    assert (made["levels"][1]["from_score"], made["levels"][1]["name"], made["hysteresis"]) == (
        22.5,
        "关注",
        {"days": 9},
    )
    assert [one["most"] for one in shown["indicators"]] == [80, 80, 40]
    read_scheme(made, Names())


def test_the_form_refuses_what_is_no_number():
    with pytest.raises(DomainError, match="BAD_NUMBER") as refused:
        body_of(body(), {"level-1-from": "很多"})
    assert refused.value.message == "“中”的起始分须是数字。"
