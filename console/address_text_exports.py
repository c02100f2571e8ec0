"""Open address texts and what was decided about them as tables to take out: the rows of their lists, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from addresses.choices import DecisionState
from addresses.models import AddressDecision
from common.scrub import scrub
from console.forms import AddressTextFilterForm, valid_filter
from console.place_exports import Filtered
from console.selectors import address_worklist as worklist
from console.selectors import decision_list
from elements.list_view import NEWEST_FIRST
from elements.selectors.address_texts import group_heads, grouped
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS

TEXT_HEADINGS = (
    "地址文本", "结果", "原因", "写到", "匹配到", "相同文本数", "要素数", "首选候选", "候选编码", "可信度（%）", "来源", "裁定意见",
)  # fmt: skip
DECISION_HEADINGS = (
    "地址文本", "结论", "标准地址编码", "说明", "状态", "裁定人", "裁定时间", "引擎原说", "引擎可信度（%）", "撤销人", "撤销时间",
)  # fmt: skip
# Groups about which operators disagree stand on top of the list; more than these come where their number puts them.
TOP = 20


def filtered_texts(data: QueryDict, user: Any) -> tuple[QuerySet[Any], Filtered]:
    """Groups of equal open texts of the worklist with these parameters.

    Raises:
        DomainError: a filter value is not valid.
    """
    form = AddressTextFilterForm(data)
    asked = worklist.asked_texts(valid_filter(form))
    return grouped(asked.read(user)), Filtered(form)


def text_rows(_found: QuerySet[Any], data: QueryDict, user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some groups at a time: those that operators disagree about, then all others by the number of their first text.

    The open texts are asked one by one once; memory stays that of one chunk.
    """
    asked = worklist.asked_texts(valid_filter(AddressTextFilterForm(data)))
    top = worklist.conflicting_groups(user, asked, TOP)
    yield [_text_cells(card) for card in top]
    heads, shown, last = group_heads(asked.read(user, is_in_order=True)), {card["id"] for card in top}, 0
    while groups := list(heads.filter(pk__gt=last)[:CHUNK_ROWS]):
        last = groups[-1]["first"]
        others = [group for group in groups if group["first"] not in shown]
        yield [_text_cells(card) for card in worklist.group_cards(user, others)]


def _text_cells(card: dict[str, Any]) -> list[Any]:
    first = card["candidates"][0] if card["candidates"] else {}
    opinions = [f"{one['who']}：{one['words']}" for one in card["opinions"]]
    return [
        scrub(card["text"]), card["status_label"], scrub("；".join(card["reasons"])), card["wanted"], card["reached"],
        card["texts"], card["elements"], first.get("full_text"), first.get("code"), first.get("percent"),
        "、".join(card["sources"]), scrub("；".join(opinions)),
    ]  # fmt: skip


class _DecisionForm(forms.Form):
    """What the list of decisions is narrowed by."""

    state = forms.ChoiceField(choices=[("", ""), *DecisionState.choices], required=False)


def filtered_decisions(data: QueryDict, user: Any) -> tuple[QuerySet[AddressDecision], Filtered]:
    """Decisions of the list with these parameters.

    Raises:
        DomainError: there is no such state.
    """
    found = decision_list.filtered_decisions(user, data.get("state", ""))
    form = _DecisionForm(data)
    form.full_clean()
    return found, Filtered(form)


def decision_rows(found: QuerySet[AddressDecision], _data: QueryDict, _user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some decisions at a time, the latest first."""
    read = partial(decision_list.read_page, found, order=NEWEST_FIRST, size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_decision_cells(row) for row in decision_list.decision_rows(page)] for page in pages)


def _decision_cells(row: dict[str, Any]) -> list[Any]:
    return [
        scrub(row["text"]), scrub(row["words"]), row["code"], scrub(row["note"]), row["state"], row["who"], row["at"], row["engine"],
        row["percent"], row["undone_by"], row["undone_at"],
    ]  # fmt: skip
