"""Bringing the catalogue that comes with the platform into the tables: what people changed since stays as they changed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from common.errors import DomainError
from common.jobs import create_job
from tagging.choices import VersionState
from tagging.models import OutcomeEffect, Rule, Tag
from tagging.rules import compile as compiling
from tagging.rules.schema import read_rule
from tagging.selectors.rules import moment_at, names
from tagging.selectors.shipped import FOLDER, BadCatalogue, Catalogue, ShippedRule, read_catalogue
from tagging.services import publishing, versions
from tagging.services.nightly import RUN_RULE

_NOTE = "随平台提供"


@dataclass(slots=True)
class Loaded:
    """What a load made: tags, outcomes, rules; versions put in force, and those that wait for a person's decision."""

    tags: int = 0
    outcomes: int = 0
    rules: int = 0
    published: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """How many things a shipped rule's published version hits now, and how many come near its shipped body.

    `hits` is None where no version is in force.
    """

    code: str
    title: str
    version: int | None
    hits: int | None
    near: int
    near_title: str


@transaction.atomic
def load_shipped(*, now: datetime, folder: Path = FOLDER) -> Loaded:
    """Makes what is missing and puts new bodies in force; a rule with a new version is asked about everything, without alerts.

    Raises:
        BadCatalogue: a file cannot be used; nothing is loaded.
    """
    catalogue, loaded = read_catalogue(folder), Loaded()
    tags = _load_tags(catalogue, loaded)
    _load_outcomes(catalogue, tags, loaded)
    for one in catalogue.rules:
        _check_near(one)
        _load_rule(one, tags[one.tag], loaded, now)
    return loaded


def count_shipped(*, now: datetime, folder: Path = FOLDER) -> list[Counted]:
    """Hits and near misses of every shipped rule, one statement each."""
    rows = {row.code: row for row in Rule.objects.filter(is_shipped=True).select_related("published")}
    counted = []
    for one in read_catalogue(folder).rules:
        row = rows.get(one.code)
        version = row.published if row else None
        hits = _count(version.body, now) if version else None
        near = _count(one.near_body, now)
        counted.append(Counted(one.code, one.title, version.number if version else None, hits, near, one.near_title))
    return counted


def _load_tags(catalogue: Catalogue, loaded: Loaded) -> dict[str, Tag]:
    tags = {}
    for code, values in catalogue.tags.items():
        tags[code], is_new = Tag.objects.get_or_create(code=code, defaults=dict(values))
        loaded.tags += is_new
        if tags[code].kind != values["kind"]:
            raise BadCatalogue("tags.toml", f"标签 {code} 已用于{tags[code].get_kind_display()}")
    return tags


def _load_outcomes(catalogue: Catalogue, tags: dict[str, Tag], loaded: Loaded) -> None:
    for one in catalogue.outcomes:
        values = dict(one.values)
        _row, is_new = OutcomeEffect.objects.get_or_create(
            tag=tags.get(one.tag), outcome=values.pop("outcome"), defaults=values
        )
        loaded.outcomes += is_new


def _load_rule(one: ShippedRule, tag: Tag, loaded: Loaded, now: datetime) -> None:
    rule, is_new = Rule.objects.get_or_create(
        code=one.code, defaults={"title": one.title, "tag": tag, "source": one.source, "is_shipped": True}
    )
    loaded.rules += is_new
    try:
        version = versions.install(owner=rule, body=one.body, note=_NOTE, check=publishing.check_of(rule), now=now)
    except DomainError as error:
        raise BadCatalogue(_file(one), error.message) from error
    if version is None:
        return
    if version.state != VersionState.PUBLISHED:
        loaded.waiting += 1
        return
    loaded.published += 1
    if rule.is_active:
        create_job(kind=RUN_RULE, title=f"全量运行规则“{rule.title}”", owner_id=None, params={"rule": rule.pk})


def _check_near(one: ShippedRule) -> None:
    try:
        read_rule(one.near_body, names())
    except DomainError as error:
        raise BadCatalogue(_file(one), error.message) from error


def _file(one: ShippedRule) -> str:
    return f"{one.code.lower()}.json"


def _count(body: dict, now: datetime) -> int:
    statement = compiling.for_all(read_rule(body, names()), moment_at(now, now=now))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement.sql}) hit", statement.parameters)
        count: int = cursor.fetchone()[0]
    return count
