"""One search: accidents and roads out of the database into arrays, places back as rows. Heavy libraries: for jobs only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.ops
from django.contrib.gis.db.models.functions import AsWKB, Transform
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet

from analytics.choices import SpotKind, SpotMethod
from analytics.hotspots.accidents import Accidents, Weights
from analytics.hotspots.density import DensitySettings, Peak, find_peaks
from analytics.hotspots.network import Network, build_network
from analytics.hotspots.placing import REASONS, Roads, place
from analytics.hotspots.window import Definition, find_stretches
from analytics.models import HotSpot
from common.errors import DomainError
from common.geometry import METRIC_SRID, SRID
from elements.models import Road
from events.choices import EventPlaceQuality, Procedure
from events.models import Accident

# A fixed start of the random strewing: the same accidents give the same places.
_SEED = 20260101
_SURVEYED = (EventPlaceQuality.EXACT, EventPlaceQuality.NUMBER)


@dataclass(frozen=True, slots=True)
class Read:
    """What a search works on; arrays hold only accidents that have a place.

    Attributes:
        accidents: `at_m` in stakes, or metres from the beginning of the line where the road has none.
        line_m: metres along the line.
        ids, blocks: of the accidents.
        roads, road_ids: the lines; element ids by number of the road.
        counts: `asked` for, `placed`, and `left`: ids of those left out, by reason.
    """

    accidents: Accidents
    line_m: np.ndarray
    ids: np.ndarray
    blocks: np.ndarray
    roads: Roads
    road_ids: list[int]
    counts: dict[str, Any]


def read_accidents(rows: QuerySet[Accident]) -> Read:
    """Accidents of a query on the road network.

    Raises:
        DomainError: there are none, there are no roads, or none lies on a road.
    """
    found = list(
        rows.order_by("pk").annotate(metric=AsWKB(Transform("point", METRIC_SRID))).values_list(
            "pk", "block_id", "road_id", "stake_m", "metric", "place_quality", "procedure", "deaths", "injured"
        )
    )  # fmt: skip
    if not found:
        raise DomainError("NO_ACCIDENTS", "这段时间、这一范围内没有事故，无从排查。请放宽年限或范围，或先导入事故。")
    ids, blocks, named, stakes, points, quality, procedure, deaths, injured = zip(*found, strict=True)
    road_ids, roads = _roads()
    if not road_ids:
        raise DomainError("NO_ROADS", "道路还没有线形，事故无处落点。请先导入道路线形。")
    number = {pk: n for n, pk in enumerate(road_ids)}
    surveyed = [bytes(one) if one and q in _SURVEYED else None for one, q in zip(points, quality, strict=True)]
    placed = place(
        roads, np.array([number.get(pk, -1) for pk in named], dtype=np.int64),
        np.array([np.nan if m is None else m for m in stakes], dtype=np.float64), shapely.from_wkb(np.array(surveyed, dtype=object)),
    )  # fmt: skip
    which = placed.is_placed
    every = np.array(ids)
    left = {reason: every[placed.reason == reason].tolist() for reason in REASONS}
    counts = {
        "asked": len(found),
        "placed": int(which.sum()),
        "left": {name: held for name, held in left.items() if held},
    }
    if not which.any():
        raise DomainError(
            "NONE_PLACED",
            f"{len(found)} 起事故都没有落到道路上（没有坐标，也没有道路和桩号），无从排查。请先补录位置。",
        )
    road, share = placed.road[which], placed.share[which]
    accidents = Accidents(
        road, roads.metres_of(road, share), np.array([p == Procedure.GENERAL for p in procedure], dtype=np.int64)[which],
        np.array([d or 0 for d in deaths], dtype=np.int64)[which], np.array([i or 0 for i in injured], dtype=np.int64)[which],
    )  # fmt: skip
    line_m = share * shapely.length(roads.lines)[road]
    return Read(accidents, line_m, every[which], np.array(blocks)[which], roads, road_ids, counts)


def _roads() -> tuple[list[int], Roads]:
    """Whole standing roads of the city: the network does not end where somebody's scope does."""
    rows = (
        Road.objects.exclude(is_section=True)
        .filter(line__isnull=False, element__is_withdrawn=False, element__merged_into__isnull=True)
        .order_by("pk")
        .annotate(metric=AsWKB(Transform("line", METRIC_SRID)))
        .values_list("pk", "metric", "stake_from_m", "stake_to_m")
    )
    found = [(pk, bytes(line), begin, end) for pk, line, begin, end in rows]
    lines = shapely.from_wkb(np.array([one[1] for one in found], dtype=object))
    begins, ends = ([np.nan if one[n] is None else one[n] for one in found] for n in (2, 3))
    return [one[0] for one in found], Roads(lines, np.array(begins, dtype=np.float64), np.array(ends, dtype=np.float64))


def found_spots(method: str, read: Read, values: dict[str, Any]) -> list[HotSpot]:
    """Unsaved places in their order, by the definition or by density."""
    spots = _by_window(read, values) if method == SpotMethod.WINDOW else _by_density(read, values)
    for rank, spot in enumerate(spots, 1):
        spot.rank = rank
    return spots


def _by_window(read: Read, values: dict[str, Any]) -> list[HotSpot]:
    weights = Weights(*(float(values[f"weight_{name}"]) for name in ("summary", "general", "injured", "death")))
    definition = Definition(values["point_m"], values["section_m"], values["k_fatal"], values["k_general"], weights)
    found = []
    for one in find_stretches(read.accidents, definition):
        spot = _spot(read, one.members, is_point=one.is_point, score=one.score)
        spot.grounds = _grounds(spot, read, one.members, values, is_point=one.is_point)
        spot.geom = _geometry([_part(read, one.road, one.members)])
        found.append(spot)
    return found


def _grounds(
    spot: HotSpot, read: Read, members: Sequence[int], values: dict[str, Any], *, is_point: bool
) -> list[dict[str, Any]]:
    """Which limbs of the definition are met."""
    fatal = int((read.accidents.deaths[list(members)] > 0).sum())
    within = values["point_m"] if is_point else values["section_m"]
    limbs = (("FATAL", fatal, values["k_fatal"]), ("GENERAL", spot.general, values["k_general"]))
    return [{"rule": rule, "k": k, "within_m": within} for rule, count, k in limbs if count >= k]


def _by_density(read: Read, values: dict[str, Any]) -> list[HotSpot]:
    network = build_network(list(read.roads.lines), values["piece_m"])
    settings = DensitySettings(
        values["bandwidth_m"], values["tries"], values["chance_pct"] / 100, values["least"], _SEED
    )
    peaks = find_peaks(network, network.locate(read.accidents.road, read.line_m), settings)
    return [_peak(read, network, peak, values) for peak in peaks]


def _peak(read: Read, network: Network, peak: Peak, values: dict[str, Any]) -> HotSpot:
    pieces = list(peak.pieces)
    length = float(network.length_m[pieces].sum())
    spot = _spot(read, peak.members, is_point=length <= values["point_m"], score=peak.score)
    own = [piece for piece in pieces if read.road_ids[network.road[piece]] == spot.road_id]
    begin, end = network.from_m[own].min(), network.to_m[own].max()
    lines = shapely.length(read.roads.lines)
    number = int(network.road[own[0]])
    spot.from_m, spot.to_m = (
        round(float(one))
        for one in read.roads.metres_of(np.array([number] * 2), np.array([begin, end]) / lines[number])
    )
    spot.grounds = [{"rule": "DENSITY", "per_km": round(peak.score, 1), "bandwidth_m": values["bandwidth_m"]}]
    spot.geom = _geometry([
        shapely.ops.substring(read.roads.lines[network.road[piece]], network.from_m[piece], network.to_m[piece])
        for piece in pieces
    ])  # fmt: skip
    return spot


def _spot(read: Read, members: Sequence[int], *, is_point: bool, score: float) -> HotSpot:
    """A place without grounds and shape; its road is that of most of its accidents, and so is its block."""
    held = list(members)
    taken = read.accidents.taken(np.array(held))
    road = int(np.bincount(taken.road).argmax())
    at = taken.at_m[taken.road == road]
    general = int(taken.general.sum())
    return HotSpot(
        kind=SpotKind.POINT if is_point else SpotKind.SECTION, road_id=read.road_ids[road], score=score,
        from_m=round(float(at.min())), to_m=round(float(at.max())),
        block_id=Counter(read.blocks[held].tolist()).most_common(1)[0][0],
        general=general, summary=len(held) - general, deaths=int(taken.deaths.sum()), injured=int(taken.injured.sum()),
        accidents=sorted(read.ids[held].tolist()),
    )  # fmt: skip


def _part(read: Read, road: int, members: Sequence[int]) -> shapely.Geometry:
    """The part of a road between its outermost accidents."""
    at = read.line_m[list(members)]
    return shapely.ops.substring(read.roads.lines[road], float(at.min()), float(at.max()))


def _geometry(parts: list[shapely.Geometry]) -> GEOSGeometry:
    """Metric parts as one WGS84 shape: a point where all accidents are at one metre."""
    merged = parts[0] if len(parts) == 1 else shapely.line_merge(shapely.union_all(parts))
    shape = GEOSGeometry(memoryview(shapely.to_wkb(merged)), srid=METRIC_SRID)
    shape.transform(SRID)
    return shape
