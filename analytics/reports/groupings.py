"""By what reports group events: the field, its code table, and the parameter of the list that opens one value."""

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
        field: of the event.
        parameter: of the list's filter.
        table: national code table of the values.
    """

    aspect: StrOrPromise
    field: str
    parameter: str
    table: str

    def name_of(self, code: str) -> str:
        """The value in words."""
        return code_table(self.table).get(code, code)

    def is_known(self, code: str) -> bool:
        """Whether the list can be asked for the value: its filter offers the values of the table alone."""
        return code in code_table(self.table)


GROUPINGS: dict[str, dict[str, Grouping]] = {
    "accidents": {
        "form": Grouping(_("事故形态"), "form", "form_code", "sgxt"),
        "main_cause": Grouping(_("认定原因"), "main_cause", "main_cause", "sgrdyy"),
        "weather": Grouping(_("天气"), "weather", "weather", "tq"),
        "light": Grouping(_("照明条件"), "light", "light", "zmtj"),
        "road_class": Grouping(_("道路类型"), "road_class", "road_class", "dllx"),
    },
    "violations": {
        "code": Grouping(_("违法行为"), "code", "code", "wfxw"),
        "method": Grouping(_("查处方式"), "method", "method", "clfs"),
    },
    "incidents": {"category": Grouping(_("警情类别"), "category", "category", "jqlb")},
}
EVENT_WORDS = {"accidents": "道路交通事故", "violations": "交通违法", "incidents": "警情"}
# As in "共登记交通违法120起".
EVENT_VERBS = {"accidents": "发生道路交通事故", "violations": "登记交通违法", "incidents": "接报警情"}
