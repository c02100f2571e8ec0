"""Everything about one element, for its page and its card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from addresses.choices import ACCEPTED, AddressLevel
from addresses.models import Area
from common.errors import NotVisible
from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.kinds import KINDS
from elements.models import ClaimLog, ClaimSupport, Element, ElementAddress, Finding, Relation
from elements.selectors.masking import may_read_names, shown_label

LOG_LIMIT = 200
# Relation names of a kind's detail tables, in the order of its parts.
_PARTS = {
    ElementKind.PERSON: ("person", "licence"),
    ElementKind.VEHICLE: ("vehicle",),
    ElementKind.UNIT: ("unit",),
    ElementKind.HOUSE: ("house",),
    ElementKind.ROAD: ("road",),
    ElementKind.FACILITY: ("facility", "danger"),
}
_INVERSE_LABELS = {
    RelationType.OWNED_BY: _("名下"),
    RelationType.DRIVEN_BY: _("经常驾驶"),
    RelationType.PARKS_AT: _("停放车辆"),
    RelationType.LED_BY: _("任法定代表人"),
    RelationType.EMPLOYED_BY: _("从业人员"),
    RelationType.LIVES_IN: _("居住人员"),
    RelationType.KEPT_BY: _("管养"),
    RelationType.SECTION_OF: _("路段"),
}


def visible_element(element_id: int, user: Actor) -> Element:
    """The element with its block, district, squadron and detail tables: one query.

    Raises:
        NotVisible: it does not exist or lies outside the user's scope: one answer for both.
    """
    parts = [name for names in _PARTS.values() for name in names]
    element = (
        Element.objects.visible_to(user)
        .select_related("block__parent__parent", *parts)
        .defer("block__geom", "block__parent__geom", "block__parent__parent__geom")
        .filter(pk=element_id)
        .first()
    )
    if element is None:
        raise NotVisible
    return element


def folded_values(element: Element) -> dict[str, Any]:
    """Field → value of the detail tables; an optional table without a row gives nothing."""
    values: dict[str, Any] = {}
    for name, part in zip(_PARTS[ElementKind(element.kind)], KINDS[element.kind].parts, strict=True):
        row = getattr(element, name, None)
        if row is not None:
            values |= {field: getattr(row, field) for field in part.fields}
    return values


@dataclass(frozen=True, slots=True)
class Related:
    """One relation as the reader sees it: without label and id where the other lies outside the scope."""

    type: str
    kind: str
    label: str | None
    element_id: int | None
    sources: tuple[str, ...]
    observed_at: datetime

    @property
    def is_visible(self) -> bool:
        return self.element_id is not None


def relation_label(relation_type: str, *, is_subject: bool) -> str:
    """What the other side of a relation is to the element: 所有人 read from the subject, 名下 from the object."""
    sort = RelationType(relation_type)
    return str(sort.label) if is_subject else str(_INVERSE_LABELS[sort])


def relations(element: Element, user: Actor) -> list[Related]:
    """Relations of the element in both directions: two queries, and one for each kind that speaks of them."""
    rows = list(
        Relation.objects.filter(Q(subject=element) | Q(object=element))
        .select_related("subject", "object", "source")
        .order_by("type", "pk")[:LOG_LIMIT]
    )
    others = {row.object_id if row.subject_id == element.pk else row.subject_id for row in rows}
    visible = set(Element.objects.visible_to(user).filter(pk__in=others).values_list("pk", flat=True))
    when = said_at(rows)
    in_full = may_read_names(user)
    grouped: dict[tuple[str, int], Related] = {}
    for row in rows:
        is_subject = row.subject_id == element.pk
        other = row.object if is_subject else row.subject
        label = relation_label(row.type, is_subject=is_subject)
        known = grouped.get((label, other.pk))
        observed_at = when[row.subject_id, row.source_id]
        grouped[label, other.pk] = Related(
            type=label,
            kind=str(other.get_kind_display()),
            label=shown_label(other.kind, other.label, in_full=in_full) if other.pk in visible else None,
            element_id=other.pk if other.pk in visible else None,
            sources=((*known.sources, row.source.name) if known else (row.source.name,)),
            observed_at=max(known.observed_at, observed_at) if known else observed_at,
        )
    return list(grouped.values())


def said_at(rows: list[Relation]) -> dict[tuple[int, int], datetime]:
    """When each source last said what it says of each subject."""
    subjects: dict[str, set[int]] = {}
    for row in rows:
        subjects.setdefault(row.subject.kind, set()).add(row.subject_id)
    return {
        (subject_id, source_id): observed_at
        for kind, ids in subjects.items()
        for subject_id, source_id, observed_at in KINDS[kind]
        .claim_model._default_manager.filter(element_id__in=ids)
        .values_list("element_id", "source_id")
        .annotate(latest=Max("observed_at"))
    }


@dataclass(frozen=True, slots=True)
class AddressOnPage:
    """One address of an element: what was written, what it was read as, and why."""

    role: str
    text: str
    status: str
    status_label: str
    is_accepted: bool
    standard: str
    code: str
    level: int | None
    block_id: int | None
    block: str
    district: str
    confidence: float
    steps: list[dict[str, Any]]
    faults: list[Any]
    candidates: list[dict[str, Any]]
    point: Any


def addresses(element: Element) -> list[AddressOnPage]:
    """Addresses in the kind's order of roles: one query."""
    order = [role.value for role, _field in KINDS[element.kind].address_fields]
    rows = (
        ElementAddress.objects.filter(element=element)
        .select_related("text__address__block__parent")
        .defer("text__address__block__geom", "text__address__block__parent__geom")
    )
    return [_address(row) for row in sorted(rows, key=lambda r: order.index(r.role) if r.role in order else len(order))]


def _address(row: ElementAddress) -> AddressOnPage:
    text = row.text
    node = text.address if text.status in ACCEPTED else None
    block = node.block if node else None
    explanation = text.explanation or {}
    return AddressOnPage(
        role=str(row.get_role_display()),
        text=text.text,
        status=text.status,
        status_label=str(text.get_status_display()),
        is_accepted=node is not None,
        standard=node.full_text if node else "",
        code=node.code if node else "",
        level=node.level if node else None,
        block_id=node.block_id if node else None,
        block=block.name if block else "",
        district=block.parent.name if block and block.parent else "",
        confidence=text.confidence,
        steps=[{**step, "level_label": level_label(step["level"])} for step in explanation.get("steps", [])],
        faults=explanation.get("faults", []),
        candidates=explanation.get("candidates", []),
        point=node.point if node else None,
    )


def level_label(level: str) -> str:
    """Chinese name of an address level of the engine (`town` … `room`); what is no level stays."""
    names = {one.name.lower(): str(one.label) for one in AddressLevel}
    return names.get(level, level)


def findings(element: Element, user: Actor) -> list[dict[str, Any]]:
    """Open and settled findings, newest first, the other element only where the reader may see it: two queries."""
    rows = list(Finding.objects.filter(element=element).order_by("closed_at", "-opened_at")[:LOG_LIMIT])
    others = {row.other_id for row in rows if row.other_id}
    visible = set(Element.objects.visible_to(user).filter(pk__in=others).values_list("pk", flat=True))
    return [
        {
            "label": row.get_kind_display(),
            "scheme": row.get_scheme_display(),
            "opened_at": row.opened_at,
            "is_open": row.closed_at is None,
            "other_id": row.other_id if row.other_id in visible else None,
            "has_other": row.other_id is not None,
            "row_number": row.row_number,
        }
        for row in rows
    ]


def claim_log(element: Element) -> QuerySet[ClaimLog]:
    """Claims about the element, newest first, each with `is_standing`: some row still supports it."""
    supports = ClaimSupport.objects.filter(claim=OuterRef("pk"), withdrawn_at__isnull=True)
    return (
        ClaimLog.objects.filter(element=element)
        .select_related("source")
        .annotate(is_standing=Exists(supports))
        .order_by("-observed_at", "-pk")[:LOG_LIMIT]
    )


def places(element: Element) -> dict[str, Any]:
    """GeoJSON of the element's point and line, its addresses' points and its block, for the small map: two queries."""
    features = []
    block = Area.objects.filter(pk=element.block_id).only("geom", "name").first()
    if block is not None and block.geom is not None:
        features.append(_feature(block.geom, role="block", label=block.name))
    features += [
        _feature(address.point, role="address", label=f"{address.role}：{address.standard}")
        for address in addresses(element)
        if address.point is not None
    ]
    road = getattr(element, "road", None)
    if road is not None and road.line is not None:
        features.append(_feature(road.line, role="line", label=element.label))
    if element.point is not None:
        features.append(_feature(element.point, role="element", label=str(element.get_place_quality_display())))
    return {"type": "FeatureCollection", "features": features}


def _feature(geometry: Any, *, role: str, label: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": geometry.geom_type, "coordinates": geometry.coords},
        "properties": {"role": role, "label": label},
    }
