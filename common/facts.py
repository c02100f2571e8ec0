"""What may be asked about a thing: facts and paths to other things, registered by the apps that own the data.

A rule names facts and paths by key; it never sees a table. A fact answers for a set of things at a moment: now from the tables as
they stand, at a past moment from what the platform held then, so that a rule tried on the past is told what it would have been
told. A fact also says what can change it and when time alone can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone

from common.errors import DomainError

ANY_KIND = ""


class FactType(StrEnum):
    """What a value is; decides which comparisons there are."""

    NUMBER = "NUMBER"
    TEXT = "TEXT"
    CODE = "CODE"
    LETTERS = "LETTERS"  # several codes, a letter each
    DATE = "DATE"
    BOOL = "BOOL"


class Nulls(StrEnum):
    """What no value means: nobody said, and then no comparison holds; or none, which counts as 0 or no."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"


class UnknownFact(DomainError):
    """A rule names a fact, a path or an argument that there is not: an error, never "no"."""

    def __init__(self, message: str) -> None:
        super().__init__("UNKNOWN_FACT", message)


class Bind:
    """Collects the values of a statement; a call gives the placeholder of a value."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def __call__(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is judged.

    Attributes:
        at: the moment; windows of time end here.
        began: since when the platform's records are whole; before that its first records speak for the time before.
        is_past: the as-of store is read instead of the tables as they stand.
    """

    at: datetime
    began: datetime
    is_past: bool = False

    @property
    def today(self) -> date:
        """The local day of the moment."""
        return timezone.localdate(self.at)

    @property
    def as_of(self) -> datetime:
        """Up to when records count."""
        return max(self.at, self.began)

    def back(self, days: int) -> Moment:
        """The same hour, days before."""
        return replace(self, at=self.at - timedelta(days=days), is_past=True) if days else self


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a fact must be told: days of its window, codes it counts, metres.

    Attributes:
        type: NUMBER (a whole number within the limits), CODE (a list of values out of `choices`) or TEXT (one of `choices`).
        choices: value → label, made when it is asked for; None: any number.
        default: used when nothing is given; None: must be given, an empty list means every value.
    """

    name: str
    label: str
    type: FactType
    unit: str = ""
    least: int = 1
    most: int = 3_660
    choices: Callable[[], Mapping[str, str]] | None = None
    default: Any = None


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """A value that stands in a row of the thing.

    Attributes:
        table: SQL of a relation with `element_id`, one row a thing; takes the moment and SQL of an array of ids it may be narrowed to.
        expression: SQL over `{t}`, the row; one that names `{today}` changes with the day.
        versions: SELECT of the rows that were written after one time and up to another, with `element_id` and `pgh_label`,
            'delete' where the row went; None: not kept, so that nobody may ask how long or since when.
        due: SQL of a date over `{t}`, on the day after which the value changes by itself; of one that `slides`, by one each day,
            the date from which it counts. Only tells when to look again.
    """

    table: Callable[[Bind, Moment, str | None], str]
    expression: str
    versions: Callable[[Bind, datetime, datetime, str | None], str] | None = None
    due: str | None = None
    slides: bool = False

    @property
    def changes_with_the_day(self) -> bool:
        return "{today}" in self.expression


@dataclass(frozen=True, slots=True)
class GroupRead:
    """A value that is counted over rows elsewhere.

    Attributes:
        sql: SELECT of `id, value`, and with evidence `records, until`: ids of the rows behind it, newest first, at most 20, and
            when time alone changes the value next. At most one row a thing; no row: none.
        by_time: SELECT of the ids whose value time alone changed after one moment and up to another; None: time changes nothing.
    """

    sql: Callable[[Asked], str]
    by_time: Callable[[Asked, datetime], str] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a fact or path.

    Attributes:
        only: SQL of an array of ids that alone are asked about, None: all.
        arguments: by name, complete.
        with_evidence: the records behind the value are wanted.
        kind: of the things that are asked about.
    """

    bind: Bind
    moment: Moment
    arguments: Mapping[str, Any] = field(default_factory=dict)
    only: str | None = None
    with_evidence: bool = False
    kind: str = ANY_KIND

    def narrowed(self, column: str) -> str:
        """SQL that narrows a column to the ids asked about, with its leading AND."""
        return f" AND {column} = ANY({self.only})" if self.only else ""


# SELECT of the ids of the things that a changed row of another table may change; takes the array placeholder of its ids.
Touches = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be asked.

    Attributes:
        key: name in rules, e.g. "vehicle.state".
        kind: kind of the things it is about; `ANY_KIND`: all.
        group: heading in the builder.
        null_meaning: what it means when there is no value, in words; `nulls` is how rules take it.
        codes: value → label, made when it is asked for.
        touched_by: table of change rows → what they touch. A change of the thing itself always does.
        record_table: table of the records behind the value, "" when there are none.
        source: law or standard that it follows.
    """

    key: str
    kind: str
    label: str
    type: FactType
    read: ColumnRead | GroupRead
    group: str
    unit: str = ""
    nulls: Nulls = Nulls.UNKNOWN
    null_meaning: str = "无人登记"
    codes: Callable[[], Mapping[str, str]] | None = None
    parameters: tuple[Parameter, ...] = ()
    touched_by: Mapping[str, Touches] = field(default_factory=dict)
    record_table: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a thing to others, e.g. from a vehicle to its owners.

    Attributes:
        object_kind: kind of the others; `ANY_KIND`: told by an argument named "kind".
        pairs: SELECT of `id, other`, each pair once or more.
        subjects_of: SELECT of the ids from which one of the ids in the array placeholder is reached, by the state of now.
        by_time: SELECT of the ids whose way began or ended with a day after one and up to another; None: ways have no days.
    """

    key: str
    kind: str
    object_kind: str
    label: str
    pairs: Callable[[Asked], str]
    subjects_of: Callable[[Bind, Mapping[str, Any], str], str]
    parameters: tuple[Parameter, ...] = ()
    by_time: Callable[[Bind, date, date], str] | None = None


_facts: dict[str, Fact] = {}
_paths: dict[str, Path] = {}


def register_facts(facts: Sequence[Fact]) -> None:
    """Adds facts; called from `AppConfig.ready()` of the app that owns the data."""
    _facts.update({fact.key: fact for fact in facts})


def register_paths(paths: Sequence[Path]) -> None:
    """Adds paths; called from `AppConfig.ready()`."""
    _paths.update({path.key: path for path in paths})


def fact(key: str) -> Fact:
    """The fact of a key.

    Raises:
        UnknownFact: there is none.
    """
    found = _facts.get(key)
    if found is None:
        raise UnknownFact(f"没有“{key}”这一事实项。请从列表中选择。")
    return found


def path(key: str) -> Path:
    """The path of a key.

    Raises:
        UnknownFact: there is none.
    """
    found = _paths.get(key)
    if found is None:
        raise UnknownFact(f"没有“{key}”这一关联。请从列表中选择。")
    return found


def facts_of(kind: str) -> list[Fact]:
    """What may be asked about things of a kind, in the order of registration."""
    return [one for one in _facts.values() if one.kind in (kind, ANY_KIND)]


def paths_of(kind: str) -> list[Path]:
    """Where one may go from things of a kind."""
    return [one for one in _paths.values() if one.kind in (kind, ANY_KIND)]
