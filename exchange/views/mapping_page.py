"""What the mapping step of a batch shows: how the file was read, and each column with samples and a choice of fields."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from common.masking import MASKS, mask_citizen_id, mask_file_number
from common.scope import Actor
from common.scrub import scrub
from elements.kinds import KINDS
from elements.selectors.masking import may_read_names, shown_text
from events.selectors.wording import shown_value
from exchange.importers.mapping import ADDRESS_CODE, DISMISSED, EXTRA_FIELDS, UNDECIDED, header_hash, target_fields
from exchange.importers.reading import read_table
from exchange.kinds import LANDED_KINDS, LandedKind
from exchange.models import LandingBatch, Mapping
from exchange.services.files import read_upload

SAMPLES = 3
SAMPLE_ROWS = 200
COUNTED_ROWS = 50_000
SAMPLE_LENGTH = 40
_LONG_NUMBER = re.compile(r"\d{9,}")
_RELATED_NUMBERS = {"owner_number", "legal_person_number"}
_DELIMITERS = {",": "逗号", ";": "分号", "\t": "制表符", "|": "竖线", "，": "全角逗号"}
_ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8（带 BOM）", "gb18030": "GB18030 / GBK", "utf-16": "UTF-16"}


def mapping_page(batch: LandingBatch, user: Actor, chosen: Map[str, str] | None = None) -> dict[str, Any]:
    """Context of the mapping step.

    Args:
        batch: with its upload and source.
        user: names are masked for who may not read them.
        chosen: header → field as the person just sent it; None = as suggested or remembered.

    Raises:
        DomainError: the stored file is gone.
    """
    kind = LANDED_KINDS[batch.kind]
    columns = chosen if chosen is not None else batch.columns
    samples, row_count = _samples(batch, columns, may_read_names(user))
    rows = [
        {
            "position": position,
            "header": header,
            "samples": samples[position],
            "field": columns.get(header, UNDECIDED),
            "is_undecided": columns.get(header, UNDECIDED) == UNDECIDED,
        }
        for position, header in enumerate(batch.headers)
    ]
    return {
        "columns_to_map": rows,
        "undecided": sum(row["is_undecided"] for row in rows),
        "field_groups": field_groups(kind),
        "dismissed": DISMISSED,
        "detected": _detected(batch, row_count),
        "remembered": _remembered(batch),
    }


def chosen_columns(batch: LandingBatch, data: Map[str, str]) -> dict[str, str]:
    """Header → field from the form, whose inputs are named by position: headers are anything."""
    return {header: data.get(f"column-{i}", UNDECIDED) for i, header in enumerate(batch.headers)}


def field_groups(kind: LandedKind) -> list[dict[str, Any]]:
    """Fields for a grouped select: keys first, then what the thing is, where it is, and what it belongs to."""
    labels = target_fields(kind)
    keys = [c for rule in kind.keys for c in rule.columns if c in labels]
    codes = [ADDRESS_CODE] if ADDRESS_CODE in labels else []
    places = [name for _role, name in kind.address_fields] + codes + ["lon", "lat", "datum"]
    others = [name for name in EXTRA_FIELDS[kind.code] if name not in {*keys, *codes}] + ["observed_on"]
    plain = [name for name in labels if name not in {*keys, *places, *others}]
    groups = ((_("认定对象"), keys), (_("基本信息"), plain), (_("地址与位置"), places), (_("关系与其他"), others))
    return [
        {"label": label, "fields": [(name, labels[name]) for name in dict.fromkeys(names) if name in labels]}
        for label, names in groups
    ]


def _samples(batch: LandingBatch, columns: Map[str, str], in_full: bool) -> tuple[list[list[str]], int]:
    """Three different values of each column, masked, and the number of rows (counted up to a limit)."""
    table = read_table(read_upload(batch.upload), batch.upload.name)
    found: list[list[str]] = [[] for _header in batch.headers]
    count = 0
    for _number, cells in islice(table.rows, COUNTED_ROWS + 1):
        count += 1
        if count > SAMPLE_ROWS:
            continue
        for position, cell in enumerate(cells[: len(found)]):
            values = found[position]
            if len(values) < SAMPLES and cell.strip():
                shown = sample(batch.kind, columns.get(batch.headers[position], ""), cell, in_full=in_full)
                if shown not in values:
                    values.append(shown)
    return found, count


def sample(kind_code: str, field: str, cell: str, *, in_full: bool) -> str:
    """One cell as it may be shown before anything is decided about it.

    Whatever a column turns out to be, no personal number stands in it in full: a mapped one is masked as its field, any
    other loses what looks like an ID or a phone, and the middle of every long number.
    """
    text = " ".join(cell.split())
    purpose = LANDED_KINDS[kind_code].sealed_fields.get(field)
    if purpose:
        return MASKS[purpose](text)
    if field in _RELATED_NUMBERS:
        return mask_citizen_id(text)
    shown = _shown(kind_code, field, scrub(text), in_full=in_full)
    if field in {"", DISMISSED}:
        shown = _LONG_NUMBER.sub(lambda match: mask_file_number(match[0]), shown)
    return shown if len(shown) <= SAMPLE_LENGTH else shown[: SAMPLE_LENGTH - 1] + "…"


def _shown(kind_code: str, field: str, text: str, *, in_full: bool) -> str:
    if kind_code not in KINDS:
        return shown_value(field, text, in_full=in_full) or _("（不显示）")
    return shown_text(kind_code, field, text, in_full=in_full) or ""


def _detected(batch: LandingBatch, row_count: int) -> list[dict[str, Any]]:
    rows = f"{row_count:,}" if row_count <= COUNTED_ROWS else _("超过 %(count)s") % {"count": f"{COUNTED_ROWS:,}"}
    found = [
        {"label": _("来源"), "value": batch.source.name},
        {"label": _("数据行"), "value": rows},
        {"label": _("列"), "value": len(batch.headers)},
    ]
    if batch.encoding:
        found.append({"label": _("编码"), "value": _ENCODINGS.get(batch.encoding, batch.encoding)})
        found.append({"label": _("分隔符"), "value": _DELIMITERS.get(batch.delimiter, batch.delimiter)})
    if batch.sheet:
        found.append({"label": _("工作表"), "value": batch.sheet})
    return found


def _remembered(batch: LandingBatch) -> Mapping | None:
    """How a file with the same header from the same source was mapped before."""
    return Mapping.objects.filter(
        source=batch.source_id, kind=batch.kind, header_hash=header_hash(batch.headers)
    ).first()
