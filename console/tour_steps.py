"""What to do with a case that several partners hold: each step with where it is done, some of them at the demo's desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from console.selectors.tour_case import Case

# The link that is unplugged and renamed, as the demonstration declares it.
_LINK, _LINK_AGENCY = "bureau-persons", "bureau"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a sentence and its links, (label, address)."""

    text: str
    links: list[tuple[str, str]] = field(default_factory=list)


def steps_of(case: Case, desk_url: str) -> list[Step]:
    """The steps of a case, none for most.

    Args:
        case: what was found.
        desk_url: the demo's desk, "" where none runs: what is done there is left out.
    """
    if case.key != "told_to_three":
        return []
    partners, record = case.figures["partners"], case.figures["record"]
    ledgers = [(one.name, _ledger(one.code, record)) for one in partners]
    steps = [
        Step(_("在要素页把联系电话改一次（点值旁的笔）。"), [(_("打开要素"), case.url)]),
        Step(_("几秒后每家的台账里多一行新值，带签收时间；旧值记为“已更新”。"), ledgers),
    ]
    if desk_url:
        steps += _at_the_desk(desk_url.rstrip("/"), case, partners)
    recall = [(partners[0].name, _ledger(partners[0].code, record))]
    steps.append(
        Step(_("当事人要求删除时：系统管理员在台账下方“召回一条记录”，持有它的每一家都收到召回并签收。"), recall)
    )
    return steps


def _at_the_desk(desk: str, case: Case, partners: list[Any]) -> list[Step]:
    partner, record = partners[0], case.figures["record"]
    away = (_("演示台：%(name)s") % {"name": partner.name}, f"{desk}/#partner-{partner.code}")
    page = (_("伙伴页"), reverse("exchange:partner", args=[partner.code]))
    link = (_("链路页"), reverse("exchange:link", args=[_LINK]))
    agency = (_("演示台：治安要素管控系统"), f"{desk}/#{_LINK_AGENCY}")
    speaking = next((one for one in partners if one.source_id), partner)
    disputed = (_("演示台：提出异议"), f"{desk}/dispute/partner-{speaking.code}?record={record}")
    return [
        Step(_("拔掉一家再改一次：它的积压在走，一两分钟后责任人收到邮件；接回后自动补送。"), [away, page]),
        Step(
            _("把接入系统的列改名：下一次读取停在“待确认”，系统管理员核对后按“照此采用一次”或“今后都按新列”。"),
            [agency, link],
        ),
        Step(
            _("让一家对这个人的字段提出异议：一分钟内成为取值冲突，由民警核定。"),
            [disputed, (_("取值"), f"{case.url}?tab=values")],
        ),
    ]


def _ledger(code: str, record: int) -> str:
    return f"{reverse('exchange:partner', args=[code])}?tab=ledger&record={record}"
