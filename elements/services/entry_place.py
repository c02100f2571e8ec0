"""Where a thing that somebody is about to enter would lie by its own point and addresses, whatever is known of it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from addresses.selectors.blocks import pseudo_block_ids
from addresses.services.resolution import ensure_texts
from common.errors import DomainError
from common.jobs import UnwatchedRun
from common.scope import Scope
from elements.choices import PlaceQuality
from elements.fold.places import compute_places
from elements.fold.sql import Span, column_list
from elements.kinds import Kind
from elements.selectors.similar import values_as_json

# Jobs count from 1 and batches go below 0: rows of this number are nobody's.
_NO_JOB = 0


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """The block that the fold would choose, and how sure that is."""

    block_id: int
    quality: str


def place_of_entry(kind: Kind, values: Mapping[str, Any], today: date) -> EntryPlace:
    """The place by the fold's own rule; runs inside the transaction of the entry. Address texts are resolved and kept."""
    texts = [values[name] for _role, name in kind.address_fields if name in values]
    if texts:
        ensure_texts(texts, UnwatchedRun())
    _towns, city_block = pseudo_block_ids(today)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('elements_element', 'id'))")
        (number,) = cursor.fetchone()
        parameters = {"job": _NO_JOB, "number": number, "values": values_as_json(values)}
        cursor.execute(
            f"""INSERT INTO {kind.plan_table} (job_id, element_id, version, conflicts, has_claims, is_placed_anew, parts_differ,
                                               {column_list(kind.fields)})
                SELECT %(job)s, %(number)s, 0, '{{}}', true, true, true, {column_list(kind.fields, "r")}
                FROM jsonb_populate_record(NULL::{kind.claim_table}, %(values)s::jsonb) r""",
            parameters,
        )
        compute_places(cursor, kind, Span(_NO_JOB, number, number), today, city_block)
        cursor.execute("SELECT block_id, place_quality FROM fold_place")
        place = EntryPlace(*cursor.fetchone())
        cursor.execute(f"DELETE FROM {kind.plan_table} WHERE job_id = %(job)s AND element_id = %(number)s", parameters)
    return place


def require_inside(place: EntryPlace, scope: Scope) -> None:
    """The place lies in a block of the scope; who sees all blocks may enter a thing without any place.

    Raises:
        DomainError: it lies elsewhere, or nowhere.
    """
    if scope.all_blocks or place.block_id in scope.block_ids:
        return
    if place.quality == PlaceQuality.UNPLACED:
        raise DomainError(
            "REGISTER_UNPLACED",
            "按所填内容定不了位：没有填地址，或地址对不上标准地址。请把地址写到村居或门牌，或在图上点出位置。",
        )
    raise DomainError(
        "REGISTER_OUTSIDE", "所填位置不在您的管辖范围内，没有登记。请核对地址和图上的点，或请所在警务区登记。"
    )
