"""The indicators of the platform.

Source: the customer's list of figures (H7). No official formula was found: each says of what it is sure, and carries a version that
every snapshot keeps, so that a figure by an older meaning is never compared in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.indicators.parts import Part
from common.errors import NotVisible
from common.scope import Actor
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors.address_match import AddressMatch, with_address

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.

    Attributes:
        parts: kinds of rows; the indicator is their sum.
        is_share: numerator of denominator in percent; else a number of events since the first of January.
        is_higher_better: of a number of accidents, less is better.
        definition: numerator and denominator in words; `source` what it rests on, `certainty` how sure that is.
        version: rises whenever what is counted changes.
        at_once: reader, whether met → the rows of all parts as one query, where one by one they would be dear.
    """

    key: str
    label: StrOrPromise
    parts: tuple[Part, ...]
    definition: StrOrPromise
    source: StrOrPromise
    certainty: StrOrPromise
    unit: StrOrPromise = "%"
    is_share: bool = True
    is_higher_better: bool = True
    version: int = 1
    at_once: Callable[[Actor, bool], QuerySet[Element]] | None = None

    @property
    def is_of_events(self) -> bool:
        """Counts what happened since the first of January, not what is there."""
        return self.parts[0].is_of_events


_PROPOSED = _("口径为平台建议，未见全国统一公式，请客户核定")
# Registries whose things have addresses; a road has none.
_ADDRESSED = ("drivers", "vehicles", "houses", "units", "facilities", "dangers", "persons")


def _addressed(user: Actor, met: bool) -> QuerySet[Element]:
    """Elements of these registries, which together are all of their kinds, with an address or a matched one."""
    kinds = sorted({REGISTRIES[name].kind for name in _ADDRESSED})
    things = Element.objects.visible_to(user).standing().filter(kind__in=kinds)
    return things.filter(with_address(AddressMatch.MATCHED if met else AddressMatch.ANY))


INDICATORS: dict[str, Indicator] = {
    one.key: one
    for one in (
        Indicator(
            "DRIVER_REVIEW", _("驾驶人审验率"), (Part("drivers", {"due": "all-REVIEW"}, {"due": "kept-REVIEW"}),),
            _("分子：分母中没有逾期未审验的；分母：准驾车型含 A1、A2、A3、B1、B2，本记分周期有记分，有审验期止或状态为逾期未审验，且未注销、吊销、撤销等的驾驶人"),
            _("162 号令第七十条以下；逾期口径同“逾期未审验”清单"), _PROPOSED,
        ),
        Indicator(
            "VEHICLE_INSPECTION", _("机动车检审率"),
            (Part("vehicles", {"due": "all-INSPECTION"}, {"due": "kept-INSPECTION"}),),
            _("分子：分母中检验有效期未过、状态不是逾期未检验的；分母：有检验有效期止或状态为逾期未检验，且未注销、未强制注销、牌证未公告作废的机动车"),
            _("《道路交通安全法实施条例》第十六条；逾期口径同“逾期未检验”清单"), _PROPOSED,
        ),
        Indicator(
            "VEHICLE_SCRAP", _("机动车报废率"), (Part("vehicles", {"due": "all-SCRAP"}, {"due": "kept-SCRAP"}),),
            _("分子：分母中已注销或强制注销的；分母：强制报废期止已过的机动车"),
            _("《机动车强制报废标准规定》；164 号令第三十七条；逾期口径同“逾期未报废”清单"), _PROPOSED,
        ),
        Indicator(
            "SERIOUS_VIOLATION", _("严重交通违法查处率"),
            (Part("violations", {"group": "SERIOUS"}, {"is_processed": "true"}),),
            _("分子：分母中已处理的；分母：今年以来发生、按违法当日规则应记 6 分以上的交通违法（含 6 分）"),
            _("记分办法；违法种类“记分六分以上”"), _PROPOSED,
        ),
        Indicator(
            "DANGER_TREATMENT", _("隐患整改率"), (Part("dangers", {"due": "all-TREATMENT"}, {"due": "kept-TREATMENT"}),),
            _("分子：分母中复查合格的；分母：整改期限已过的隐患点段。复查合格的日期不看是否晚于期限"),
            _("隐患台账所列整改期限；逾期口径同“逾期未整改”清单"), _PROPOSED,
        ),
        Indicator(
            "STANDARD_ADDRESS", _("标准地址匹配率"),
            tuple(Part(name, {"address": "any"}, {"address": "matched"}) for name in _ADDRESSED),
            _("分子：分母中至少一个地址匹配到标准地址的；分母：至少有一个地址的驾驶人、机动车、房屋、单位、设施、隐患、其他人员"),
            _("地址引擎的匹配结果和人工裁定"), _("口径为平台所定"), at_once=_addressed,
        ),
        Indicator(
            "ACCIDENT_GENERAL", _("一般程序事故"), (Part("accidents", {"procedure": "GENERAL"}),),
            _("今年以来发生、按一般程序处理的交通事故起数；与上年同期（同样的日子）比"),
            _("《道路交通事故处理程序规定》；一般程序与简易程序分别统计"), _("口径确定"), pgettext_lazy("events", "起"), False, False,
        ),
        Indicator(
            "ACCIDENT_SUMMARY", _("简易程序事故"), (Part("accidents", {"procedure": "SUMMARY"}),),
            _("今年以来发生、按简易程序处理的交通事故起数；与上年同期（同样的日子）比"),
            _("《道路交通事故处理程序规定》；一般程序与简易程序分别统计"), _("口径确定"), pgettext_lazy("events", "起"), False, False,
        ),
    )
}  # fmt: skip
SHARES = tuple(key for key, one in INDICATORS.items() if one.is_share)


def indicator_named(key: str) -> Indicator:
    """The indicator of a URL.

    Raises:
        NotVisible: there is none of this key.
    """
    if key not in INDICATORS:
        raise NotVisible
    return INDICATORS[key]
