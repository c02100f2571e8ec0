"""A risk sheet as paper: the same blocks as reports have, so that page and DOCX are made by the same renderers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from accounts.choices import Role
from accounts.models import User
from analytics.choices import RiskSubject
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports.composing import cell
from analytics.reports.paper import Paper, numbered
from analytics.reports.phrases import Figure, day_text
from tagging.selectors.grade_list import points_text
from tagging.selectors.grade_page import how

Block = dict[str, Any]


def title_of(sheet: RiskSheet) -> str:
    """What a sheet is called."""
    return f"{sheet.content['subject'] or '（无名称）'}风险评估表"


def paper_of(sheet: RiskSheet, measures: Sequence[RiskMeasure]) -> Paper:
    """The paper of a sheet; one query for the names of who made and signed it."""
    names = dict(
        User.objects.filter(pk__in=[sheet.author_id, sheet.edited_by_id, sheet.signed_by_id]).values_list(
            "pk", "display_name"
        )
    )
    made_by = names.get(sheet.edited_by_id or sheet.author_id, "")
    signed_by = names.get(sheet.signed_by_id or 0, "待签发")
    signed_on = day_text(timezone.localtime(sheet.signed_at).date()) if sheet.signed_at else "待签发"
    local = timezone.localtime(sheet.as_of)
    fields = {
        "标题": title_of(sheet), "单位": sheet.content["place"], "期间": f"第{sheet.edition}版",
        "数据截至": f"{day_text(local.date())}{local:%H:%M}", "版次": f"第{sheet.edition}版",
        "状态": str(sheet.get_state_display()), "编制人": made_by, "签发人": signed_by, "签发日期": signed_on,
    }  # fmt: skip
    # Whatever language the pages are in, the paper is Chinese.
    with translation.override(settings.LANGUAGE_CODE):
        blocks = numbered(_blocks(sheet, measures))
    signed = [f"编制：{made_by}　签发：{signed_by}", f"签发日期：{signed_on}"]
    return Paper(fields, blocks, signed)


def _blocks(sheet: RiskSheet, measures: Sequence[RiskMeasure]) -> list[Block]:
    sections = sheet.content["sections"]
    blocks = [_heading("风险等级"), _level(sheet)]
    if sections:
        blocks += [_heading("风险因素")]
        for section in sections:
            blocks += _drivers(section)
    blocks += [_heading("事故与违法"), _figures(sheet)]
    if sheet.content["tags"]:
        blocks.append(_text(f"现有标签：{'、'.join(sheet.content['tags'])}。"))
    blocks += [_heading("研判结论"), _text(sheet.conclusion or "（待填写）"), _heading("管控措施"), _measures(measures)]
    review = f"复评日期：{day_text(sheet.review_on)}。" if sheet.review_on else "复评日期：（待填写）"
    return [*blocks, _heading("复评"), _text(review)]


def _heading(text: str) -> Block:
    return {"type": "heading", "level": 1, "text": text}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _level(sheet: RiskSheet) -> Block:
    sections = sheet.content["sections"]
    if not sections:
        return _text("未列入任何分级方案，没有得分；风险由研判结论说明。")
    said = []
    for one in sections:
        demand = f"措施要求：{one['consequence']}。" if one["consequence"] else ""
        said.append(f"按“{one['scheme']}”得 {points_text(Decimal(one['score']))} 分，等级为{one['level']}。{demand}")
    return _text("\n".join(said))


def _drivers(section: dict[str, Any]) -> list[Block]:
    items = [one for one in section["items"] if "weight" in one]
    scored = [one for one in items if Decimal(one["points"]) > 0]
    listed = [one["label"] for item in section["items"] for one in item.get("lists", ())]
    blocks: list[Block] = []
    if listed:
        blocks.append(_text(f"直接列入：{'、'.join(listed)}。"))
    if scored:
        values = [float(points_text(Decimal(one["points"]))) for one in scored]
        blocks.append({
            "type": "chart", "title": f"{section['scheme']}各项得分（分）", "labels": [one["label"] for one in scored],
            "series": [{"name": "得分", "values": values, "urls": [""] * len(values)}],
        })  # fmt: skip
    rows = [[one["label"], _value(one), how(one), points_text(Decimal(one["points"]))] for one in items]
    rows.append(["合计", "", "", points_text(Decimal(section["score"]))])
    blocks.append(
        {"type": "table", "title": section["scheme"], "head": ["指标", "数值", "计分办法", "得分"], "rows": rows}
    )
    if section["ways"]:
        blocks.append(_text(f"要退出“{section['level']}”，至少：{'；'.join(section['ways'])}。"))
    return blocks


def _value(item: dict[str, Any]) -> Any:
    if item["value"] is None:
        return "未登记"
    text = f"{item['value']}\u00a0{item.get('unit', '')}".strip()
    if not item.get("url"):
        return text
    return cell(Figure(int(item["value"]), text, item["url"]))


def _figures(sheet: RiskSheet) -> Block:
    rows = []
    for one in sheet.content["figures"]:
        now, before = one["now"], one["before"]
        rows.append([one["label"], _count(now, sheet), _count(before, sheet), _change(now["value"], before["value"])])
    return {
        "type": "table",
        "title": "近12个月与上年同期",
        "head": ["项目", "近12个月", "上年同期", "增减"],
        "rows": rows,
    }


def _count(found: dict[str, Any], sheet: RiskSheet) -> Any:
    if found["value"] is None:
        return "未知"
    # A road or a unit may have events outside the reader's scope, which his list leaves out.
    return cell(Figure(found["value"], url=found["url"], is_count=sheet.kind == RiskSubject.DISTRICT))


def _change(now: int | None, before: int | None) -> str:
    return "—" if now is None or before is None else f"{now - before:+d}" if now != before else "持平"


def _measures(measures: Sequence[RiskMeasure]) -> Block:
    rows = [[str(one.number), one.text, post_text(one), f"{one.due_on:%Y-%m-%d}"] for one in measures]
    return {"type": "table", "title": "管控措施", "head": ["序号", "措施", "责任岗位", "完成期限"], "rows": rows}


def post_text(measure: RiskMeasure) -> str:
    """The post that answers for a measure."""
    role = str(Role(measure.role).label)
    return f"{measure.area.name} · {role}" if measure.area else role
