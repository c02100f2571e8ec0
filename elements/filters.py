"""The one query object behind list, legend, tiles, API and export: the same filter is the same rows everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas, current_areas
from addresses.selectors.past_blocks import block_on, in_blocks
from addresses.selectors.setting import Setting, blocks_of_setting
from common import clock
from common.codes import code_table
from common.errors import DomainError
from common.scope import Actor
from elements.choices import PlaceQuality
from elements.models import Element, Source
from elements.querysets import ElementQuerySet
from elements.registries import REGISTRIES, Registry
from elements.selectors.address_match import AddressMatch, with_address
from elements.selectors.dues import due_rules
from elements.selectors.freshness import stale
from elements.selectors.gaps import gaps_of, with_gaps
from elements.selectors.searches import apply_search

COUNT_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a filter has; past the cap only that it is more."""

    value: int
    is_capped: bool

    @property
    def mark(self) -> str:
        """As `data-count` says it: `10000+` = more than so many."""
        return f"{self.value}+" if self.is_capped else str(self.value)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.value, "more_than": self.is_capped}

    def __str__(self) -> str:
        return gettext("超过 %(count)s") % {"count": f"{self.value:,}"} if self.is_capped else f"{self.value:,}"


def _table_choices(name: str) -> list[tuple[str, str]]:
    return [(code, f"{code} {label}") for code, label in code_table(name).items()]


def _due_filter(*codes: str) -> django_filters.MultipleChoiceFilter:
    choices = [(code, due_rules()[code].overdue_label) for code in codes]
    return django_filters.MultipleChoiceFilter(method="with_overdue", choices=choices, label=_("逾期事项"))


def _due_choices(*codes: str) -> django_filters.MultipleChoiceFilter:
    choices = []
    for rule in (due_rules()[code] for code in codes):
        all_of, some = (_("期限已过"), _("期限已过且已办结")) if rule.is_settled else (_("应办"), _("应办且未逾期"))
        choices += [
            (f"all-{rule.code}", format_lazy("{}：{}", rule.label, all_of)),
            (f"kept-{rule.code}", format_lazy("{}：{}", rule.label, some)),
        ]
    return django_filters.MultipleChoiceFilter(method="with_due", choices=choices, label=_("应办事项"))


def _gap_filter(registry: str) -> django_filters.MultipleChoiceFilter:
    choices = [(gap.code, gap.label) for gap in gaps_of(registry)]
    return django_filters.MultipleChoiceFilter(method="with_gap", choices=choices, label=_("缺项"))


class ElementFilter(django_filters.FilterSet):
    """Filters that every registry has; parameters stand in the URL and hold no personal data."""

    area = django_filters.ModelChoiceFilter(
        queryset=Area.objects.filter(valid_to__isnull=True).defer("geom"), method="in_area", label=_("责任区")
    )
    borders_on = django_filters.DateFilter(method="by_borders", label=_("按哪一天的边界"))
    place = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="place_quality", choices=PlaceQuality, label=_("落地质量")
    )
    conflict = django_filters.BooleanFilter(method="with_conflict", label=_("有取值冲突"))
    finding = django_filters.BooleanFilter(method="with_finding", label=_("有未了结疑点"))
    source = django_filters.ModelChoiceFilter(
        queryset=Source.objects.all(), to_field_name="code", method="with_source", label=_("来源")
    )
    updated_from = django_filters.DateFilter(field_name="updated_at", lookup_expr="date__gte", label=_("更新自"))
    stale = django_filters.BooleanFilter(method="with_stale", label=_("过期未更新"))
    village = django_filters.CharFilter(method="in_village", label=_("村居代码"))
    setting = django_filters.ChoiceFilter(choices=Setting.choices, method="in_setting", label=_("城乡"))
    address = django_filters.ChoiceFilter(choices=AddressMatch.choices, method="by_address", label=_("标准地址"))
    search = django_filters.CharFilter(method="by_search", label=_("检索"))

    class Meta:
        model = Element
        fields: list[str] = []

    def __init__(self, data: Any = None, queryset: QuerySet | None = None, *, with_form: bool = True) -> None:
        if not with_form:
            # Only the filters that are asked for: most requests ask for none, and each costs a copy and a form field.
            self.base_filters = {name: one for name, one in self.base_filters.items() if data and name in data}
        super().__init__(data, queryset=queryset)

    def in_area(self, queryset: QuerySet, _name: str, area: Area) -> QuerySet:
        return self._in_blocks(queryset, sorted(block_ids_of_areas([area.pk], clock.today())))

    def in_village(self, queryset: QuerySet, _name: str, code: str) -> QuerySet:
        """In the blocks that lie in the village."""
        blocks = current_areas(clock.today()).filter(village_id=code).values_list("pk", flat=True)
        return self._in_blocks(queryset, sorted(blocks))

    def in_setting(self, queryset: QuerySet, _name: str, setting: str) -> QuerySet:
        return self._in_blocks(queryset, blocks_of_setting(setting, clock.today()))

    def by_address(self, queryset: QuerySet, _name: str, wanted: str) -> QuerySet:
        return queryset.filter(with_address(wanted))

    def _in_blocks(self, queryset: QuerySet, block_ids: list[int]) -> QuerySet:
        return in_blocks(queryset, block_ids, block_on(self.form.cleaned_data.get("borders_on")))

    def by_borders(self, queryset: QuerySet, _name: str, _day: date) -> QuerySet:
        """Says how area and village are meant; alone it narrows nothing."""
        return queryset

    def with_stale(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        condition = stale(REGISTRIES[self.registry_name].kind, clock.now())
        return queryset.filter(condition if wanted else ~condition)

    def with_gap(self, queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
        """Lacking one of the named things."""
        return queryset.filter(with_gaps(codes))

    def with_conflict(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        return queryset.exclude(conflicts=[]) if wanted else queryset.filter(conflicts=[])

    def with_finding(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        from elements.models import Finding

        open_ids = Finding.objects.filter(closed_at__isnull=True).values("element_id")
        return queryset.filter(pk__in=open_ids) if wanted else queryset.exclude(pk__in=open_ids)

    def with_source(self, queryset: QuerySet, _name: str, source: Source) -> QuerySet:
        from elements.kinds import KINDS

        kind = KINDS[REGISTRIES[self.registry_name].kind]
        return queryset.filter(pk__in=kind.claim_model.objects.filter(source=source).values("element_id"))

    def with_overdue(self, queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
        """Overdue in one of the named ways."""
        late = Q()
        for code in codes:
            late |= due_rules()[code].overdue(clock.today())
        return queryset.filter(late)

    def with_due(self, queryset: QuerySet, _name: str, wanted: list[str]) -> QuerySet:
        """Of those that had to be seen to in one of the named ways: all, or those that were."""
        found = Q()
        for which, _dash, code in (one.partition("-") for one in wanted):
            rule = due_rules()[code]
            found |= rule.due(clock.today()) if which == "all" else rule.kept(clock.today())
        return queryset.filter(found)

    def by_search(self, queryset: QuerySet, _name: str, token: str) -> QuerySet:
        return apply_search(queryset, token=token, user=self.request_user)

    registry_name = ""
    request_user: Any = None


class VehicleFilter(ElementFilter):
    """Filters of vehicles."""

    registry_name = "vehicles"
    gap = _gap_filter("vehicles")
    plate_type = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="vehicle__plate_type", choices=_table_choices("hpzl"), label=_("号牌种类")
    )
    vehicle_type = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="vehicle__vehicle_type", choices=_table_choices("cllx"), label=_("车辆类型")
    )
    use_nature = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="vehicle__use_nature", choices=_table_choices("syxz"), label=_("使用性质")
    )
    state = django_filters.ChoiceFilter(
        field_name="vehicle__state", lookup_expr="contains", choices=_table_choices("jdczt"), label=_("机动车状态")
    )
    inspection_before = django_filters.DateFilter(
        field_name="vehicle__inspection_valid_to", lookup_expr="lt", label=_("检验有效期止早于")
    )
    overdue = _due_filter("INSPECTION", "SCRAP", "INSURANCE")
    due = _due_choices("INSPECTION", "SCRAP")
    scrap_before = django_filters.DateFilter(
        field_name="vehicle__scrap_due_on", lookup_expr="lt", label=_("强制报废期止早于")
    )


class DriverFilter(ElementFilter):
    """Filters of drivers."""

    registry_name = "drivers"
    gap = _gap_filter("drivers")
    licence_class = django_filters.ChoiceFilter(
        field_name="licence__licence_classes",
        lookup_expr="contains",
        choices=_table_choices("zjcx"),
        label=_("准驾车型"),
    )
    licence_state = django_filters.ChoiceFilter(
        field_name="licence__licence_state",
        lookup_expr="contains",
        choices=_table_choices("jszzt"),
        label=_("驾驶证状态"),
    )
    overdue = _due_filter("REVIEW", "LICENCE")
    due = _due_choices("REVIEW")
    points_from = django_filters.NumberFilter(
        field_name="licence__points", lookup_expr="gte", label=_("累积记分不少于")
    )
    licence_expired_before = django_filters.DateFilter(
        field_name="licence__licence_valid_to", lookup_expr="lt", label=_("驾驶证有效期止早于")
    )


class PersonFilter(ElementFilter):
    """Filters of other persons."""

    registry_name = "persons"
    gap = _gap_filter("persons")


class UnitFilter(ElementFilter):
    """Filters of units."""

    registry_name = "units"
    gap = _gap_filter("units")
    unit_type = django_filters.CharFilter(field_name="unit__unit_type", label=_("单位类型"))
    state = django_filters.CharFilter(field_name="unit__state", label=_("经营状态"))


class HouseFilter(ElementFilter):
    """Filters of houses."""

    registry_name = "houses"
    gap = _gap_filter("houses")
    usage = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="house__usage", choices=_table_choices("fwyt"), label=_("房屋用途")
    )


class RoadFilter(ElementFilter):
    """Filters of sections, which are what a block has of a road."""

    registry_name = "sections"
    road_class = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="road__road_class", choices=_table_choices("dllx"), label=_("道路类型")
    )
    admin_class = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="road__admin_class", choices=_table_choices("glxzdj"), label=_("行政等级")
    )
    route_code = django_filters.CharFilter(field_name="road__route_code", label=_("路线编号"))


class WholeRoadFilter(RoadFilter):
    """Filters of whole roads."""

    registry_name = "roads"


class FacilityFilter(ElementFilter):
    """Filters of facilities."""

    registry_name = "facilities"
    gap = _gap_filter("facilities")
    facility_type = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="facility__facility_type", choices=_table_choices("sslx"), label=_("设施类型")
    )
    state = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="facility__state", choices=_table_choices("sszt"), label=_("设施状态")
    )
    overdue = _due_filter("FACILITY_LIFE")


class DangerFilter(ElementFilter):
    """Filters of hidden dangers."""

    registry_name = "dangers"
    gap = _gap_filter("dangers")
    danger_grade = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="danger__danger_grade", choices=_table_choices("yhdj"), label=_("隐患等级")
    )
    review_result = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="danger__review_result", choices=_table_choices("fcjg"), label=_("复查结果")
    )
    overdue = _due_filter("TREATMENT")
    due = _due_choices("TREATMENT")


FILTERS: dict[str, type[ElementFilter]] = {
    "drivers": DriverFilter, "vehicles": VehicleFilter, "houses": HouseFilter, "units": UnitFilter, "sections": RoadFilter,
    "facilities": FacilityFilter, "dangers": DangerFilter, "persons": PersonFilter, "roads": WholeRoadFilter,
}  # fmt: skip


def filtered_elements(
    registry: Registry, data: QueryDict, user: Actor, *, with_form: bool = False
) -> tuple[ElementQuerySet, ElementFilter]:
    """Standing elements of a registry inside the user's scope that pass the filter.

    Args:
        registry: which list.
        data: parameters of the request.
        user: reader.
        with_form: the filter set has every field, for a page to show; else those that `data` names.

    Raises:
        DomainError: a filter value is not valid; unknown parameters are ignored, since pages add their own.
    """
    base = Element.objects.visible_to(user).standing().filter(registry.q)
    filterset = FILTERS[registry.name](data, queryset=base, with_form=with_form)
    filterset.request_user = user
    if not filterset.is_valid():
        names = "、".join(str(filterset.filters[name].label) for name in filterset.errors if name in filterset.filters)
        raise DomainError(
            "BAD_FILTER", f"筛选条件无效：{names}。请改正或清除该条件。", {"fields": list(filterset.errors)}
        )
    return filterset.qs, filterset


def capped_count(queryset: QuerySet, cap: int = COUNT_CAP) -> Count:
    """Counts up to the cap: one row more than the cap is enough to say "more than"."""
    number = queryset.order_by()[: cap + 1].values("pk").count()
    return Count(min(number, cap), number > cap)
