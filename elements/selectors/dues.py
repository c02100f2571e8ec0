"""What falls due of vehicles, drivers, facilities and dangers: one condition for page, list and count.

The rules stand in `elements/dues.toml`, each with the paragraph it rests on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.db.models import BooleanField, Case, Q, Value, When

from elements.choices import ElementKind
from elements.kinds import KINDS
from elements.models import Element

_FILE = Path(__file__).resolve().parent.parent / "dues.toml"
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class DueRule:
    """When something of an element is overdue.

    Attributes:
        field: date until which it is in order; `state_field` holds codes, a letter each.
        overdue_states: any of these says so whatever the date; exempt_states: any of these says that it does not count.
        grace_days: days after the date that still pass.
        classes: only holders of one of these licence classes, with at least `min_points` in the cycle.
        is_settled: an exempt state says that it was done, not that nothing is to be done.
    """

    code: str
    kind: ElementKind
    label: str
    overdue_label: str
    field: str
    basis: str
    state_field: str = ""
    overdue_states: str = ""
    exempt_states: str = ""
    grace_days: int = 0
    classes: tuple[str, ...] = ()
    min_points: int = 0
    is_settled: bool = False

    def overdue(self, today: date) -> Q:
        """Elements that are overdue on that day."""
        return self._concerned(self._past(today))

    def due(self, today: date) -> Q:
        """Elements that had to be seen to by that day, whether or not they were: what a share of those in order is drawn of.

        Of what is settled once, those whose date is past; of what must be kept in order, all that it concerns and that
        have a date or say that they are overdue.
        """
        if self.is_settled:
            return self._past(today)
        return self._concerned(Q(**{f"{self.date_path}__isnull": False}))

    def kept(self, today: date) -> Q:
        """Those of `due` that are not overdue."""
        return self.due(today) & ~self.overdue(today)

    def _past(self, today: date) -> Q:
        return Q(**{f"{self.date_path}__lt": today - timedelta(days=self.grace_days)})

    def _concerned(self, dated: Q) -> Q:
        """Of the elements with such a date those that the rule is about, and those whose state says it without a date."""
        found = dated
        if self.classes:
            found &= _any(Q(licence__licence_classes__contains=one) for one in self.classes)
            found &= Q(licence__points__gte=self.min_points)
        if self.state_field:
            state = self._path(self.state_field)
            found |= _any(Q(**{f"{state}__contains": one}) for one in self.overdue_states)
            exempt = _any(Q(**{f"{state}__contains": one}) for one in self.exempt_states)
            found &= ~exempt | Q(**{f"{state}__isnull": True})
        return found

    @property
    def date_path(self) -> str:
        """Look-up of the date from the element."""
        return self._path(self.field)

    def _path(self, field: str) -> str:
        part = next(part for part in KINDS[self.kind].parts if field in part.fields)
        relation = part.model._meta.get_field("element").remote_field.related_name
        return f"{relation}__{field}"


@dataclass(frozen=True, slots=True)
class Due:
    """One date of one element; `days` is negative when it is past, None when no date is known."""

    rule: DueRule
    day: date | None
    is_overdue: bool
    days: int | None

    @property
    def days_past(self) -> int:
        """Days since the date; 0 when there is none or it lies ahead."""
        return max(0, -(self.days or 0))

    @property
    def is_soon(self) -> bool:
        return not self.is_overdue and self.days is not None and 0 <= self.days <= SOON_DAYS


def _any(conditions: Iterable[Q]) -> Q:
    """One of them; of none, nothing."""
    joined = Q()
    for condition in conditions:
        joined |= condition
    return joined or Q(pk__in=[])


@cache
def due_rules() -> dict[str, DueRule]:
    """Code → rule, in the order of the file.

    Raises:
        TypeError, StopIteration: the file names a setting or a field that there is not.
    """
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        code: DueRule(
            code=code, **{**values, "kind": ElementKind(values["kind"]), "classes": tuple(values.get("classes", ()))}
        )
        for code, values in document.items()
    }


def dues_of(element: Element, values: dict[str, object], today: date) -> list[Due]:
    """The dates of one element, what is overdue first.

    Args:
        element: read already.
        values: its folded values by field.
        today: day of judgement.
    """
    rules = [rule for rule in due_rules().values() if rule.kind == element.kind and _is_stated(rule, values)]
    if not rules:
        return []
    flags = {f"due_{rule.code}": rule.overdue(today) for rule in rules}
    judged = (
        Element.objects.filter(pk=element.pk).annotate(**{n: _flag(q) for n, q in flags.items()}).values(*flags).get()
    )
    dues = []
    for rule in rules:
        day = values.get(rule.field)
        is_date = isinstance(day, date)
        dues.append(
            Due(rule, day if is_date else None, judged[f"due_{rule.code}"], (day - today).days if is_date else None)
        )
    return sorted(dues, key=lambda due: (not due.is_overdue, due.day or date.max))


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _is_stated(rule: DueRule, values: dict[str, object]) -> bool:
    if values.get(rule.field):
        return True
    state = str(values.get(rule.state_field) or "") if rule.state_field else ""
    return any(letter in state for letter in rule.overdue_states)
