"""No-go rules and their permits as tables to take out: the rows of their pages, in the same order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from common import clock
from common.errors import NotAllowed, NotVisible
from console.list_source import Filtered, ListSource, Rows, nothing_asked
from console.no_go_page import permit_rows, rule_card
from elements.models import NoGoPermit, NoGoRule
from elements.selectors import no_go
from elements.selectors.no_go_permits import permits_in_order, visible_permits
from elements.services.no_go import may_write_rules
from exchange.exporters.elements_table import CHUNK_ROWS

_RULE_HEADINGS = (
    "规定", "状态", "时间", "车辆", "使用性质", "范围", "施行日期", "失效日期（不含）", "通告", "接受通行证", "有效通行证数", "规定编号",
)  # fmt: skip
_PERMIT_HEADINGS = (
    "通行证号", "号牌", "机动车平台编号", "状态", "生效日期", "失效日期（不含）", "规定", "规定编号",
)  # fmt: skip
_RULE_STATES = {"IN_FORCE": "现行", "TO_COME": "未施行", "ENDED": "已失效"}
_PERMIT_STATES = {"VALID": "有效", "TO_COME": "未生效", "OVER": "已失效"}


def _filtered_rules(_data: QueryDict, user: Any) -> tuple[QuerySet[NoGoRule], Filtered]:
    """All rules, which are public notices; there are no filters.

    Raises:
        NotAllowed: the user neither reads elements nor configures.
    """
    return no_go.rules_with_permits(user, clock.today()), nothing_asked()


def _rule_rows(_found: QuerySet[NoGoRule], _data: QueryDict, user: Any) -> Rows:
    """Cells of the rules in force, then of those that ended: one statement."""
    rules = no_go.rules_of_page(user, clock.today())
    yield [_rule_cells(rule) for rule in (*rules.current, *rules.ended)]


def _rule_cells(rule: NoGoRule) -> list[Any]:
    card = rule_card(rule, None, clock.today())
    place = (rule.road.label or "（无名道路）") if rule.road else "划定区域"
    return [
        rule.name, _RULE_STATES[card.state], card.when, card.vehicles, card.uses, place, rule.valid_from, rule.valid_to,
        rule.notice, "是" if rule.is_permit_possible else "否", rule.permit_count if rule.is_permit_possible else None,
        rule.pk,
    ]  # fmt: skip


class _PermitForm(forms.Form):
    """What the permits are narrowed by."""

    rule = forms.IntegerField(required=False, min_value=1, max_value=2**31)


def _filtered_permits(data: QueryDict, user: Any) -> tuple[QuerySet[NoGoPermit], Filtered]:
    """Permits of visible vehicles, of one rule or of all, for whom the page of a rule is for.

    Raises:
        NotAllowed: the user does not write rules.
        NotVisible: there is no such rule.
    """
    if not may_write_rules(user):
        raise NotAllowed
    form, permits = _PermitForm(data), visible_permits(user)
    if not form.is_valid():
        raise NotVisible
    if rule_id := form.cleaned_data["rule"]:
        permits = permits.filter(rule=no_go.rule_of_page(rule_id, user, clock.today()))
    return permits, Filtered(form)


def _permit_rows(found: QuerySet[NoGoPermit], _data: QueryDict, user: Any) -> Rows:
    """Cells of some permits at a time, the newest first: which ones and their order, then one statement a chunk."""
    ordered = permits_in_order(found).select_related("vehicle", "rule").defer("rule__area")
    ids = list(permits_in_order(found).values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK_ROWS):
        permits = list(ordered.filter(pk__in=ids[start : start + CHUNK_ROWS]))
        yield [_permit_cells(row) for row in permit_rows(permits, user, clock.today())]


def _permit_cells(row: dict[str, Any]) -> list[Any]:
    permit = row["permit"]
    return [
        permit.number, row["label"], permit.vehicle_id, _PERMIT_STATES[row["state"]], permit.valid_from, permit.valid_to,
        permit.rule.name, permit.rule_id,
    ]  # fmt: skip


SOURCES = {
    "no-go-rules": ListSource(
        title="禁行规定", table="elements_nogorule", headings=_RULE_HEADINGS, filtered=_filtered_rules, rows=_rule_rows
    ),
    "no-go-permits": ListSource(
        title="禁行通行证", table="elements_nogopermit", headings=_PERMIT_HEADINGS, filtered=_filtered_permits,
        rows=_permit_rows, subject="rule",
    ),
}  # fmt: skip
