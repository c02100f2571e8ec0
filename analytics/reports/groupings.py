"""By what reports group events: a dimension of analysis, as the sentences call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from common.codes import code_table

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Grouping:
    """One property of events that reports group by.

    Attributes:
        aspect: as in "从…看".
        dimension: of `analytics.dimensions`, which counts it and opens its rows.
        table: national code table of the values; "" = they are not coded.
        is_party: an accident counts once for each of its parties' values, so that shares do not add up.
    """

    aspect: StrOrPromise
    dimension: str
    table: str = ""
    is_party: bool = False

    def is_known(self, value: object) -> bool:
        """Whether the list can be asked for the value: its filter offers the values of the table alone."""
        return value is not None and (not self.table or value in code_table(self.table))


_BY_TIME = {"hour": Grouping(_("时段"), "hour"), "weekday": Grouping(_("星期"), "weekday")}
GROUPINGS: dict[str, dict[str, Grouping]] = {
    "accidents": {
        "form": Grouping(_("事故形态"), "form_code", "sgxt"),
        "main_cause": Grouping(_("认定原因"), "main_cause", "sgrdyy"),
        "weather": Grouping(_("天气"), "weather", "tq"),
        "light": Grouping(_("照明条件"), "light", "zmtj"),
        "road_class": Grouping(_("道路类型"), "road_class", "dllx"),
        "party_vehicle": Grouping(_("涉及车辆类型"), "party_vehicle", "cllx", is_party=True),
        "party_age": Grouping(_("涉及人员年龄"), "party_age", is_party=True),
        **_BY_TIME,
    },
    "violations": {
        "code": Grouping(_("违法行为"), "code", "wfxw"), "method": Grouping(_("查处方式"), "method", "clfs"), **_BY_TIME,
    },
    "incidents": {"category": Grouping(_("警情类别"), "category", "jqlb"), **_BY_TIME},
}  # fmt: skip
EVENT_WORDS = {"accidents": "道路交通事故", "violations": "交通违法", "incidents": "警情"}
# As in "共登记交通违法120起".
EVENT_VERBS = {"accidents": "发生道路交通事故", "violations": "登记交通违法", "incidents": "接报警情"}
