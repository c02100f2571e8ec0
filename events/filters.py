"""Filters of the lists of events: the same for list, API and export. Parameters stand in the URL and hold no personal data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

import django_filters
from django.contrib.gis.geos import GEOSException, Polygon
from django.db.models import Q, QuerySet
from django.forms import HiddenInput
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from addresses.selectors.past_blocks import block_on, in_blocks
from addresses.selectors.setting import Setting, blocks_of_setting
from common import clock
from common.codes import code_table
from common.errors import DomainError
from common.geometry import SRID, in_laizhou_box
from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.list_filters import InAreaFilter, checked
from elements.models import Element, Relation, Source
from elements.registries import REGISTRIES
from events.choices import EventKind, EventPlaceQuality, Procedure, Severity
from events.facts import SERIOUS, SERIOUS_POINTS, offence_groups
from events.list_kinds import EventList
from events.list_periods import Period, begin_of, first_day
from events.models import Accident, AccidentParty, Capture, Incident, Violation
from events.selectors.findings import captures_with_finding
from events.selectors.parties import events_of
from events.selectors.searches import found_by
from events.selectors.states import (
    AGE_BANDS,
    INCIDENT_STATES,
    SEVERITIES,
    TIES,
    IncidentState,
    Tie,
    parties_by_age,
)

HOURS = [(str(hour), f"{hour}—{hour + 1} 时") for hour in range(24)]
WEEKDAYS = [
    ("1", _("星期一")), ("2", _("星期二")), ("3", _("星期三")), ("4", _("星期四")), ("5", _("星期五")), ("6", _("星期六")), ("7", _("星期日")),
]  # fmt: skip
# What of a URL says which time is meant; a list whose URL has none of it opens with its usual period.
TIME_PARAMETERS = frozenset({"period", "occurred_from", "occurred_to"})


def _coded(field: str, table: str, label: Any) -> django_filters.MultipleChoiceFilter:
    choices = [(code, f"{code} {name}") for code, name in code_table(table).items()]
    return django_filters.MultipleChoiceFilter(
        distinct=False, field_name=field, choices=choices, label=label, null_label=_("未填写")
    )


def _of_party(field: str, table: str, label: Any) -> django_filters.MultipleChoiceFilter:
    """Accidents in which somebody standing has one of the values."""

    def with_party(queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
        parties = AccidentParty.objects.standing().filter(**{f"{field}__in": codes})
        return queryset.filter(pk__in=_accidents_of(parties)) if codes else queryset

    choices = [(code, f"{code} {name}") for code, name in code_table(table).items()]
    return django_filters.MultipleChoiceFilter(choices=choices, method=with_party, label=label)


def _accidents_of(parties: QuerySet) -> QuerySet:
    return parties.filter(accident_id__isnull=False).values("accident_id")


def read_shape(text: str) -> Polygon:
    """A shape drawn on the map: `lon,lat;lon,lat;…` in degrees, three corners at least; it closes by itself.

    Raises:
        DomainError: it is none.
    """
    try:
        corners = [(float(lon), float(lat)) for lon, lat in (pair.split(",") for pair in text.split(";"))]
        shape = Polygon([*corners, corners[0]], srid=SRID)
    except (ValueError, GEOSException) as error:
        raise DomainError("BAD_SHAPE", "圈定的范围无法识别，请在图上重新圈画。") from error
    if not shape.valid or not all(in_laizhou_box(*corner) for corner in corners):
        raise DomainError("BAD_SHAPE", "圈定的范围自相交，或超出本市，请在图上重新圈画。")
    return shape


def _any_of(conditions: dict[str, Q], names: Iterable[str]) -> Q:
    wanted = Q(pk__in=[])
    for name in names:
        wanted |= conditions[name]
    return wanted


class EventFilter(InAreaFilter):
    """Filters that every list of events has."""

    chosen: EventList
    request_user: Any = None

    period = django_filters.ChoiceFilter(
        choices=Period.choices, method="by_period", label=_("时间"), empty_label=_("不限")
    )
    occurred_from = django_filters.DateFilter(method="since", label=_("时间自"))
    occurred_to = django_filters.DateFilter(method="until", label=_("时间至（含当日）"))
    hour = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="occurred_at", lookup_expr="hour", choices=HOURS, label=_("时段")
    )
    weekday = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="occurred_at", lookup_expr="iso_week_day", choices=WEEKDAYS, label=_("星期")
    )
    source = django_filters.ModelChoiceFilter(queryset=Source.objects.all(), to_field_name="code", label=_("来源"))
    setting = django_filters.ChoiceFilter(choices=Setting.choices, method="in_setting", label=_("城乡"))
    search = django_filters.CharFilter(method="by_search", label=_("检索"))

    def in_setting(self, queryset: QuerySet, _name: str, setting: str) -> QuerySet:
        return queryset.filter(block_id__any=blocks_of_setting(setting, clock.today()))

    def by_period(self, queryset: QuerySet, _name: str, period: str) -> QuerySet:
        return queryset.filter(occurred_at__gte=begin_of(first_day(period, clock.today())))

    def since(self, queryset: QuerySet, _name: str, day: date) -> QuerySet:
        return queryset.filter(occurred_at__gte=begin_of(day))

    def until(self, queryset: QuerySet, _name: str, day: date) -> QuerySet:
        return queryset.filter(occurred_at__lt=begin_of(day + timedelta(days=1)))

    def by_search(self, queryset: QuerySet, _name: str, token: str) -> QuerySet:
        return found_by(queryset, chosen=self.chosen, token=token, user=self.request_user)


class RecordedFilter(EventFilter):
    """Filters of events that have a place of their own and may be taken back."""

    place = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="place_quality", choices=EventPlaceQuality, label=_("位置精度")
    )
    road = django_filters.ChoiceFilter(field_name="road_id", choices=(), label=_("道路"), null_label=_("未落到道路"))
    shape = django_filters.CharFilter(
        method="in_shape", label=_("图上圈定的范围"), max_length=2_000, widget=HiddenInput
    )
    borders_on = django_filters.DateFilter(
        method="by_borders",
        label=_("责任区按哪一天的边界"),
        help_text=_("不填为现行边界；没有坐标的事件留在现在的块里。"),
    )
    withdrawn = django_filters.ChoiceFilter(
        choices=[("with", _("也显示")), ("only", _("只看已撤回"))],
        method="as_standing",
        label=_("已撤回的事件"),
        empty_label=_("不显示"),
    )

    def in_area(self, queryset: QuerySet, _name: str, area: Area) -> QuerySet:
        blocks = sorted(block_ids_of_areas([area.pk], clock.today()))
        return in_blocks(queryset, blocks, block_on(self.form.cleaned_data.get("borders_on")))

    def by_borders(self, queryset: QuerySet, _name: str, _day: date) -> QuerySet:
        """Says how the area is meant; alone it narrows nothing."""
        return queryset

    def in_shape(self, queryset: QuerySet, _name: str, text: str) -> QuerySet:
        return queryset.filter(point__within=read_shape(text))

    def as_standing(self, queryset: QuerySet, _name: str, wanted: str) -> QuerySet:
        return queryset.filter(is_withdrawn=True) if wanted == "only" else queryset

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("withdrawn") else found.filter(is_withdrawn=False)


def _id_filter(label: Any, **given: Any) -> django_filters.NumberFilter:
    """Set by links; the form only carries it on."""
    return django_filters.NumberFilter(min_value=1, max_value=2**53, label=label, widget=HiddenInput, **given)


def _by_thing(kind: str, label: Any) -> django_filters.NumberFilter:
    """Events that name a thing of the kind."""

    def naming(queryset: QuerySet, _name: str, pk: Any) -> QuerySet:
        return events_of(queryset, kind, [int(pk)])

    return _id_filter(label, method=naming)


class _WithVehicle(django_filters.FilterSet):
    vehicle = _id_filter(_("机动车编号"), field_name="vehicle_id")
    enterprise = _by_thing(ElementKind.UNIT, _("当时所属单位编号"))
    tie = django_filters.MultipleChoiceFilter(choices=Tie.choices, method="by_tie", label=_("关联机动车"))

    def by_tie(self, queryset: QuerySet, _name: str, ties: list[str]) -> QuerySet:
        return queryset.filter(_any_of(TIES, ties))


class AccidentFilter(RecordedFilter):
    """Filters of accidents."""

    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices, method="by_severity", label=_("严重程度"))
    procedure = django_filters.ChoiceFilter(choices=Procedure.choices, label=_("处理程序"), empty_label=_("不限"))
    accident_type = _coded("accident_type", "sglx", _("事故类型"))
    form_code = _coded("form", "sgxt", _("事故形态"))
    main_cause = _coded("main_cause", "sgrdyy", _("认定原因"))
    is_fatal = django_filters.BooleanFilter(method="with_deaths", label=_("有人死亡"))
    is_injury = django_filters.BooleanFilter(method="with_injured", label=_("有人受伤"))
    weather = _coded("weather", "tq", _("天气"))
    light = _coded("light", "zmtj", _("照明条件"))
    road_class = _coded("road_class", "dllx", _("道路类型"))
    collision = _coded("collision", "cljsg", _("车辆间碰撞形态"))
    visibility = _coded("visibility", "njd", _("能见度"))
    surface = _coded("surface", "lbqk", _("路表情况"))
    road_condition = _coded("road_condition", "lmzk", _("路面状况"))
    alignment = _coded("alignment", "dlxx", _("道路线形"))
    junction = _coded("junction", "lkldlx", _("路口路段类型"))
    control = _coded("control", "jtxhfs", _("交通信号方式"))
    terrain = _coded("terrain", "dx", _("地形"))
    party_vehicle = _of_party("vehicle_type", "cllx", _("涉及车辆类型"))
    party_mode = _of_party("travel_mode", "jtfs", _("涉及交通方式"))
    party_age = django_filters.MultipleChoiceFilter(choices=AGE_BANDS, method="with_party_age", label=_("涉及年龄"))
    vehicle = _by_thing(ElementKind.VEHICLE, _("涉及机动车编号"))
    person = _by_thing(ElementKind.PERSON, _("涉及人员编号"))
    enterprise = _by_thing(ElementKind.UNIT, _("涉及单位编号（机动车当时所属）"))

    class Meta:
        model = Accident
        fields: list[str] = []

    def by_severity(self, queryset: QuerySet, _name: str, wanted: list[str]) -> QuerySet:
        return queryset.filter(_any_of(SEVERITIES, wanted))

    def with_party_age(self, queryset: QuerySet, _name: str, bands: list[str]) -> QuerySet:
        return queryset.filter(pk__in=_accidents_of(parties_by_age().filter(age_band__in=bands)))

    def with_deaths(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        return _with_number(queryset, "deaths", wanted)

    def with_injured(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        return _with_number(queryset, "injured", wanted)


def _with_number(queryset: QuerySet, field: str, wanted: bool) -> QuerySet:
    """More than none, or none; what was not said is none."""
    if wanted:
        return queryset.filter(**{f"{field}__gt": 0})
    return queryset.filter(Q(**{field: 0}) | Q(**{f"{field}__isnull": True}))


class ViolationFilter(_WithVehicle, RecordedFilter):
    """Filters of violations."""

    code = django_filters.MultipleChoiceFilter(
        choices=[(code, f"{code} {name}") for code, name in code_table("wfxw").items()],
        method="by_code",
        label=_("违法行为"),
    )
    group = django_filters.MultipleChoiceFilter(
        choices=[(code, name) for code, (name, _members) in offence_groups().items()],
        method="by_group",
        label=_("违法种类"),
    )
    method = _coded("method", "clfs", _("查处方式"))
    person = _id_filter(_("人员编号"), field_name="person_id")
    is_processed = django_filters.BooleanFilter(
        field_name="processed_at", lookup_expr="isnull", exclude=True, label=_("已处理")
    )
    points = django_filters.MultipleChoiceFilter(
        distinct=False, choices=[(str(n), str(n)) for n in (0, 1, 2, 3, 6, 9, 12)], label=_("记分")
    )

    class Meta:
        model = Violation
        fields: list[str] = []

    def by_group(self, queryset: QuerySet, _name: str, groups: list[str]) -> QuerySet:
        """As the facts of things count them."""
        members = {code for one in groups for code in offence_groups()[one][1]}
        wanted = Q(code__in=members)
        return queryset.filter(wanted | Q(points_by_rule__gte=SERIOUS_POINTS) if SERIOUS in groups else wanted)

    def by_code(self, queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
        """With the local refinements of a code, which have a fifth digit."""
        return queryset.filter(_any_of({code: Q(code__startswith=code) for code in codes}, codes))


class IncidentFilter(_WithVehicle, RecordedFilter):
    """Filters of incidents."""

    category = _coded("category", "jqlb", _("警情类别"))
    channel = django_filters.CharFilter(label=_("报警方式"))
    state = django_filters.MultipleChoiceFilter(choices=IncidentState.choices, method="by_state", label=_("状态"))

    class Meta:
        model = Incident
        fields: list[str] = []

    def by_state(self, queryset: QuerySet, _name: str, states: list[str]) -> QuerySet:
        return queryset.filter(_any_of(INCIDENT_STATES, states))


class CaptureFilter(_WithVehicle, EventFilter):
    """Filters of captures."""

    device = django_filters.CharFilter(field_name="device_number", label=_("卡口编号"))
    confidence_below = django_filters.NumberFilter(
        field_name="confidence_pct", lookup_expr="lt", label=_("置信度低于（%）"), min_value=0, max_value=100
    )
    finding = django_filters.BooleanFilter(method="with_finding", label=_("有未了结疑点"))

    class Meta:
        model = Capture
        fields: list[str] = []

    def with_finding(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        return queryset.filter(captures_with_finding()) if wanted else queryset.exclude(captures_with_finding())


FILTERS: dict[str, type[EventFilter]] = {
    EventKind.ACCIDENT: AccidentFilter, EventKind.VIOLATION: ViolationFilter, EventKind.INCIDENT: IncidentFilter,
    EventKind.CAPTURE: CaptureFilter,
}  # fmt: skip


def filtered_events(chosen: EventList, data: QueryDict, user: Actor) -> tuple[QuerySet[Any], EventFilter]:
    """Events of a list inside the user's scope that pass the filter; those that were taken back only when asked for.

    Raises:
        DomainError: a value that cannot be; unknown parameters are ignored, since pages add their own.
    """
    filterset = FILTERS[chosen.code](data, queryset=chosen.table.model._default_manager.visible_to(user))
    filterset.chosen, filterset.request_user = chosen, user
    if "road" in filterset.form.fields:
        # Asked for only where a road is chosen or the form is shown, once.
        filterset.form.fields["road"].choices = cache(partial(_roads, user))
    return checked(filterset).qs, filterset


def _roads(user: Actor) -> list[tuple[str, str]]:
    """(id, name) of the whole roads of the scope and of those with a section in it: one query."""
    seen = Element.objects.visible_to(user).standing().filter(kind=ElementKind.ROAD).values("pk")
    sections = Relation.objects.filter(type=RelationType.SECTION_OF, subject__in=seen)
    whole = Q(pk__in=seen) | Q(pk__in=sections.values("object_id"))
    roads = Element.objects.standing().filter(whole, REGISTRIES["roads"].q).order_by("label", "pk")
    return [(str(pk), label) for pk, label in roads.values_list("pk", "label")]
