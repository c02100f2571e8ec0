"""What a ledger is: which registry, which groups of it, which columns and how each value is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.selectors.dues import due_rules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What the columns of one row are made from.

    Attributes:
        values: paths and annotations of the ledger, as stored.
        in_full: names and plates stand in full for the reader.
        today: day of judgement.
        posts: who is responsible for the element's block: officers, then coordinators.
    """

    values: dict[str, Any]
    in_full: bool
    today: date
    posts: str


@dataclass(frozen=True)
class LedgerColumn:
    """One column; without `value` it stays empty, to be filled in by hand."""

    label: StrOrPromise
    value: Callable[[LedgerRow], Any] | None = None
    width: int = 12


@dataclass(frozen=True)
class Group:
    """A choice of rows that people know by name.

    Attributes:
        source: where the definition comes from, shown on the page.
    """

    code: str
    label: StrOrPromise
    source: StrOrPromise
    condition: Q


def registry_dues(kind: str, fields: frozenset[str], today: date) -> Q:
    """Elements that are overdue by one of the rules about these fields of the kind; of none, nothing."""
    late = Q(pk__in=[])
    for rule in due_rules().values():
        if rule.kind == kind and rule.field in fields:
            late |= rule.overdue(today)
    return late


@dataclass(frozen=True)
class Ledger:
    """One ledger.

    Attributes:
        code: in the URL.
        title: on the paper.
        registry: whose list the rows come from, with its filters and rights.
        unit: what one row is.
        paths: look-ups from the element that the columns need.
        annotations: what the database works out for each row, made for a reader and a day.
        overdue: condition of "only overdue".
        overdue_label: what "overdue" means here.
        groups: named choices of rows; with `is_grouped` no choice means all of them together, not every row.
        notes: what a reader of the page must know.
    """

    code: str
    title: StrOrPromise
    registry: str
    columns: tuple[LedgerColumn, ...]
    paths: tuple[str, ...]
    annotations: Callable[[Actor, date], Mapping[str, Any]]
    overdue: Callable[[Actor, date], Q]
    overdue_label: StrOrPromise
    icon: str
    groups: tuple[Group, ...] = ()
    is_grouped: bool = False
    notes: tuple[StrOrPromise, ...] = field(default_factory=tuple)

    @property
    def blank_columns(self) -> list[StrOrPromise]:
        """Columns to be filled in by hand."""
        return [column.label for column in self.columns if column.value is None]


TOLD = LedgerColumn(_("告知方式/日期"), width=14)
ANSWERED = LedgerColumn(_("反馈"), width=14)
RESPONSIBLE = LedgerColumn(_("责任人（民警/协管员）"), lambda row: row.posts, width=20)
