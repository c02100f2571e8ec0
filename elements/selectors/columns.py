"""The columns of the registries: what list, API and export show, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from common.codes import code_table
from elements.choices import ElementKind, PlaceQuality, Sex

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from common.scope import Actor


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: key of rows, of the API and of the stored layout.
        path: look-up from the element, or the name of an annotation of `lists.shown`.
        label: heading.
        codes: national code table of the values; `is_letters`: each letter of the value is a code of its own.
        purpose: the value is sealed for this purpose and shown masked.
        choices: value → label of a choice field.
        is_stake: metres from the route's origin, worded as K19+906.
        sort_path: look-up it may be sorted by; an index stands behind each.
        hint: definition, shown on hover.
        read: ids and reader → texts by id, for a column of an app above: read for many rows at once, `path` is blank.
        is_off: shown only to who turns it on.
    """

    name: str
    path: str
    label: StrOrPromise
    codes: str = ""
    is_letters: bool = False
    purpose: str = ""
    choices: Mapping[str, StrOrPromise] | None = None
    sort_path: str = ""
    is_numeric: bool = False
    is_long: bool = False
    is_stake: bool = False
    hint: StrOrPromise = ""
    read: Callable[[Sequence[int], Actor], Mapping[int, list[str]]] | None = None
    is_off: bool = False

    def worded(self, value: Any) -> Any:
        """The value in words: names of codes and choices; an unknown code stays as it is."""
        if value is None or value == "":
            return ""
        if self.read is not None:
            return "、".join(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if self.is_stake:
            return stake_text(value)
        if self.choices is not None:
            return str(self.choices.get(value, value))
        if not self.codes:
            return value
        table = code_table(self.codes)
        if self.is_letters and value not in table:
            return "、".join(table.get(letter, letter) for letter in value)
        return table.get(value, value)


def stake_text(metres: int) -> str:
    """19906 → K19+906."""
    return f"K{metres // 1_000}+{metres % 1_000:03}"


_QUALITIES = dict(PlaceQuality.choices)
_PLACE = (
    Column(
        "block", "block__name", _("责任块"), sort_path="block_id", hint=_("要素所在的勤务网格；列表、统计都按它归属")
    ),
    Column("district", "block__parent__name", _("警务区")),
    Column("address", "shown_address", _("地址"), is_long=True, hint=_("已匹配的标准地址优先，其次是来文地址")),
    Column("place_quality", "place_quality", _("落地质量"), choices=_QUALITIES),
    Column("source_count", "source_count", _("来源数"), is_numeric=True, hint=_("现在对它有声明的来源个数")),
    Column("conflicts", "conflicts", _("取值冲突"), hint=_("各来源说法不一的官方字段")),
    Column("updated_at", "updated_at", _("更新时间")),
)

_ROAD = (
    Column("label", "label", _("道路"), sort_path="label", is_long=True),
    Column("route_code", "road__route_code", _("路线编号")),
    Column("road_class", "road__road_class", _("道路类型"), codes="dllx", sort_path="road__road_class"),
    Column("admin_class", "road__admin_class", _("行政等级"), codes="glxzdj"),
    Column("stake_from_m", "road__stake_from_m", _("起点桩号"), is_stake=True),
    Column("stake_to_m", "road__stake_to_m", _("终点桩号"), is_stake=True),
    Column("length_m", "road__length_m", _("长度（米）"), is_numeric=True),
    Column("speed_limit_kmh", "road__speed_limit_kmh", _("限速"), is_numeric=True, hint=_("千米/时")),
    Column("manager_name", "road__manager_name", _("管养单位")),
    *_PLACE,
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "drivers": (
        Column("label", "label", _("姓名"), sort_path="label"),
        Column("citizen_id", "person__citizen_id", _("公民身份号码"), purpose="citizen_id"),
        Column("licence_classes", "licence__licence_classes", _("准驾车型")),
        Column("licence_state", "licence__licence_state", _("驾驶证状态"), codes="jszzt", is_letters=True),
        Column("points", "licence__points", _("累积记分"), sort_path="licence__points", is_numeric=True),
        Column("licence_valid_to", "licence__licence_valid_to", _("有效期止"), sort_path="licence__licence_valid_to"),
        Column("phone", "person__phone", _("联系电话"), purpose="phone"),
        *_PLACE,
    ),
    "vehicles": (
        # By plate and not by label: what is called by its VIN would stand before every plate.
        Column("label", "label", _("号牌号码"), sort_path="vehicle__plate_number", hint=_("没有号牌的以车辆识别代号称呼")),
        Column("plate_type", "vehicle__plate_type", _("号牌种类"), codes="hpzl"),
        Column("vehicle_type", "vehicle__vehicle_type", _("车辆类型"), codes="cllx", sort_path="vehicle__vehicle_type"),
        Column("use_nature", "vehicle__use_nature", _("使用性质"), codes="syxz", sort_path="vehicle__use_nature"),
        Column("state", "vehicle__state", _("机动车状态"), codes="jdczt", is_letters=True),
        Column("inspection_valid_to", "vehicle__inspection_valid_to", _("检验有效期止"), sort_path="vehicle__inspection_valid_to"),
        Column("scrap_due_on", "vehicle__scrap_due_on", _("强制报废期止"), sort_path="vehicle__scrap_due_on"),
        Column("owner_name", "vehicle__owner_name", _("所有人")),
        *_PLACE,
    ),
    "units": (
        Column("label", "label", _("单位名称"), sort_path="label", is_long=True),
        Column("uscc", "unit__uscc", _("统一社会信用代码")),
        Column("unit_type", "unit__unit_type", _("单位类型")),
        Column("state", "unit__state", _("经营状态")),
        Column("legal_person_name", "unit__legal_person_name", _("法定代表人")),
        Column("phone", "unit__phone", _("联系电话"), purpose="phone"),
        *_PLACE,
    ),
    "houses": (
        Column("label", "label", _("房屋"), sort_path="label", is_long=True),
        Column("usage", "house__usage", _("房屋用途"), codes="fwyt", sort_path="house__usage"),
        Column("structure", "house__structure", _("建筑结构")),
        Column("area_m2", "house__area_m2", _("建筑面积"), is_numeric=True, hint=_("平方米")),
        Column("owner_name", "house__owner_name", _("产权人")),
        *_PLACE,
    ),
    "sections": _ROAD,
    "roads": _ROAD,
    "facilities": (
        Column("label", "label", _("设施"), sort_path="label", is_long=True),
        Column("facility_type", "facility__facility_type", _("设施类型"), codes="sslx", sort_path="facility__facility_type"),
        Column("state", "facility__state", _("设施状态"), codes="sszt"),
        Column("road_name", "facility__road_name", _("所在道路")),
        Column("stake_m", "facility__stake_m", _("桩号"), is_stake=True),
        Column("expires_on", "facility__expires_on", _("使用期限止"), sort_path="facility__expires_on"),
        Column("owner_department", "facility__owner_department", _("管养单位")),
        *_PLACE,
    ),
    "dangers": (
        Column("label", "label", _("隐患点段"), sort_path="label", is_long=True),
        Column("danger_grade", "danger__danger_grade", _("隐患等级"), codes="yhdj"),
        Column("danger", "danger__danger", _("主要隐患"), is_long=True),
        Column("treated_by", "danger__treated_by", _("整改单位")),
        Column("treat_by_on", "danger__treat_by_on", _("整改期限"), sort_path="danger__treat_by_on"),
        Column("review_result", "danger__review_result", _("复查结果"), codes="fcjg"),
        *_PLACE,
    ),
    "persons": (
        Column("label", "label", _("姓名"), sort_path="label"),
        Column("citizen_id", "person__citizen_id", _("公民身份号码"), purpose="citizen_id"),
        Column("sex", "person__sex", _("性别"), choices=dict(Sex.choices)),
        Column("birth_on", "person__birth_on", _("出生日期")),
        Column("phone", "person__phone", _("联系电话"), purpose="phone"),
        *_PLACE,
    ),
}  # fmt: skip

# Registries whose label names a person or a plate: who may not read it may not sort by it either.
NAMING_KINDS = frozenset({ElementKind.PERSON, ElementKind.VEHICLE})
