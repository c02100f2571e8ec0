"""What a list that is no registry says of itself to be taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

Rows = Iterator[list[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Filtered:
    """The form by which rows were chosen, as filter sets have it."""

    form: forms.Form


def nothing_asked() -> Filtered:
    """Of a list without filters."""
    form = forms.Form({})
    form.full_clean()
    return Filtered(form)


def _count(found: QuerySet[Any]) -> int:
    return found.order_by().count()


@dataclass(frozen=True)
class ListSource:
    """One list.

    Attributes:
        title: of the file.
        table: that the audit row names.
        headings: of the columns.
        filtered: parameters and reader → rows of the scope, filter set.
        rows: those rows, parameters, reader → cells of some rows at a time, in the order of the page.
        count: of those rows; a list that is computed as a whole is counted by its length.
        subject: the parameter that names what the list belongs to, for the audit row; "" = the list stands alone.
    """

    title: str
    table: str
    headings: tuple[str, ...]
    filtered: Callable[[QueryDict, Any], tuple[Any, Any]]
    rows: Callable[[Any, QueryDict, Any], Rows]
    count: Callable[[Any], int] = _count
    subject: str = ""
