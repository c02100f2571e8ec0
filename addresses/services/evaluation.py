"""The engine against labelled texts: how much it finds, how much of that is right, and what its confidence is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from addresses.choices import ResolveStatus
from addresses.matching.calibration import expected_error
from addresses.matching.result import Resolution
from addresses.models import StandardAddress
from addresses.services.resolution import resolve_texts
from common.errors import DomainError
from common.scrub import scrub

# Upper ends of the bins of the reliability table: narrow where accepted links lie.
EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
_STATUSES = frozenset(ResolveStatus.values)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with the code of the address that it means (None: none of ours) and the status it should have, "" for any."""

    line: int
    text: str
    code: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text with the answer of the engine."""

    label: Labelled
    result: Resolution

    @property
    def is_right(self) -> bool:
        """Whether the proposed node (accepted, else the first candidate) is the labelled one."""
        return self.proposed is not None and self.proposed == self.label.code

    @property
    def proposed(self) -> str | None:
        """Code of the accepted node, else of the first candidate."""
        if self.result.node is not None:
            return self.result.node.code
        return self.result.candidates[0].node.code if self.result.candidates else None


@dataclass(slots=True)
class LabelFile:
    """What a file of labelled texts holds: the good lines, and the bad ones by number with what is wrong."""

    labels: list[Labelled] = field(default_factory=list)
    bad_lines: dict[int, str] = field(default_factory=dict)


def read_labels(path: Path) -> LabelFile:
    """Reads JSON lines {"text", "code" (or null), "status" (may be absent)}; codes must be of the registry.

    A code of a merged address counts as that of the address that took it in. Blank lines are passed over.

    Raises:
        DomainError: no good line is in the file.
    """
    found = LabelFile()
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            label = _label(number, line)
            if isinstance(label, Labelled):
                found.labels.append(label)
            else:
                found.bad_lines[number] = label
    _check_codes(found)
    if not found.labels:
        numbers = "、".join(map(str, sorted(found.bad_lines)[:10]))
        raise DomainError(
            "NO_LABELS", f'文件里没有可用的行（有问题的行：{numbers or "无"}）。每行应为 {{"text","code","status"}}。'
        )
    return found


def _label(number: int, line: bytes) -> Labelled | str:
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "不是 JSON"
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return "缺少 text"
    code, status = item.get("code"), item.get("status") or ""
    if "code" not in item or not (code is None or isinstance(code, str)):
        return "缺少 code（没有答案时写 null）"
    if status and status not in _STATUSES:
        return f"status 应为 {'、'.join(sorted(_STATUSES))} 之一"
    return Labelled(number, item["text"], code, status)


def _check_codes(found: LabelFile) -> None:
    codes = {label.code for label in found.labels if label.code}
    rows = StandardAddress.objects.filter(code__in=codes).values_list("code", "replaced_by__code")
    survivors = {code: survivor or code for code, survivor in rows}
    known: list[Labelled] = []
    for label in found.labels:
        if label.code is None:
            known.append(label)
        elif label.code in survivors:
            known.append(Labelled(label.line, label.text, survivors[label.code], label.status))
        else:
            found.bad_lines[label.line] = "code 不在标准地址库中"
    found.labels = known


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _figures(judged: Sequence[Judged]) -> dict[str, float | int | None]:
    accepted = [one for one in judged if one.result.is_accepted]
    right = sum(one.is_right for one in accepted)
    answerable = sum(one.label.code is not None for one in judged)
    labelled = [one for one in judged if one.label.status]
    return {
        "texts": len(judged),
        "accepted": len(accepted),
        "wrong_accepted": len(accepted) - right,
        "precision": _share(right, len(accepted)),
        "recall": _share(right, answerable),
        "status_right": _share(sum(one.result.status == one.label.status for one in labelled), len(labelled)),
    }


def _by_class(classes: Iterable[tuple[str, Judged]]) -> dict[str, dict[str, float | int | None]]:
    groups: dict[str, list[Judged]] = {}
    for name, one in classes:
        groups.setdefault(name or "-", []).append(one)
    return {name: _figures(groups[name]) for name in sorted(groups)}


def evaluate(labels: Sequence[Labelled]) -> dict[str, object]:
    """One JSON document: all texts, by labelled status, by level stated, reliability table, wrong and accepted ones.

    Nothing is stored. Personal numbers are cut from texts before they are resolved and before they are shown.
    """
    results = resolve_texts([scrub(label.text) for label in labels])
    judged = [Judged(label, result) for label, result in zip(labels, results, strict=True)]
    proposals = [one for one in judged if one.proposed is not None]
    error, table = expected_error([(one.result.confidence, one.is_right) for one in proposals], EDGES)
    wrong = [one for one in judged if one.result.is_accepted and not one.is_right]
    return {
        "all": _figures(judged),
        "by_status": _by_class((one.label.status, one) for one in judged),
        "by_level": _by_class((one.result.level_wanted, one) for one in judged),
        "calibration_error": error,
        "calibration": table,
        "wrong_accepted": [
            {
                "line": one.label.line, "text": scrub(one.label.text), "code": one.label.code, "accepted": one.proposed,
                "status": str(one.result.status), "confidence": one.result.confidence,
            }
            for one in wrong
        ],
    }  # fmt: skip
