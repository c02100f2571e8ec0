"""What moved with a merge, in words; the same words stand in the preview, on the pages and in the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.errors import NotVisible
from common.masking import mask_plate
from common.scope import Actor
from elements.choices import KeyScheme
from elements.models import Element, Merge, MergeLineage
from elements.selectors.duplicates import visible_merges
from elements.selectors.masking import mask_vin, may_read_names, shown_label

# Every column of `elements.services.merges.hanging_columns`, and what a merge closes. A test holds them equal.
MOVED_WORDS = {
    ("elements_elementkey", "element_id"): _("键"),
    ("elements_claimlog", "element_id"): _("声明记录"),
    ("elements_personclaim", "element_id"): _("来源现行取值"),
    ("elements_vehicleclaim", "element_id"): _("来源现行取值"),
    ("elements_unitclaim", "element_id"): _("来源现行取值"),
    ("elements_houseclaim", "element_id"): _("来源现行取值"),
    ("elements_roadclaim", "element_id"): _("来源现行取值"),
    ("elements_facilityclaim", "element_id"): _("来源现行取值"),
    ("elements_finding", "element_id"): _("疑点"),
    ("elements_finding", "other_id"): _("别的要素与它之间的疑点"),
    ("elements_finding", "closed_at"): _("因合并了结的疑点"),
    ("elements_nogorule", "road_id"): _("禁行规定"),
    ("elements_nogopermit", "vehicle_id"): _("禁行通行证"),
    ("elements_photo", "element_id"): _("照片"),
    ("duty_inspection", "facility_id"): _("巡检记录"),
    ("duty_workorder", "facility_id"): _("工单"),
    ("tagging_assignment", "element_id"): _("标签记录"),
    ("tagging_grade", "element_id"): _("等级"),
    ("tagging_gradeoverride", "element_id"): _("人工定级"),
    ("tagging_alert", "element_id"): _("预警"),
    ("tagging_alertmute", "element_id"): _("预警静默"),
    ("analytics_hotspot", "road_id"): _("事故多发点段"),
    ("analytics_risksheet", "element_id"): _("风险评估表"),
    ("events_accident", "road_id"): _("交通事故"),
    ("events_accidentparty", "vehicle_id"): _("事故当事人"),
    ("events_accidentparty", "person_id"): _("事故当事人"),
    ("events_violation", "vehicle_id"): _("交通违法"),
    ("events_violation", "person_id"): _("交通违法"),
    ("events_violation", "road_id"): _("交通违法"),
    ("events_incident", "vehicle_id"): _("警情"),
    ("events_incident", "road_id"): _("警情"),
    ("events_capture", "vehicle_id"): _("过车记录"),
    ("events_tracker", "vehicle_id"): _("定位终端"),
}
# Kept as a blind index: nobody can read them back.
_HASHED = frozenset({KeyScheme.CITIZEN_ID, KeyScheme.FILE_NO})


def moved_counts(lineage: Iterable[MergeLineage]) -> list[dict[str, Any]]:
    """{label, count} of what moved, in the order of the words above."""
    numbers = {(row.table, row.column): len(row.row_ids) for row in lineage}
    unknown = [place for place in numbers if place not in MOVED_WORDS]
    return [
        {"label": MOVED_WORDS.get(place, place[0]), "count": numbers[place]}
        for place in (*MOVED_WORDS, *unknown)
        if place in numbers
    ]


def moved_text(lineage: Iterable[MergeLineage]) -> str:
    """声明记录 5、键 2."""
    return "、".join(f"{one['label']} {one['count']}" for one in moved_counts(lineage))


def worded_key(scheme: int, value: str, *, in_full: bool) -> dict[str, Any]:
    """{scheme, value} of a key as this reader sees it; `value` is "" where only a hash is kept."""
    kind = KeyScheme(scheme)
    if kind in _HASHED:
        shown = ""
    elif kind == KeyScheme.PLATE:
        plate = value.partition(":")[2]
        shown = plate if in_full else mask_plate(plate)
    else:
        shown = mask_vin(value) if kind == KeyScheme.VIN and not in_full else value
    return {"scheme": str(kind.label), "value": shown}


def visible_merge(merge_id: int, user: Actor) -> Merge:
    """One merge with both elements: one query.

    Raises:
        NotVisible: there is none, or what remains of it lies outside the scope.
    """
    merge = visible_merges(user).filter(pk=merge_id).first()
    if merge is None:
        raise NotVisible
    return merge


def later_merge(merge: Merge) -> Merge | None:
    """The merge in force that took the remaining element on: it is to be undone first."""
    return Merge.objects.filter(drop_id=merge.keep_id, undone_at__isnull=True).exclude(pk=merge.pk).first()


def merges_of(element: Element, user: Actor) -> QuerySet[Merge]:
    """Merges that the element stayed in, newest first."""
    return visible_merges(user).filter(keep=element).prefetch_related("lineage")


def merge_of(element: Element, user: Actor) -> Merge | None:
    """The merge in force by which the element went; None when the reader may not see what it went into."""
    return visible_merges(user).filter(drop=element, undone_at__isnull=True).first()


def dropped_labels(merges: Iterable[Merge], user: Actor) -> dict[int, tuple[str, bool]]:
    """Merge id → (what went was called, whether its page opens for the reader): one query.

    What was merged away lies in no block of its own; while the merge stands its name is told with that of what remains,
    whose claims are the same. After an undo it is told to who may see it.
    """
    rows = list(merges)
    visible = set(
        Element.objects.visible_to(user).filter(pk__in=[m.drop_id for m in rows]).values_list("pk", flat=True)
    )
    in_full = may_read_names(user)
    return {
        merge.pk: (
            shown_label(merge.drop.kind, merge.drop.label, in_full=in_full)
            if merge.undone_at is None or merge.drop_id in visible
            else "",
            merge.drop_id in visible,
        )
        for merge in rows
    }
