"""Accident-prone places as pages and machines read them: runs, ranked places with their accidents, what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.models import Area
from analytics.models import HotSpot, HotSpotRun
from analytics.query import Query
from common.errors import NotVisible
from common.scope import Actor, Right
from elements.models import Road
from elements.selectors.columns import stake_text
from events.choices import Procedure
from events.models import Accident

LEFT_OUT = {
    "NO_ROAD": gettext_lazy("没有落到任何道路上"), "ROAD_ONLY": gettext_lazy("只知道路，没有可用的桩号或坐标"),
    "FAR": gettext_lazy("坐标离所记道路超过 100 米"),
}  # fmt: skip


def visible_runs(user: Actor) -> Any:
    """Runs that are or were in force, and one's own; who writes rules sees all."""
    if Right.READ not in user.scope.rights:
        return HotSpotRun.objects.none()
    if Right.RULE in user.scope.rights:
        return HotSpotRun.objects.all()
    return HotSpotRun.objects.filter(Q(is_official=True) | Q(owner_id=user.pk))


def run_shown(user: Actor, *, method: str, run_id: str = "") -> HotSpotRun | None:
    """The run asked for, else the one in force of the method, else none.

    Raises:
        NotVisible: there is no such run, or it is somebody else's.
    """
    runs = visible_runs(user)
    if run_id:
        found = runs.filter(pk=int(run_id)).first() if run_id.isdecimal() and len(run_id) < 18 else None
        if found is None:
            raise NotVisible
        return found  # type: ignore[no-any-return]
    return runs.filter(method=method, is_official=True).order_by("-as_of", "-pk").first()  # type: ignore[no-any-return]


def is_in_force(run: HotSpotRun) -> bool:
    """Whether it is the result in force of its method: official, and no later one is."""
    if not run.is_official:
        return False
    return not HotSpotRun.objects.filter(method=run.method, is_official=True, as_of__gt=run.as_of).exists()


def previous_official(run: HotSpotRun, user: Actor) -> HotSpotRun | None:
    """What was in force before a run of the whole city; one of a part is compared with nothing: the rest would seem gone."""
    if not run.counts.get("is_whole"):
        return None
    earlier = visible_runs(user).filter(method=run.method, is_official=True, as_of__lt=run.as_of)
    return earlier.order_by("-as_of", "-pk").first()  # type: ignore[no-any-return]


@dataclass(slots=True)
class SpotRow:
    """One place for one reader: counts are those of the accidents that the reader may see and that still stand.

    Attributes:
        place: road and stretch in words.
        change: new, still, or blank where nothing is compared.
        hidden: accidents behind the place that the reader does not see.
    """

    spot: HotSpot
    place: str
    area: str
    grounds: list[str]
    general: int = 0
    summary: int = 0
    fatal: int = 0
    hurt: int = 0
    deaths: int = 0
    injured: int = 0
    change: str = ""
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        return len(self.spot.accidents) - self.general - self.summary


def ranked(run: HotSpotRun, user: Actor, before: HotSpotRun | None) -> list[SpotRow]:
    """Places of a run in the reader's scope with their accidents, marked against an earlier run."""
    rows = rows_of(list(_spots(run, user)), user)
    if before is not None:
        earlier = _stretches(before)
        for row in rows:
            row.change = "still" if any(_is_same(row.spot, one) for one in earlier) else "new"
    return rows


def gone_since(run: HotSpotRun, before: HotSpotRun | None, user: Actor) -> list[SpotRow]:
    """Places of the earlier run in the reader's scope that the later one has no more."""
    if before is None:
        return []
    later = _stretches(run)
    return rows_of([one for one in _spots(before, user) if not any(_is_same(one, spot) for spot in later)], user)


def _stretches(run: HotSpotRun) -> list[HotSpot]:
    """All places of a run, of which only is told whether one of them is the same: one that moved beyond a border is not gone."""
    return list(HotSpot.objects.filter(run=run).only("road_id", "from_m", "to_m", "accidents"))


def spot_of(spot_id: int, user: Actor) -> HotSpot:
    """A place with its run and shape.

    Raises:
        NotVisible: there is none, or the reader sees neither it nor its run.
    """
    found = (
        HotSpot.objects.visible_to(user).filter(pk=spot_id, run__in=visible_runs(user)).select_related("run", "road")
    )
    spot: HotSpot | None = found.first()
    if spot is None:
        raise NotVisible
    return spot


def spots_of(run: HotSpotRun, user: Actor) -> list[HotSpot]:
    """Places of a run in the reader's scope with their shapes, by rank."""
    return list(HotSpot.objects.visible_to(user).filter(run=run).select_related("road").order_by("rank"))


def roads_of(spots: Sequence[HotSpot]) -> list[tuple[str, Any]]:
    """(name, line) of the roads that places lie on: what a map shows below them."""
    rows = Road.objects.filter(pk__in={spot.road_id for spot in spots}, line__isnull=False).order_by("pk")
    return list(rows.values_list("element__label", "line"))


def accidents_of(spot: HotSpot, user: Actor) -> list[Accident]:
    """Accidents behind a place that the reader may see, the newest first."""
    rows = _standing(user, spot.accidents)
    return list(
        rows.order_by("-occurred_at", "-pk").only("pk", "occurred_at", "procedure", "deaths", "injured", "point")
    )


def left_out(run: HotSpotRun, user: Actor) -> list[dict[str, Any]]:
    """How many accidents of the reader's scope had no place on a road, by reason, each with the list of them."""
    left = run.counts.get("left", {})
    ids = [pk for held in left.values() for pk in held]
    seen = set(_standing(user, ids).values_list("pk", flat=True)) if ids else set()
    rows = [{"reason": text, "count": len(seen & set(left[key])), "url": Query.of("accidents", left_out=f"{run.pk}-{key}").url}
            for key, text in LEFT_OUT.items() if key in left]  # fmt: skip
    return [row for row in rows if row["count"]]


def left_out_ids(text: str, user: Actor) -> list[int]:
    """Accidents that a run could not place, of `<run>-<reason>`; none of a run that the reader may not see."""
    number, _dash, reason = text.partition("-")
    if not (number.isdecimal() and len(number) < 18):
        return []
    counts = visible_runs(user).filter(pk=int(number)).values_list("counts", flat=True).first() or {}
    found: list[int] = counts.get("left", {}).get(reason, [])
    return found


def spot_ids(spot_id: int, user: Actor) -> list[int]:
    """Accidents behind a place; none of a place that the reader may not see."""
    found = HotSpot.objects.visible_to(user).filter(pk=spot_id, run__in=visible_runs(user))
    return found.values_list("accidents", flat=True).first() or []


def _standing(user: Actor, ids: Sequence[int]) -> Any:
    return Accident.objects.visible_to(user).filter(pk__any=ids, is_withdrawn=False)


def stretch_text(spot: HotSpot, is_staked: bool) -> str:
    """`K12+300–K14+100`, or metres from the beginning of a street without stakes."""
    if spot.from_m is None or spot.to_m is None:
        return ""
    if is_staked:
        ends = [stake_text(spot.from_m), stake_text(spot.to_m)]
        return ends[0] if spot.from_m == spot.to_m else "–".join(ends)
    if spot.from_m == spot.to_m:
        return _("距起点 %(at)s 米") % {"at": spot.from_m}
    return _("距起点 %(from)s–%(to)s 米") % {"from": spot.from_m, "to": spot.to_m}


def _spots(run: HotSpotRun, user: Actor) -> Any:
    return HotSpot.objects.visible_to(user).filter(run=run).select_related("road").defer("geom").order_by("rank")


def rows_of(spots: Sequence[HotSpot], user: Actor) -> list[SpotRow]:
    """Places with their figures for a reader, in the order given."""
    staked = _staked({spot.road_id for spot in spots})
    areas = dict(Area.objects.filter(pk__in={spot.block_id for spot in spots}).values_list("pk", "parent__name"))
    rows = []
    for spot in spots:
        road = spot.road.label if spot.road else ""
        place = f"{road or _('（无名道路）')} {stretch_text(spot, spot.road_id in staked)}".strip()
        rows.append(SpotRow(spot, place, areas.get(spot.block_id) or "", [_ground(one) for one in spot.grounds]))
    _count(rows, user)
    return rows


def _staked(roads: Iterable[int | None]) -> set[int]:
    return set(
        Road.objects.filter(pk__in=[pk for pk in roads if pk], stake_to_m__isnull=False).values_list("pk", flat=True)
    )


def _count(rows: list[SpotRow], user: Actor) -> None:
    """Counts the accidents of all places in one query and links each figure to exactly these."""
    ids = sorted({pk for row in rows for pk in row.spot.accidents})
    found = _standing(user, ids).values_list("pk", "procedure", "deaths", "injured") if ids else []
    seen = {pk: rest for pk, *rest in found}
    for row in rows:
        for procedure, deaths, injured in (seen[pk] for pk in row.spot.accidents if pk in seen):
            is_general = procedure == Procedure.GENERAL
            row.general, row.summary = row.general + is_general, row.summary + (not is_general)
            row.deaths, row.fatal = row.deaths + (deaths or 0), row.fatal + bool(deaths)
            row.injured, row.hurt = row.injured + (injured or 0), row.hurt + bool(injured)
        query = Query.of("accidents", hot_spot=str(row.spot.pk))
        row.urls = {
            "general": query.narrowed(procedure=Procedure.GENERAL).url,
            "summary": query.narrowed(procedure=Procedure.SUMMARY).url,
            "fatal": query.narrowed(is_fatal="true").url, "hurt": query.narrowed(is_injury="true").url, "all": query.url,
        }  # fmt: skip


def _ground(one: dict[str, Any]) -> str:
    """Why it is one, in words."""
    if one["rule"] == "DENSITY":
        return _("带宽 %(m)s 米，峰值每公里 %(peak)s 起，高于本道路随机分布的阈值") % {
            "m": one["bandwidth_m"],
            "peak": one["per_km"],
        }
    values = {"m": one["within_m"], "k": one["k"]}
    if one["rule"] == "FATAL":
        return _("%(m)s 米内死亡事故达 %(k)s 起") % values
    return _("%(m)s 米内一般程序事故达 %(k)s 起") % values


def _is_same(one: HotSpot, two: HotSpot) -> bool:
    """The same road, and stretches that touch."""
    if one.road_id is None or one.road_id != two.road_id or None in (one.from_m, one.to_m, two.from_m, two.to_m):
        return bool(set(one.accidents) & set(two.accidents))
    return bool(one.from_m <= two.to_m and two.from_m <= one.to_m)  # type: ignore[operator]
