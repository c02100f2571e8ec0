"""What a change of borders means to everybody: addresses, elements, open work, posts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Post
from addresses.models import Area, StandardAddress
from addresses.models.border import BorderMove, BorderMoveItem
from addresses.selectors.borders import border_moves, movable_grids, require_configure
from addresses.services.moving import area_ids_of, trial
from addresses.services.topology import Piece, borders_after, read_polygon
from common.errors import DomainError
from common.models import Job
from common.scope import Actor
from duty.choices import OPEN_STATES
from duty.models import WorkOrder
from elements.choices import ElementKind
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.paging import Order
from elements.services.placing import PLACE_ELEMENTS, misplaced

LIST_NAME = "border-moves"
MAX_PIECES = 40


def effects_of_move(user: Actor, move: BorderMove, today: date) -> dict[str, Any]:
    """Counts of what changes when the move is carried out now; it is carried out and taken back.

    Returns:
        {addresses, flows: [[old, new, n]], rows: [[address, old, new]], elements: {kind: n}, tasks, posts: [id], areas: [id]}.
    """
    require_configure(user)
    area_ids = area_ids_of(move)
    with trial(move) as moved:
        elements = misplaced(block_ids=area_ids, job_id=-move.pk, today=today)
    moving = [element_id for ids in elements.values() for element_id in ids]
    return {
        "addresses": moved.total,
        "flows": moved.flows,
        "rows": moved.rows,
        "elements": {kind: len(ids) for kind, ids in elements.items()},
        "tasks": WorkOrder.objects.filter(facility_id__in=moving, state__in=OPEN_STATES).count(),
        "posts": _posts(area_ids, today),
        "areas": area_ids,
    }


def _posts(area_ids: list[int], today: date) -> list[int]:
    """Posts whose ground changes: of the grids, and of the areas above them when they are not all the same."""
    rows = Area.objects.filter(pk__in=area_ids).values_list("parent_id", "parent__parent_id", "village_id")
    above = [{parent for parent, _top, _village in rows}, {top for _parent, top, _village in rows}]
    changed = {*area_ids, *(pk for level in above if len(level) > 1 for pk in level if pk)}
    villages = {village for *_above, village in rows if village}
    current = Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))
    posts = Post.objects.filter(current, Q(area_id__in=changed) | Q(village_id__in=villages), user__is_active=True)
    return list(posts.order_by("pk").values_list("pk", flat=True))


def effects_shown(user: Actor, move: BorderMove) -> dict[str, Any]:
    """The stored counts with names: flows and first rows by block, kinds in words, posts with their holders."""
    require_configure(user)
    counts = move.counts
    blocks = dict(Area.objects.filter(pk__in=counts.get("areas", [])).values_list("pk", "name"))
    rows = counts.get("rows", [])
    texts = dict(StandardAddress.objects.filter(pk__in=[r[0] for r in rows]).values_list("pk", "full_text"))
    none = _("（跨块，不归任何一块）")
    kinds = counts.get("elements", {})
    return {
        "addresses": counts.get("addresses", 0),
        "flows": [{"old": blocks.get(o, none), "new": blocks.get(n, none), "count": c} for o, n, c in counts.get("flows", [])],
        "rows": [{"text": texts.get(pk, ""), "old": blocks.get(o, none), "new": blocks.get(n, none)} for pk, o, n in rows],
        "elements": [{"label": str(ElementKind(kind).label), "count": count} for kind, count in kinds.items()],
        "element_total": sum(kinds.values()),
        "tasks": counts.get("tasks", 0),
        "posts": [
            {"name": post.user.display_name, "role": post.get_role_display(), "place": str(post.area or post.village or "")}
            for post in Post.objects.filter(pk__in=counts.get("posts", [])).select_related("user", "area", "village")
            .defer("area__geom", "village__point").order_by("role", "pk")
        ],
    }  # fmt: skip


def jobs_of_move(move: BorderMove) -> list[Job]:
    """The job that moves borders and addresses, and the one that then places the elements."""
    own = Job.objects.filter(pk=move.job_id)
    if move.done_at is None:
        return list(own)
    placing = Job.objects.filter(
        kind=PLACE_ELEMENTS, pk__gt=move.job_id, params__blocks=area_ids_of(move), created_at__gte=move.created_at
    )
    return [*own, *placing.order_by("pk")[:1]]


def moves_with_grids(user: Actor) -> QuerySet[BorderMove]:
    """Changes with their grids, without any outline: three queries."""
    items = BorderMoveItem.objects.defer("geom").order_by("area__code")
    grids = Prefetch("area", Area.objects.only("code", "name"))
    return border_moves(user).prefetch_related(Prefetch("items", items.prefetch_related(grids)))


def read_page(moves: QuerySet[BorderMove], *, order: Order, size: int, cursor: str) -> RowPage[BorderMove]:
    """A page of changes: which ones, then they with their grids."""
    return read_models(moves, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=moves)


def move_rows(moves: Sequence[BorderMove]) -> list[dict[str, Any]]:
    """{move, grids, addresses, elements} of each: what the list shows."""
    return [
        {
            "move": move,
            "grids": "、".join(item.area.name for item in move.items.all()),
            "addresses": move.counts.get("addresses", 0),
            "elements": sum(move.counts.get("elements", {}).values()),
        }
        for move in moves
    ]


def borders_of_pieces(text: str, day: date) -> dict[int, MultiPolygon]:
    """New borders from pieces drawn one after the other: `[{"geometry": …, "from": id, "to": id}, …]`.

    Raises:
        DomainError: unreadable, too many, a piece that fits nowhere.
    """
    try:
        drawn = json.loads(text or "[]")
        pieces = [(one["geometry"], int(one["from"]), int(one["to"])) for one in drawn]
    except (ValueError, KeyError, TypeError) as error:
        raise DomainError("BORDER_UNREADABLE", "划出的地块无法读取，请重新画。") from error
    if len(pieces) > MAX_PIECES:
        raise DomainError("BORDER_TOO_MANY", f"一次最多划 {MAX_PIECES} 块，请分几次调整。")
    ids = {pk for _geometry, gives, takes in pieces for pk in (gives, takes)}
    present = dict(movable_grids(day).filter(pk__in=ids).values_list("pk", "geom"))
    return borders_after([Piece(read_polygon(geometry), g, t) for geometry, g, t in pieces], present)
