"""What stands on the paper, from first to last line: both renderers read this and nothing else, so that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from analytics.choices import Cycle
from analytics.models import Report
from analytics.periods import Span
from analytics.reports.composing import CITY
from analytics.reports.phrases import day_text, span_text

_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Paper:
    """A report as it is read.

    Attributes:
        fields: values of the shell's fields by name (标题, 单位, 期间 …).
        blocks: as in the report's content; headings bear their number.
        signed: lines below the text.
    """

    fields: dict[str, str]
    blocks: list[dict[str, Any]]
    signed: list[str]

    @property
    def title(self) -> str:
        return self.fields["标题"]

    @property
    def under_title(self) -> str:
        """Unit, period and as-of, below the title."""
        return f"{self.fields['单位']}　{self.fields['期间']}　数据截至{self.fields['数据截至']}"


FIELD_NAMES = ("标题", "单位", "期间", "数据截至", "版次", "状态", "编制人", "签发人", "签发日期", "正文")


def paper_of(report: Report) -> Paper:
    """The paper of a report; one query for the names of who made and approved it."""
    names = dict(
        User.objects.filter(pk__in=[report.author_id, report.edited_by_id, report.approved_by_id]).values_list(
            "pk", "display_name"
        )
    )
    made_by = names.get(report.edited_by_id or report.author_id or 0, "") or "平台自动编制"
    approved_by = names.get(report.approved_by_id or 0, "") or (
        "平台自动签发" if report.state in Report.FIXED else "待签发"
    )
    approved_on = day_text(timezone.localtime(report.approved_at).date()) if report.approved_at else "待签发"
    fields = {
        "标题": report.title, "单位": report.area.name if report.area else CITY,
        "期间": span_text(Span(report.first_day, report.last_day)), "数据截至": _moment(report.as_of),
        "版次": f"第{report.edition}版", "状态": str(report.get_state_display()), "编制人": made_by, "签发人": approved_by,
        "签发日期": approved_on,
    }  # fmt: skip
    signed = [f"编制：{made_by}　签发：{approved_by}", f"签发日期：{approved_on}"]
    if report.edition > 1 and report.template.cycle != Cycle.ONCE:
        signed.insert(0, f"本报告为第{report.edition}版，此前各版作废。")
    return Paper(fields, numbered(report.content.get("blocks", [])), signed)


def _moment(moment: Any) -> str:
    local = timezone.localtime(moment)
    return f"{day_text(local.date())}{local:%H:%M}"


def numbered(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Headings as official documents number them: 一、 and （一）; tables and pictures 表1, 图1, each block with its place."""
    first = second = tables = pictures = 0
    shown = []
    for place, block in enumerate(blocks):
        block = dict(block, place=place)
        if block["type"] == "heading" and block["level"] == 1:
            first, second = first + 1, 0
            block["text"] = f"{chinese(first)}、{block['text']}"
        elif block["type"] == "heading":
            second += 1
            block["text"] = f"（{chinese(second)}）{block['text']}"
        elif block["type"] in {"table", "annex"}:
            tables += 1
            block["title"] = f"表{tables}　{block['title']}"
        elif block["type"] in {"chart", "map"}:
            pictures += 1
            block["title"] = f"图{pictures}　{block['title']}"
        shown.append(block)
    return shown


def chinese(number: int) -> str:
    """1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    words = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return words + (_DIGITS[ones] if ones else "")


def left_out_text(block: dict[str, Any]) -> str:
    """What an annex says of the rows that it has no room for."""
    return f"另有 {block['left_out']} 条未列出，见平台列表。" if block.get("left_out") else ""


def lines_of(paper: Paper) -> list[str]:
    """Every text of the paper in order: what both renderers must show. Texts of pictures are not among them."""
    lines = [paper.title, paper.under_title]
    for block in paper.blocks:
        lines += _lines(block)
    return lines + paper.signed


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] in {"heading", "text"}:
        return block["text"].split("\n")
    if block["type"] == "sentences":
        return [text_of(block["parts"])]
    if block["type"] in {"table", "annex"}:
        cells = [text_of([one]) for row in [block["head"], *block["rows"]] for one in row]
        return [block["title"], *cells, *filter(None, [left_out_text(block)])]
    return [block["title"], *([text_of(block["note"])] if block.get("note") else [])]


def text_of(parts: Sequence[Any]) -> str:
    """Texts and figures of a block as text."""
    return "".join(one if isinstance(one, str) else one["text"] for one in parts)
