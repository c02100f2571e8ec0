"""The tags, rules and outcomes that come with the platform, read from `tagging/shipped/`.

A rule file holds `body`, the rule itself, and `near`: a condition for things that nearly meet it, one part short or one below
the threshold. What both hit and what comes near show whether a rule tells things apart.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from common.errors import DomainError
from tagging.choices import Effect
from tagging.models import OutcomeEffect, Rule, Tag

FOLDER = Path(__file__).resolve().parent.parent / "shipped"
_RULE_PARTS = frozenset({"code", "title", "tag", "source", "body", "near_title", "near"})
_OUTCOME_PARTS = frozenset({"code", "name", "effect", "days", "position", "tags"})
_TAG_PARTS = frozenset(
    {
        "name", "kind", "group", "level", "icon", "alert_level", "minutes", "guidance", "is_manual", "source",
    }
)  # fmt: skip


class BadCatalogue(DomainError):
    """A shipped file that cannot be used; nothing of the catalogue is loaded."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__("BAD_CATALOGUE", f"随平台提供的文件 {file} 有误：{message}", {"file": file})


@dataclass(frozen=True, slots=True)
class ShippedRule:
    """One rule file.

    Attributes:
        body: JSON as `tagging.rules.schema` reads it.
        near: a condition of the same form as `body["where"]`; `near_title` says it in words.
    """

    code: str
    title: str
    tag: str
    source: str
    body: dict[str, Any]
    near: dict[str, Any]
    near_title: str

    @property
    def near_body(self) -> dict[str, Any]:
        """The rule of the things that come near and are not hit."""
        return {"kind": self.body["kind"], "where": {"all": [self.near, {"not": self.body["where"]}]}}


@dataclass(frozen=True, slots=True)
class ShippedOutcome:
    """What an outcome does; `tag` is a code, "" for all tags."""

    tag: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is shipped: values of tags by code, rules in the order of the tags, outcomes."""

    tags: Mapping[str, Mapping[str, Any]]
    rules: tuple[ShippedRule, ...]
    outcomes: tuple[ShippedOutcome, ...]


def read_catalogue(folder: Path = FOLDER) -> Catalogue:
    """All files.

    Raises:
        BadCatalogue: one cannot be read, names what there is not, lacks a part or has a strange one, or says a thing twice.
    """
    tags = dict(_tags(folder))
    rules = sorted(_rules(folder, tags), key=lambda one: ([*tags].index(one.tag), one.code))
    return Catalogue(tags, tuple(rules), tuple(_outcomes(folder, tags)))


def _tags(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    file = "tags.toml"
    for position, (code, values) in enumerate(_toml(folder / file).items(), start=1):
        _parts(file, code, values, _TAG_PARTS, _TAG_PARTS - {"alert_level", "is_manual"})
        row = {**values, "position": position * 10}
        _valid(file, Tag(code=code, **row))
        yield code, row


def _rules(folder: Path, tags: Mapping[str, Any]) -> Iterator[ShippedRule]:
    seen: set[str] = set()
    for path in sorted((folder / "rules").glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadCatalogue(path.name, str(error)) from None
        _parts(path.name, path.stem, document, _RULE_PARTS, _RULE_PARTS)
        one = ShippedRule(**document)
        if one.tag not in tags:
            raise BadCatalogue(path.name, f"没有标签 {one.tag}")
        if one.code in seen or one.code.lower() != path.stem:
            raise BadCatalogue(path.name, f"代码 {one.code} 与文件名不符")
        seen.add(one.code)
        _valid(path.name, Rule(code=one.code, title=one.title, source=one.source))
        yield one


def _outcomes(folder: Path, tags: Mapping[str, Any]) -> Iterator[ShippedOutcome]:
    file, seen = "outcomes.toml", set()
    for values in _toml(folder / file).get("outcome", []):
        _parts(file, str(values.get("code")), values, _OUTCOME_PARTS, _OUTCOME_PARTS - {"days", "tags"})
        row = {"outcome": values["code"], **{k: v for k, v in values.items() if k not in ("code", "tags")}}
        _valid(file, OutcomeEffect(**row))
        if row["effect"] in (Effect.END, Effect.EXTEND) and "days" not in row:
            raise BadCatalogue(file, f"{row['outcome']} 缺少 days")
        for tag in values.get("tags", [""]):
            if tag and tag not in tags:
                raise BadCatalogue(file, f"没有标签 {tag}")
            if (tag, row["outcome"]) in seen:
                raise BadCatalogue(file, f"{row['outcome']} 重复")
            seen.add((tag, row["outcome"]))
            yield ShippedOutcome(tag, row)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadCatalogue(path.name, str(error)) from None


def _parts(file: str, name: str, values: Any, allowed: frozenset[str], needed: frozenset[str]) -> None:
    if not isinstance(values, dict):
        raise BadCatalogue(file, f"{name} 的写法不对")
    if strange := sorted(set(values) - allowed):
        raise BadCatalogue(file, f"{name} 不认识 {'、'.join(strange)}")
    if missing := sorted(needed - set(values)):
        raise BadCatalogue(file, f"{name} 缺少 {'、'.join(missing)}")


def _valid(file: str, row: models.Model) -> None:
    """What the columns of the table hold; keys to other tables are written later."""
    keys = [field.name for field in row._meta.fields if field.is_relation or field.primary_key]
    try:
        row.clean_fields(exclude=keys)
    except ValidationError as error:
        raise BadCatalogue(file, f"{row}：{'；'.join(error.messages)}") from None
