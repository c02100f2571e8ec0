"""Rules as cards of a page, and the answer about one vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from common import clock
from console.no_go_maps import RuleMap, city_roads, rule_maps
from elements.choices import ElementKind
from elements.models import Element, NoGoPermit, NoGoRule
from elements.no_go_words import days_in_words, hours_in_words, uses_in_words, vehicles_in_words
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.no_go import rules_of_page, rules_touching
from elements.services.no_go import may_write_rules


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A rule in words with its drawing; `state` is in force, to come or ended."""

    rule: NoGoRule
    when: str
    vehicles: str
    uses: str
    level: str
    state: str
    drawing: RuleMap | None


def rule_card(rule: NoGoRule, drawing: RuleMap | None, today: date) -> RuleCard:
    """The card of one rule."""
    state = "TO_COME" if rule.valid_from > today else "IN_FORCE"
    if rule.valid_to is not None and rule.valid_to <= today:
        state = "ENDED"
    return RuleCard(
        rule=rule,
        when=f"{days_in_words(rule)} {hours_in_words(rule)}",
        vehicles=vehicles_in_words(rule.vehicle_types),
        uses=uses_in_words(rule.use_natures),
        level={"IN_FORCE": "ok", "TO_COME": "note", "ENDED": "idle"}[state],
        state=state,
        drawing=drawing,
    )


def cards(rules: Sequence[NoGoRule], today: date) -> list[RuleCard]:
    """Cards in the order given: one query."""
    drawings = rule_maps(rules)
    return [rule_card(rule, drawings.get(rule.pk), today) for rule in rules]


def rules_context(user: Any, today: date) -> dict[str, Any]:
    """Context of the page of rules: four queries."""
    rules = rules_of_page(user, today)
    shown = {card.rule.pk: card for card in cards([*rules.current, *rules.ended], today)}
    return {
        "current": [shown[rule.pk] for rule in rules.current],
        "ended": [shown[rule.pk] for rule in rules.ended],
        "city_roads": city_roads(user) if shown else "",
        "may_write": may_write_rules(user),
    }


def permit_rows(permits: Sequence[NoGoPermit], user: Any, today: date) -> list[dict[str, Any]]:
    """{permit, label, state, level} of each, the plate as the reader may see it."""
    in_full = may_read_names(user)
    rows = []
    for permit in permits:
        state = "TO_COME" if permit.valid_from > today else "OVER" if permit.valid_to <= today else "VALID"
        label = shown_label(permit.vehicle.kind, permit.vehicle.label, in_full=in_full)
        level = {"VALID": "ok", "TO_COME": "note", "OVER": "idle"}[state]
        rows.append({"permit": permit, "label": label, "state": state, "level": level})
    return rows


def no_go_panel(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab of a road or section."""
    rules = rules_touching(element, user, clock.today())
    return {
        "rule_cards": cards(rules, clock.today()),
        "city_roads": city_roads(user) if rules else "",
        "may_write": may_write_rules(user),
    }


def is_road(element: Element, _user: Any) -> bool:
    """Only roads and sections have the tab."""
    return element.kind == ElementKind.ROAD
