"""How a value is compared, once in SQL and once in Python, side by side so that both stay the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from common.facts import Bind, FactType
from tagging.rules.nodes import Compare, Term
from tagging.rules.schema import KNOWN, UNKNOWN

_ORDER = {"=": "=", "!=": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<=", "before": "<", "after": ">"}


def filled(term: Term, value: Any) -> Any:
    """The value as it counts: where none means none, 0 or no."""
    if value is None and term.is_none_at_null:
        return False if term.type is FactType.BOOL else 0
    return value


def holds(compare: Compare, value: Any) -> bool:
    """The comparison in Python; with nothing known only `unknown` holds."""
    value = filled(compare.term, value)
    op, given = compare.op, compare.value
    if op in (KNOWN, UNKNOWN):
        return (value is None) == (op == UNKNOWN)
    if value is None:
        return False
    match op:
        case "=":
            return bool(value == given)
        case "!=":
            return bool(value != given)
        case ">" | "after":
            return bool(value > given)
        case ">=":
            return bool(value >= given)
        case "<" | "before":
            return bool(value < given)
        case "<=":
            return bool(value <= given)
        case "between":
            return bool(given[0] <= value <= given[1])
        case "contains":
            return given in value
        case "starts":
            return any(value.startswith(one) for one in ([given] if isinstance(given, str) else given))
        case "in":
            return value in given
        case "not_in":
            return value not in given
        case "any_of":
            return any(one in value for one in given)
        case "none_of":
            return not any(one in value for one in given)
        case "is":
            return bool(value)
        case "is_not":
            return not value
    raise ValueError(op)


def sql_of(compare: Compare, value: str, bind: Bind) -> str:
    """The comparison over an SQL value; NULL where nothing is known and something was compared."""
    term, op, given = compare.term, compare.op, compare.value
    if term.is_none_at_null:
        value = f"coalesce({value}, {'false' if term.type is FactType.BOOL else '0'})"
    match op:
        case "known":
            return f"{value} IS NOT NULL"
        case "unknown":
            return f"{value} IS NULL"
        case "between":
            return f"{value} BETWEEN {_operand(given[0], bind)} AND {_operand(given[1], bind)}"
        case "contains":
            return f"strpos({value}, {bind(given)}) > 0"
        case "starts":
            prefixes = [given] if isinstance(given, str) else given
            return _either(f"starts_with({value}, {bind(one)})" for one in prefixes)
        case "in":
            return f"{value} = ANY({bind(list(given))})"
        case "not_in":
            return f"{value} <> ALL({bind(list(given))})"
        case "any_of":
            return _either(f"strpos({value}, {bind(one)}) > 0" for one in given)
        case "none_of":
            return f"NOT {_either(f'strpos({value}, {bind(one)}) > 0' for one in given)}"
        case "is":
            return value
        case "is_not":
            return f"NOT {value}"
    return f"{value} {_ORDER[op]} {_operand(given, bind)}"


def _either(parts: Any) -> str:
    return f"({' OR '.join(parts)})"


def _operand(given: Any, bind: Bind) -> str:
    return f"{bind(given)}::date" if isinstance(given, date) else bind(given)
