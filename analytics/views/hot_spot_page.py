"""What the pages of accident-prone places show: progress, a run in words, shapes for the map."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from analytics.models import HotSpot, HotSpotRun
from analytics.query import Query
from analytics.selectors import hot_spots as reading
from analytics.selectors.black_spots import CERTAINTY, LABELS
from common import clock
from common.models import Job
from common.scope import Actor, Right
from events.choices import Procedure

_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


def progress(job: Job) -> dict[str, Any]:
    """The job for `includes/progress.html`."""
    result: dict[str, Any] = {
        "id": job.pk, "title": job.title, "state": job.state, "state_label": job.get_state_display(),
        "level": _LEVELS[Job.State(job.state)], "is_finished": job.is_finished, "percent": job.percent,
        "remaining_text": job.message or _("等待后台处理…"), "error": job.error_message, "log": [],
        "poll_url": reverse("analytics:hot-spot-progress", args=[job.pk]),
    }  # fmt: skip
    if job.state == Job.State.DONE:
        result["result_url"] = f"{reverse('analytics:hot-spots')}?run={job.counts['run']}"
    if not job.is_finished and not job.cancel_requested:
        result["cancel_url"] = reverse("analytics:hot-spot-cancel", args=[job.pk])
    return result


def run_context(run: HotSpotRun, user: Actor, area: Area | None = None) -> dict[str, Any]:
    """A run with its ranked places, what changed, and what it was made with; `area` narrows the places alone."""
    before = reading.previous_official(run, user)
    blocks = block_ids_of_areas([area.pk], clock.today()) if area else None
    query = Query("accidents", tuple((name, value) for name, value in run.query))
    is_whole = bool(run.counts.get("is_whole"))
    return {
        "run": run,
        "is_in_force": reading.is_in_force(run),
        "before": before,
        "area": area,
        "rows": _inside(reading.ranked(run, user, before), blocks),
        "gone": _inside(reading.gone_since(run, before, user), blocks),
        "span": query.span,
        "asked": {"count": query.rows(user).count(), "url": query.url},
        "left_out": reading.left_out(run, user),
        "settings": settings_rows(run),
        "is_whole": is_whole,
        "may_settle": is_whole and not run.is_official and Right.RULE in user.scope.rights,
        "places_url": reverse("analytics:hot-spot-run-places", args=[run.pk]),
    }


def _inside(rows: list[reading.SpotRow], blocks: set[int] | None) -> list[reading.SpotRow]:
    return [row for row in rows if blocks is None or row.spot.block_id in blocks]


def settings_rows(run: HotSpotRun) -> list[dict[str, Any]]:
    """Each number of a run with where it comes from."""
    return [
        {"label": LABELS[name], "value": one["value"], "source": one["source"], "certainty": CERTAINTY[one["certainty"]],
         "is_sure": one["certainty"] == "found"}
        for name, one in sorted(run.settings.items(), key=lambda pair: list(LABELS).index(pair[0]))
    ]  # fmt: skip


def spot_context(spot: HotSpot, user: Actor) -> dict[str, Any]:
    """One place, its grounds, its accidents."""
    (row,) = reading.rows_of([spot], user)
    trail = [{"label": _("多发点段"), "url": f"{reverse('analytics:hot-spots')}?run={spot.run_id}"}]
    return {
        "page_title": row.place, "breadcrumbs": trail, "row": row, "run": spot.run,
        "accidents": reading.accidents_of(spot, user), "places_url": reverse("analytics:hot-spot-places", args=[spot.pk]),
    }  # fmt: skip


def places_of_spot(spot: HotSpot, user: Actor) -> dict[str, Any]:
    """The road, the stretch and its accidents."""
    features = [_feature(line, "road", label) for label, line in reading.roads_of([spot])]
    features.append(_feature(spot.geom, "line", reading.rows_of([spot], user)[0].place))
    features += [_accident(one) for one in reading.accidents_of(spot, user) if one.point]
    return {"type": "FeatureCollection", "features": features}


def places_of_run(run: HotSpotRun, user: Actor) -> dict[str, Any]:
    """All roads with places of a run in the reader's scope, and these."""
    spots = reading.spots_of(run, user)
    rows = reading.rows_of(spots, user)
    features = [_feature(line, "road", label) for label, line in reading.roads_of(spots)]
    features += [_feature(row.spot.geom, "line", f"{row.spot.rank}. {row.place}") for row in rows]
    return {"type": "FeatureCollection", "features": features}


def _accident(one: Any) -> dict[str, Any]:
    words = [f"{timezone.localtime(one.occurred_at):%Y-%m-%d %H:%M}", str(one.get_procedure_display())]
    words += [_("死亡 %(n)s") % {"n": one.deaths}] if one.deaths else []
    words += [_("受伤 %(n)s") % {"n": one.injured}] if one.injured else []
    return _feature(one.point, "other" if one.procedure == Procedure.GENERAL else "address", " ".join(words))


def _feature(shape: Any, role: str, label: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": json.loads(shape.geojson),
        "properties": {"role": role, "label": label},
    }
