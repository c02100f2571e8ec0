"""Address texts → results: the engine with its index, and the table that remembers what it said."""

from __future__ import annotations

import gc
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import orjson
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from addresses.choices import ACCEPTED, AddressLevel, AddressState, DivisionLevel
from addresses.matching.calibration import ConfidenceMap, confidence_map
from addresses.matching.names import NameEntry, NameIndex, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Node, Resolution, Step, to_row
from addresses.models import AddressName, AddressText, Calibration, Division, StandardAddress
from addresses.parsing.components import LEVELS, Components
from addresses.parsing.normalise import cache_key
from addresses.services.division_entries import DivisionEntries
from addresses.services.index_version import current_index_version
from addresses.services.settling import await_decisions, settle_texts
from addresses.services.stated_codes import keys_of_stated_codes, resolution_by_code
from common.jobs import JobRun
from common.scrub import scrub
from common.statistics import refresh_when_grown

# One look-up query a chunk; larger chunks only hold more memory.
CHUNK = 5_000
TEXT_LIMIT = 240
_LEVEL_NAMES = {level.value: level.name.lower() for level in AddressLevel}


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """The name index of one version, with the division names that nodes are written with.

    `successors` gives the key of the town or village that took the place of a replaced one, by the key of that one.
    `twins` gives the keys of the other places that a key may mean. Names are in force or not on the day `built_on`.
    """

    version: int
    built_on: date
    names: NameIndex
    division_names: Mapping[str, str]
    town_codes: Mapping[str, str]
    successors: Mapping[str, str]
    twins: Mapping[str, Sequence[str]]
    confidences: ConfidenceMap | None = None


_loaded: LoadedIndex | None = None
_lock = threading.Lock()


def load_index() -> LoadedIndex:
    """The index of the current version and day; each process holds one and builds it again when one of them rose."""
    global _loaded
    wanted = current_index_version(), timezone.localdate()
    if _loaded is not None and (_loaded.version, _loaded.built_on) == wanted:
        return _loaded
    with _lock:
        if _loaded is None or (_loaded.version, _loaded.built_on) != wanted:
            _loaded = _build_index(*wanted)
        return _loaded


def _build_index(version: int, today: date) -> LoadedIndex:
    divisions = list(Division.objects.filter(level__in=[DivisionLevel.TOWN, DivisionLevel.VILLAGE]))
    names = {division.code: division.name for division in divisions}
    division_names = DivisionEntries(divisions, today)
    named_levels = [AddressLevel.TOWN, AddressLevel.VILLAGE, AddressLevel.ROAD, AddressLevel.ESTATE]
    nodes = StandardAddress.objects.filter(level__in=named_levels, state=AddressState.ACTIVE).order_by("pk")
    columns = nodes.values_list("town_id", "village_id", *LEVELS[2:])
    entries = division_names.without_replaced(
        official_entries(
            Components(names[town], names[village] if village else "", *rest)
            for town, village, *rest in columns.iterator()
        )
    )
    entries += division_names.entries()
    entries += [
        NameEntry(
            row.surface,
            row.kind,
            row.level,
            Components(names.get(row.town_id or "", ""), names.get(row.village_id or "", ""), row.road, "", row.estate),
            row.valid_from,
            row.valid_to,
        )
        for row in AddressName.objects.order_by("pk")
    ]
    towns = {d.name: d.code for d in divisions if d.level == DivisionLevel.TOWN}
    index = NameIndex.build(entries, outside_names(), today)
    return LoadedIndex(version, today, index, names, towns, division_names.successors, _twins(), _confidences())


def _confidences() -> ConfidenceMap | None:
    """What the newest active calibration says, None before there is one."""
    newest = Calibration.objects.filter(is_active=True).order_by("-pk").values_list("buckets", flat=True).first()
    return confidence_map(newest) if newest else None


def _twins() -> dict[str, list[str]]:
    """Key → keys of its twins: the same with a mark."""
    found: dict[str, list[str]] = {}
    for key in StandardAddress.objects.filter(twin_of__isnull=False).order_by("pk").values_list("key", flat=True):
        found.setdefault(key.rpartition("~")[0], []).append(key)
    return found


def look_up_nodes(index: LoadedIndex, keys: Collection[str]) -> dict[str, Node]:
    """Active nodes by link key; a node that was merged answers with the one that replaced it.

    The key of a replaced town or village answers with its successor.
    """
    found: dict[str, Node] = {}
    moved = [(key, index.successors[key]) for key in keys if key in index.successors] if index.successors else []
    if moved:
        keys = {*keys, *(successor for _, successor in moved)}
    twinned = [key for key in keys if key in index.twins] if index.twins else []
    if twinned:
        keys = {*keys, *(twin for key in twinned for twin in index.twins[key])}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.key, n.key, n.code, n.level, n.id, n.town_id, n.village_id, n.road, n.number, n.estate, n.building,
                      n.unit, n.room
               FROM addresses_standardaddress s
               JOIN addresses_standardaddress n ON n.id = coalesce(s.replaced_by_id, s.id)
               WHERE s.key = ANY(%s) AND n.state = 'ACTIVE'""",
            [list(keys)],
        )
        for asked, key, code, level, pk, town, village, *rest in cursor.fetchall():
            components = Components(index.division_names[town], index.division_names[village] if village else "", *rest)
            found[asked] = Node(key, code, components, _LEVEL_NAMES[level], pk)
    for key in twinned:
        _join_twins(found, key, index.twins[key])
    for key, successor in moved:
        if successor in found:
            found[key] = found[successor]
    return found


def _join_twins(found: dict[str, Node], key: str, twins: Sequence[str]) -> None:
    """The node of a key with the other places that bear it or bore it."""
    nodes = {found[one].id: found[one] for one in (key, *twins) if one in found}
    if nodes:
        first, *others = nodes.values()
        found[key] = replace(first, twins=tuple(others))


def resolve_texts(texts: Sequence[str]) -> list[Resolution]:
    """Resolves texts in chunks, one look-up query each; nothing is stored."""
    index = load_index()
    results: list[Resolution] = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        results += _resolve_chunk(index, chunk)
    return results


def resolve_with(index: LoadedIndex, texts: Sequence[str]) -> list[Resolution]:
    """Resolves one chunk with an index that is held for longer work; nothing is stored."""
    return _resolve_chunk(index, texts)


def _resolve_chunk(index: LoadedIndex, texts: Sequence[str]) -> list[Resolution]:
    by_code = _resolve_codes(index, texts)
    parsed = [text for text in texts if text not in by_code] if by_code else texts
    with _without_collection():
        found = resolve_batch(
            parsed, index.names, lambda keys: look_up_nodes(index, keys), index.confidences, index.twins
        )
    if not by_code:
        return found
    rest = iter(found)
    return [by_code.get(text) or next(rest) for text in texts]


def _resolve_codes(index: LoadedIndex, texts: Sequence[str]) -> dict[str, Resolution]:
    """Texts that state the code of an active address, or of one that was merged into it."""
    keys = keys_of_stated_codes(texts)
    nodes = look_up_nodes(index, set(keys.values())) if keys else {}
    return {text: resolution_by_code(nodes[key]) for text, key in keys.items() if key in nodes}


@contextmanager
def _without_collection() -> Iterator[None]:
    """No cycle collection for one chunk.

    A chunk makes hundreds of thousands of small objects and no cycle; to walk them, with the name index beside them,
    again and again cost a fifth of the time. Threads that meet here can only switch the collector on too early.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def resolve_rows(texts: Sequence[str]) -> list[dict[str, object]]:
    """The JSON objects of `resolve_texts`, personal numbers cut from what they quote."""
    return [to_row(resolution) for resolution in resolve_texts([scrub(text) for text in texts])]


def explanation(resolution: Resolution, steps: Sequence[Step]) -> dict[str, object]:
    """What a page shows of how a text was read: steps, faults, candidates, relative position, other county.

    For orjson, which writes the dataclasses as objects.
    """
    row = to_row(resolution)
    raw = {} if resolution.raw_confidence is None else {"raw_confidence": resolution.raw_confidence}
    return {
        "steps": steps,
        "faults": row["faults"],
        "candidates": row["candidates"],
        "relative": resolution.relative,
        "outside": resolution.outside,
        **raw,
    }


def _stated_town(index: LoadedIndex, resolution: Resolution, steps: Sequence[Step]) -> str | None:
    """Code of the town that the text names or its only candidates share; decides the pseudo-block."""
    for step in steps:
        if step.level == "town" and step.held:
            return index.town_codes.get(step.held)
    towns = {c.node.components.town for c in resolution.candidates}
    return index.town_codes.get(next(iter(towns))) if len(towns) == 1 else None


def ensure_texts(texts: Sequence[str], run: JobRun) -> int:
    """Makes sure that every text has its `AddressText` row, resolving what is new, or open and of an older version.

    Texts must be scrubbed and at most 240 characters. Accepted links never move here, nor what a person decided; a new
    text takes the standing decision about its equals. Returns how many were resolved.
    """
    index = load_index()
    done = unseen = 0
    for chunk in _chunks(sorted(set(texts)), CHUNK):
        known = AddressText.objects.filter(text__in=chunk)
        is_settled = Q(status__in=ACCEPTED) | Q(index_version__gte=index.version) | Q(is_decided=True)
        settled = set(known.filter(is_settled).values_list("text", flat=True))
        fresh = [text for text in chunk if text not in settled]
        if fresh:
            store_resolutions(index, fresh, _resolve_chunk(index, fresh))
            unseen += len(fresh)
            if refresh_when_grown("addresses_addresstext", unseen):
                unseen = 0
        done += len(chunk)
        run.progress(done=done, total=len(texts), message="匹配标准地址")
    return done


def resolve_again(texts: Sequence[str]) -> None:
    """Lets the engine speak again about texts that have their row, once no decision binds them any more."""
    index = load_index()
    for chunk in _chunks(sorted(texts), CHUNK):
        _store(index, chunk, _resolve_chunk(index, chunk))


def store_resolutions(index: LoadedIndex, texts: Sequence[str], resolutions: Sequence[Resolution]) -> None:
    """Stores what the engine said and what people decided about equal texts; waits for decisions under way."""
    with transaction.atomic(savepoint=False):
        await_decisions()
        _store(index, texts, resolutions)
        settle_texts(sorted({cache_key(text)[:TEXT_LIMIT] for text in texts}))


# Types of the columns of AddressText that `_store` writes.
_TEXT_COLUMNS = {
    "text": "text", "normalised": "text", "status": "text", "address_id": "bigint", "confidence": "float8", "level_wanted": "text",
    "level_reached": "text", "town_id": "text", "explanation": "jsonb", "index_version": "bigint",
}  # fmt: skip


def _store(index: LoadedIndex, texts: Sequence[str], resolutions: Sequence[Resolution]) -> None:
    """One JSON document a chunk: model instances and a parameter a value take three times as long."""
    rows = [_text_row(index, text, resolution) for text, resolution in zip(texts, resolutions, strict=True)]
    columns = ", ".join(_TEXT_COLUMNS)
    types = ", ".join(f"{name} {type_name}" for name, type_name in _TEXT_COLUMNS.items())
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*_TEXT_COLUMNS, "resolved_at") if name != "text")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO addresses_addresstext ({columns}, resolved_at)
                SELECT {columns}, %s FROM json_to_recordset(%s::json) AS r({types})
                ON CONFLICT (text) DO UPDATE SET {updates} WHERE NOT addresses_addresstext.is_decided""",
            [timezone.now(), orjson.dumps(rows).decode()],
        )


def _text_row(index: LoadedIndex, text: str, resolution: Resolution) -> dict[str, object]:
    steps = resolution.steps
    return {
        "text": text,
        "normalised": cache_key(text)[:TEXT_LIMIT],
        "status": resolution.status,
        "address_id": resolution.node.id if resolution.node else None,
        "confidence": resolution.confidence,
        "level_wanted": resolution.level_wanted,
        "level_reached": resolution.level_reached,
        "town_id": _stated_town(index, resolution, steps),
        "explanation": explanation(resolution, steps),
        "index_version": index.version,
    }


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
