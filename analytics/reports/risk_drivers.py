"""What the risk of a road, a unit or a police district comes from: scores with their items, figures with their queries.

A road or unit is as risky as its grades say, with the items that they keep. A district has no grade: it is scored here, by the
same arithmetic, from figures that each open their rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse

from addresses.models import Area
from analytics.choices import RiskSubject
from analytics.periods import Span, same_last_year
from analytics.query import Query
from analytics.reports import figures, standing
from common.scope import Actor
from duty.filters import filtered_orders
from elements.choices import RelationType
from elements.filters import filtered_elements
from elements.models import Element, Relation
from elements.registries import REGISTRIES
from tagging.alert_filters import filtered_alerts
from tagging.models import Assignment, Grade
from tagging.rules import scoring
from tagging.rules.leaving import ways_down
from tagging.rules.scoring import Definition
from tagging.selectors.grade_levels import level_named, levels_of
from tagging.selectors.grade_list import active_schemes
from tagging.selectors.grade_page import leaving_of

_FILE = Path(__file__).resolve().parents[1] / "codes" / "risk_districts.toml"
# The gravest first.
GRAVITY = ("bad", "warn", "note", "ok", "idle")
Section = dict[str, Any]


@cache
def district_scheme() -> dict[str, Any]:
    """How districts are scored: `levels`, `items`, `source`."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def content_of_element(element: Element, kind: RiskSubject, today: date) -> dict[str, Any]:
    """Sections of its standing grades, the gravest first, figures and tags."""
    grades = Grade.objects.filter(element=element, until__isnull=True).select_related("scheme__published")
    sections = [_section_of(grade) for grade in grades.order_by("scheme_id")]
    tags = Assignment.objects.standing().filter(element=element).order_by("tag__name")
    return {
        "sections": sorted(sections, key=lambda one: (GRAVITY.index(one["colour"]), -Decimal(one["score"]))),
        "figures": figures_of(_events_of(element, kind), today),
        "tags": sorted(set(tags.values_list("tag__name", flat=True))),
    }


def _section_of(grade: Grade) -> Section:
    levels = levels_of(grade.scheme)
    leaving = leaving_of(grade, levels)
    below = Decimal(leaving["below"]) if leaving else None
    return _section(grade.scheme.name, level_named(levels, grade.level), grade.score, grade.items, below)


def _section(scheme: str, level: Mapping[str, Any], score: Decimal, items: list[Any], below: Decimal | None) -> Section:
    """A score with its level; `below`: what it must be less than to leave the level, None for the lowest."""
    ways = _ways(items, score, below) if below is not None else {"ways": [], "cures": []}
    return {
        "scheme": scheme, "level": level["name"], "colour": level["colour"], "score": str(score),
        "consequence": level.get("consequence", ""), "items": items, **ways,
    }  # fmt: skip


def _ways(items: Sequence[Mapping[str, Any]], score: Decimal, below: Decimal) -> dict[str, Any]:
    """`ways`: the fewest steps that lead out of the level; `cures`: those of them that somebody can do."""
    steps = ways_down(items, score, below).together
    return {"ways": [one.text for one in steps], "cures": [one.text for one in steps if one.cure]}


def content_of_district(area: Area, today: date) -> dict[str, Any]:
    """One section, with items that hold the list of their rows, and figures."""
    scheme = district_scheme()
    items = _district_items(scheme["items"], area, today)
    score, levels = scoring.score_again(items), scheme["levels"]
    rank = max(number for number, one in enumerate(levels) if score >= one["from_score"])
    level = levels[rank]
    below = Decimal(level["from_score"]) if rank else None
    section = _section("警务区风险评分", level, score, items, below)
    return {"sections": [section], "figures": figures_of({"area": str(area.pk)}, today), "tags": []}


def _district_items(scheme: Sequence[Mapping[str, Any]], area: Area, today: date) -> list[dict[str, Any]]:
    """Items as a grade keeps them, with the list of their rows; that of the gravest levels once a grading scheme."""
    counts, items = _district_counts(area, today), []
    for one in scheme:
        definition = Definition(
            one["key"], one["label"], "raw", Decimal(one["weight"]), unit=one["unit"], cap=Decimal(one["cap"]),
            cure=one.get("cure", ""),
        )  # fmt: skip
        for label, value, url in counts[one["key"]]:
            meant = replace(definition, key=f"{one['key']}:{label}", label=label) if label else definition
            items.append(scoring.item_of(meant, Decimal(value), None, scoring.ZERO, [], "") | {"url": url})
    return items


def _district_counts(area: Area, today: date) -> dict[str, list[tuple[str, int, str]]]:
    """Item → (own label, how many, the list of exactly these)."""
    place = {"area": str(area.pk)}
    year = Query.of("accidents", **place).during(_year(today))
    fatal, injury = year.narrowed(is_fatal="true"), year.narrowed(is_fatal="false", is_injury="true")
    overdue, dangers = {"standing": "overdue", **place}, {"overdue": "TREATMENT", **place}
    reader = standing.reader_of(area)
    found = filtered_elements(REGISTRIES["dangers"], _data(dangers), reader)[0]
    return {
        "fatal": [("", figures.count(fatal), fatal.url)],
        "injury": [("", figures.count(injury), injury.url)],
        "hot_spots": [("", len(standing.hot_spots(area, None) or ()), _url("analytics:hot-spots", place))],
        "dangers": [("", found.count(), f"{reverse('elements:list', args=['dangers'])}?{urlencode(dangers)}")],
        "graded": _gravest(reader, place),
        "alerts": [("", filtered_alerts(_data(overdue), reader)[0].count(), _url("tagging:alerts", overdue))],
        "orders": [("", filtered_orders(_data(overdue), reader)[0].count(), _url("duty:orders", overdue))],
    }


def _gravest(reader: Actor, place: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Elements in the highest level of each scheme: two queries."""
    rows = Grade.objects.visible_to(reader).standing().order_by().values_list("scheme_id", "level")
    counted = {(scheme, level): n for scheme, level, n in rows.annotate(n=Count("pk"))}
    found = []
    for scheme in active_schemes():
        if levels := levels_of(scheme):
            top = levels[-1]
            url = _url("tagging:grade-list", {"scheme": scheme.code, "level": top["code"], **place})
            found.append((f"{scheme.name}：{top['name']}", counted.get((scheme.pk, top["code"]), 0), url))
    return found


def _events_of(element: Element, kind: RiskSubject) -> dict[str, str]:
    """Parameters of the events of an element; those of a section are what happened on its road inside its own block."""
    if kind == RiskSubject.UNIT:
        return {"enterprise": str(element.pk)}
    whole = Relation.objects.filter(subject=element, type=RelationType.SECTION_OF).values_list("object_id", flat=True)
    road = whole.first()
    return {"road": str(road), "area": str(element.block_id)} if road else {"road": str(element.pk)}


def figures_of(whose: Mapping[str, str], today: date) -> list[dict[str, Any]]:
    """Accidents and violations of the last twelve months beside the twelve before: label, counts, queries.

    A count of None: nothing is known of those days.
    """
    rows = []
    for label, name, more in _FIGURES:
        asked = Query.of(name, **whose, **more)
        row: dict[str, Any] = {"label": label}
        for key, span in (("now", _year(today)), ("before", same_last_year(_year(today)))):
            query = asked.during(span)
            known = figures.is_known(name, span)
            row[key] = {"value": figures.count(query) if known else None, "url": query.url if known else ""}
        rows.append(row)
    return rows


_FIGURES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("一般程序事故（起）", "accidents", {"procedure": "GENERAL"}),
    ("其中死亡事故（起）", "accidents", {"procedure": "GENERAL", "is_fatal": "true"}),
    ("简易程序事故（起）", "accidents", {"procedure": "SUMMARY"}),
    ("交通违法（起）", "violations", {}),
)


def _year(today: date) -> Span:
    """The twelve months until today."""
    return Span(today - timedelta(364), today)


def _data(params: Mapping[str, str]) -> QueryDict:
    return QueryDict(urlencode(params))


def _url(name: str, params: Mapping[str, str]) -> str:
    return f"{reverse(name)}?{urlencode(params)}"
