"""Only whole answers: texts that are accepted, with their codes, and for all others what their writer must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addresses.choices import ResolveStatus
from addresses.fault_words import fault_words, refusal
from addresses.matching.result import Resolution
from addresses.models import StandardAddress
from addresses.services.resolution import resolve_texts
from common.scrub import scrub


def resolve_strictly(texts: Sequence[str]) -> dict[str, Any]:
    """{"accepted": [{row, status, code, full_text, level}], "refused": [{row, status, reasons, message, candidates}]}.

    `row` counts from 1 in the order of `texts`. Nothing is stored and nothing is guessed for the caller: a candidate is
    never a result.
    """
    resolutions = resolve_texts([scrub(text) for text in texts])
    shown = _full_texts(resolutions)
    accepted: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for row, resolution in enumerate(resolutions, start=1):
        if resolution.node is not None:
            code = resolution.node.code
            accepted.append(
                {"row": row, "status": str(resolution.status), "code": code, "full_text": shown[code], "level": resolution.level_reached}
            )  # fmt: skip
        else:
            refused.append(_refused(row, resolution, shown))
    return {"accepted": accepted, "refused": refused}


def _refused(row: int, resolution: Resolution, shown: dict[str, str]) -> dict[str, Any]:
    status = ResolveStatus(str(resolution.status))
    return {
        "row": row,
        "status": status.value,
        "status_label": str(status.label),
        "reasons": fault_words(resolution.faults),
        "message": refusal(status.value, resolution.faults),
        "candidates": [{"code": c.node.code, "full_text": shown[c.node.code]} for c in resolution.candidates],
    }


def _full_texts(resolutions: Sequence[Resolution]) -> dict[str, str]:
    """Full text by code of every node of the answers: one query."""
    codes = {resolution.node.code for resolution in resolutions if resolution.node}
    codes |= {candidate.node.code for resolution in resolutions for candidate in resolution.candidates}
    return dict(StandardAddress.objects.filter(code__in=codes).values_list("code", "full_text")) if codes else {}
