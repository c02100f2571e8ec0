"""The definition of accident-prone places: each number with its source and how sure that is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.choices import SpotMethod
from common.errors import DomainError

_FILE = Path(__file__).resolve().parents[1] / "codes" / "black_spots.toml"
CERTAINTY = {"found": _("有出处"), "verify": _("待核实"), "own": _("平台自定")}
LABELS = {
    "window_years": _("统计年限（年）"), "point_m": _("点的长度（米）"), "section_m": _("段的窗口（米）"),
    "k_fatal": _("死亡事故不少于（起）"), "k_general": _("一般程序事故不少于（起）"),
    "weight_summary": _("简易程序权重"), "weight_general": _("一般程序权重"), "weight_injured": _("每名伤者权重"),
    "weight_death": _("每名死者权重"), "bandwidth_m": _("带宽（米）"), "piece_m": _("小段长度（米）"),
    "tries": _("随机次数"), "chance_pct": _("偶然机会（%）"), "least": _("至少（起）"),
}  # fmt: skip
USED_BY = {
    SpotMethod.WINDOW: ("window_years", "point_m", "section_m", "k_fatal", "k_general", "weight_summary", "weight_general",
                        "weight_injured", "weight_death"),
    SpotMethod.DENSITY: ("window_years", "point_m", "bandwidth_m", "piece_m", "tries", "chance_pct", "least"),
}  # fmt: skip
# What a run may be given otherwise than it stands in the file, with the least and the most that is not a slip of the pen.
LIMITS: dict[str, tuple[int, int]] = {
    "window_years": (1, 10), "point_m": (50, 2_000), "section_m": (100, 10_000), "k_fatal": (1, 50), "k_general": (1, 200),
    "bandwidth_m": (50, 2_000), "least": (2, 100),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One number of the definition."""

    name: str
    value: float
    source: str
    certainty: str

    @property
    def label(self) -> Any:
        return LABELS[self.name]

    @property
    def certainty_label(self) -> Any:
        return CERTAINTY[self.certainty]


@cache
def definition() -> dict[str, Setting]:
    """All numbers by name."""
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Setting(name, **one) for name, one in document.items()}


def settings_of(method: str, changed: Mapping[str, int | None]) -> dict[str, dict[str, Any]]:
    """What a run of a method is made with: name → value, source, certainty; a changed number names its own source.

    Raises:
        DomainError: a number that cannot be.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in USED_BY[SpotMethod(method)]:
        one, given = definition()[name], changed.get(name)
        if given is None or given == one.value:
            found[name] = {"value": one.value, "source": one.source, "certainty": one.certainty}
            continue
        low, high = LIMITS[name]
        if not low <= given <= high:
            raise DomainError("BAD_SETTING", f"“{LABELS[name]}”须在 {low} 至 {high} 之间。")
        found[name] = {"value": given, "source": "本次排查时填写", "certainty": "own"}
    return found
