"""Risk sheets that somebody may see, and who can be made responsible in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from accounts.choices import Role
from addresses.choices import AreaKind
from addresses.models import Area
from analytics.choices import RiskSubject
from analytics.models import RiskSheet
from analytics.querysets import RiskSheetQuerySet
from analytics.selectors.reports import covered_areas
from common.errors import NotVisible
from common.scope import Actor, Right
from elements.choices import ElementKind
from elements.models import Element
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.paging import Order

LIST_NAME = "risk-sheets"
KINDS = {ElementKind.ROAD: RiskSubject.ROAD, ElementKind.UNIT: RiskSubject.UNIT}
_ROLE_OF_AREA = {
    AreaKind.SQUADRON: Role.SQUADRON, AreaKind.DISTRICT: Role.OFFICER, AreaKind.GRID: Role.COORDINATOR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """A post that a measure can be given to: whoever holds it then; no area = the brigade."""

    role: Role
    area: Area | None

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.role}:{self.area.pk if self.area else ''}"

    @property
    def label(self) -> str:
        return f"{self.area.name} · {self.role.label}" if self.area else str(self.role.label)


def visible_sheets(user: Actor) -> RiskSheetQuerySet:
    """Sheets of elements in the reader's scope and of districts that lie wholly inside it."""
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        return RiskSheet.objects.none()
    if scope.all_blocks:
        return RiskSheet.objects.all()
    districts = covered_areas(scope).filter(kind=AreaKind.DISTRICT).values("pk")
    return RiskSheet.objects.filter(Q(element__block_id__any=scope.block_ids) | Q(area_id__in=districts))


def visible_sheet(sheet_id: int, user: Actor) -> RiskSheet:
    """One sheet with its subject.

    Raises:
        NotVisible: there is none, or its subject is not the reader's.
    """
    sheet = visible_sheets(user).select_related("element__block", "area").filter(pk=sheet_id).first()
    if sheet is None:
        raise NotVisible
    return sheet


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(RiskSheet, text, usual="-as_of", sortable=("as_of",))


def read_page(sheets: QuerySet[RiskSheet], *, order: Order, size: int, cursor: str) -> RowPage[RiskSheet]:
    """A page of the list: `subject`, `place`, and how many measures are `planned` and `done`."""
    shown = RiskSheet.objects.annotate(
        planned=Count("measures"), done=Count("measures", filter=Q(measures__done_on__isnull=False)),
        subject=F("content__subject"), place=F("content__place"),
    ).defer("content")  # fmt: skip
    return read_models(sheets, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def districts_of(user: Actor) -> list[Area]:
    """Police districts that the user may assess."""
    return list(covered_areas(user.scope).filter(kind=AreaKind.DISTRICT).order_by("code"))


def subject_element(element_id: int, user: Actor) -> Element:
    """A road or unit to be assessed; of one that was merged, what it has become.

    Raises:
        NotVisible.
    """
    while (
        merged := Element.objects.filter(pk=element_id).values_list("merged_into_id", flat=True).first()
    ) is not None:
        element_id = merged
    found = Element.objects.visible_to(user).standing().filter(pk=element_id, kind__in=KINDS).first()
    if found is None:
        raise NotVisible
    return found


def editions_of(sheet: RiskSheet) -> RiskSheetQuerySet:
    """All sheets of the same subject, the latest first."""
    return RiskSheet.objects.filter(subject_key=sheet.subject_key).order_by("-edition")


def posts_for(sheet: RiskSheet) -> list[Post]:
    """Posts over the subject, from the brigade down; a district has its squadron above and its grids below."""
    area = sheet.area or sheet.element.block  # type: ignore[union-attr]
    above: list[Area] = []
    while area is not None:
        above.append(area)
        area = area.parent  # type: ignore[assignment]
    below = list(sheet.area.children.filter(valid_to__isnull=True).order_by("code")) if sheet.area else []
    areas = [*reversed(above), *below]
    return [
        Post(Role.BRIGADE, None),
        *(Post(_ROLE_OF_AREA[AreaKind(one.kind)], one) for one in areas if one.kind in _ROLE_OF_AREA),
    ]
