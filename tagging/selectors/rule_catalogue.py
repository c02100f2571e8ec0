"""What the builder offers: facts, paths, tags and schemes with their codes and comparisons, as plain values for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from common.facts import ColumnRead, Fact, Nulls, Parameter, Path, facts_of, paths_of
from elements.choices import ElementKind
from tagging.models import Scheme, Tag
from tagging.rules.explain import WORDS
from tagging.rules.schema import IS, IS_NOT, KNOWN, MAX_DAYS, OPERATORS, UNKNOWN


def catalogue() -> dict[str, Any]:
    """All kinds at once, since paths lead from one to another.

    Returns:
        kinds: kind → {label, facts: [key], paths: [key]}; facts, paths: by key; tables: lists of [code, label] that several facts
        share; tags, schemes; operators: type → [{op, label, operands}].
    """
    tables = _Tables()
    kinds, facts, paths = {}, {}, {}
    for kind in ElementKind:
        own, ways = facts_of(kind), paths_of(kind)
        kinds[kind.value] = {
            "label": str(kind.label), "facts": [one.key for one in own], "paths": [one.key for one in ways],
        }  # fmt: skip
        facts.update({one.key: _fact(one, tables) for one in own if one.key not in facts})
        paths.update({one.key: _path(one, tables) for one in ways if one.key not in paths})
    return {
        "kinds": kinds, "facts": facts, "paths": paths, "tables": tables.found, "operators": _operators(), "maxDays": MAX_DAYS,
        "tags": list(Tag.objects.filter(is_active=True).order_by("position", "code").values("code", "name", "kind")),
        "schemes": _schemes(),
    }  # fmt: skip


def _fact(one: Fact, tables: _Tables) -> dict[str, Any]:
    read = one.read
    is_kept = isinstance(read, ColumnRead) and read.versions is not None
    return {
        "key": one.key, "label": one.label, "group": one.group, "type": one.type.value, "unit": one.unit,
        "blank": one.null_meaning, "source": one.source, "mayBeUnknown": one.nulls is Nulls.UNKNOWN,
        "codes": tables.name_of(one.codes() if one.codes else None),
        "parameters": [_parameter(parameter, tables) for parameter in one.parameters],
        "mayStay": is_kept and isinstance(read, ColumnRead) and not read.changes_with_the_day,
        "mayBecome": is_kept or not isinstance(read, ColumnRead),
    }  # fmt: skip


def _path(one: Path, tables: _Tables) -> dict[str, Any]:
    return {
        "key": one.key, "label": one.label, "kind": one.object_kind,
        "parameters": [_parameter(parameter, tables) for parameter in one.parameters],
    }  # fmt: skip


def _parameter(one: Parameter, tables: _Tables) -> dict[str, Any]:
    return {
        "name": one.name, "label": one.label, "type": one.type.value, "unit": one.unit, "least": one.least, "most": one.most,
        "codes": tables.name_of(one.choices() if one.choices else None), "isOptional": one.default is not None,
        "usual": list(one.default) if isinstance(one.default, tuple) else one.default,
    }  # fmt: skip


class _Tables:
    """Code tables, each once."""

    def __init__(self) -> None:
        self.found: dict[str, list[list[str]]] = {}
        self._names: dict[tuple[tuple[str, str], ...], str] = {}

    def name_of(self, codes: Mapping[str, str] | None) -> str:
        """The name of a table among `found`; "" for none."""
        if codes is None:
            return ""
        pairs = tuple((str(code), str(label)) for code, label in codes.items())
        name = self._names.setdefault(pairs, f"t{len(self._names)}")
        self.found[name] = [list(pair) for pair in pairs]
        return name


def _schemes() -> list[dict[str, Any]]:
    return [
        {"code": row.code, "name": row.name, "kind": row.kind,
         "levels": [[level["code"], level.get("name", level["code"])] for level in (row.published.body or {}).get("levels", [])]}
        for row in Scheme.objects.filter(published__isnull=False).select_related("published").order_by("code")
        if row.published is not None
    ]  # fmt: skip


def _operators() -> dict[str, list[dict[str, Any]]]:
    words = {**WORDS, IS: _("是"), IS_NOT: _("否")}
    return {
        type_.value: [{"op": op, "label": words.get(op, op), "operands": count} for op, count in found.items()]
        + [{"op": op, "label": words[op], "operands": 0} for op in (KNOWN, UNKNOWN)]
        for type_, found in OPERATORS.items()
    }
