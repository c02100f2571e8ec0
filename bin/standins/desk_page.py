"""The desk as HTML: plain forms, no script, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from desk_agencies import AGENCIES, COUNTS, Act, Agency, Fault, fault_of
from desk_calls import NoAnswer
from desk_letters import Letter
from desk_received import FIELDS, Received

_MODES = {"dead": "端口关闭", "duplicate": "重复", "truncate": "截断", "error_page": "错误页"}
_NAMED = 20
_REASON = "与本单位登记不符（演示）"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done at the desk.

    Attributes:
        then: what to look at next.
        links: (label, path or address) of the platform's pages about it.
    """

    at: str
    text: str
    then: str = ""
    links: tuple[tuple[str, str], ...] = ()
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of the desk shows around its content: where the platform is for the person's browser."""

    platform: str

    def page(self, title: str, content: str) -> str:
        return (
            '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title>'
            '<link rel="stylesheet" href="/desk.css"></head><body>'
            '<header><div><h1><a href="/">伙伴演示台</a></h1>'
            "<p>演示用的十一家外单位系统，数据均为生成。在这里让它们出故障、变数据，到平台上看结果。</p></div>"
            f'<nav><a class="button" href="/">刷新</a>{self.link("打开平台", "/tour/", "button")}</nav></header>'
            f"<main>{content}</main></body></html>"
        )

    def link(self, label: str, path: str, css: str = "") -> str:
        """A link to a page of the platform; `path` begins with a slash."""
        kind = f' class="{css}"' if css else ""
        return f'<a{kind} href="{escape(self.platform + path)}" target="_blank" rel="noopener">{escape(label)}</a>'

    def links(self, pages: Sequence[tuple[str, str]]) -> str:
        return " ".join(self.link(label, path) for label, path in pages)


def desk(
    frame: Frame, states: dict[str, dict[str, Any] | NoAnswer], journal: Sequence[Entry], letters: list[Letter] | None
) -> str:
    """The whole desk."""
    running = [agency for agency in AGENCIES if agency.code in states]
    groups = (
        ("给我们数据的单位", [agency for agency in running if not agency.is_partner]),
        ("我们告知的单位", [agency for agency in running if agency.is_partner]),
    )
    parts = [_journal(frame, journal)]
    for title, agencies in groups:
        cards = "".join(_card(frame, agency, states[agency.code]) for agency in agencies)
        parts.append(f'<section><h2>{title}</h2><div class="cards">{cards}</div></section>')
    return frame.page("伙伴演示台", "".join([*parts, _letters(letters), _explained()]))


def _journal(frame: Frame, journal: Sequence[Entry]) -> str:
    everything = '<form method="post" action="/restore"><button type="submit">全部接回</button></form>'
    if not journal:
        text = "还没有动过。先点一家单位的“拔掉”，再到平台上看它的链路页或伙伴页。"
        return f'<section class="journal"><h2>刚才做了什么</h2><p class="quiet">{text}</p>{everything}</section>'
    items = "".join(_entry(frame, entry, is_first=place == 0) for place, entry in enumerate(journal))
    return f'<section class="journal"><h2>刚才做了什么</h2><ol role="status">{items}</ol>{everything}</section>'


def _entry(frame: Frame, entry: Entry, *, is_first: bool) -> str:
    css = "bad" if entry.is_bad else "done"
    head = f'<time>{escape(entry.at)}</time> <strong class="{css}">{escape(entry.text)}</strong>'
    if not is_first:
        return f"<li>{head} {frame.links(entry.links)}</li>"
    then = f"<p>接下来：{escape(entry.then)}</p>" if entry.then else ""
    links = f'<p class="links">{frame.links(entry.links)}</p>' if entry.links else ""
    return f'<li class="latest">{head}{then}{links}</li>'


def _card(frame: Frame, agency: Agency, state: dict[str, Any] | NoAnswer) -> str:
    head = f'<h3>{escape(agency.name)}</h3><p class="quiet">{escape(agency.holds)}</p>'
    links = f'<p class="links">{frame.links(agency.pages)}</p>'
    if isinstance(state, NoAnswer):
        badge = '<p class="badge bad">没有应答</p>'
        return f'<article id="{agency.code}">{head}{badge}<p role="alert">{escape(str(state))}</p>{links}</article>'
    fault = state.get("fault") or {}
    mode = str(fault.get("mode") or "")
    return (
        f'<article id="{agency.code}">{head}{_badge(agency, mode)}{_counts(state)}'
        f'<div class="buttons">{_fault_buttons(agency, mode)}</div>'
        f"{_acts(agency)}{links}</article>"
    )


def _badge(agency: Agency, mode: str) -> str:
    if not mode:
        return '<p class="badge ok">正常</p>'
    known = fault_of(agency, mode)
    label = known.label if known else _MODES.get(mode, mode)
    then = f"<p>{escape(known.then)}</p>" if known else ""
    return f'<p class="badge bad">现在：{escape(label)}</p>{then}'


def counts_of(state: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a state in words."""
    numbers = {**(state.get("counts") or {}), **(state.get("ferry") or {})}
    found = []
    for name, label in COUNTS.items():
        value = numbers.get(name)
        if isinstance(value, list):
            # The stand-ins name the last ones only.
            found.append((label, f"{len(value)}" if len(value) < _NAMED else f"{_NAMED} 以上"))
        elif isinstance(value, int):
            found.append((label, f"{value:,}"))
    return found


def _counts(state: dict[str, Any]) -> str:
    rows = "".join(f"<div><dt>{escape(label)}</dt><dd>{value}</dd></div>" for label, value in counts_of(state))
    return f"<dl>{rows}</dl>" if rows else ""


def _fault_buttons(agency: Agency, mode: str) -> str:
    buttons = [_fault_button(agency, fault, is_on=fault.mode == mode) for fault in agency.faults]
    if mode:
        buttons.append(
            f'<form method="post" action="/fault/{agency.code}"><input type="hidden" name="mode" value="">'
            '<button type="submit" class="main">接回</button></form>'
        )
    return "".join(buttons)


def _fault_button(agency: Agency, fault: Fault, *, is_on: bool) -> str:
    pressed = "true" if is_on else "false"
    return (
        f'<form method="post" action="/fault/{agency.code}"><input type="hidden" name="mode" value="{fault.mode}">'
        f'<button type="submit" aria-pressed="{pressed}" title="{escape(fault.then)}">{escape(fault.label)}</button></form>'
    )


def _acts(agency: Agency) -> str:
    forms = "".join(_act(agency, act) for act in agency.acts)
    if agency.may_dispute:
        forms += f'<form method="get" action="/dispute/{agency.code}"><button type="submit">提出异议…</button></form>'
    return f'<div class="acts">{forms}</div>' if forms else ""


def _act(agency: Agency, act: Act) -> str:
    box = ""
    if act.key:
        box = f'<input name="key" aria-label="{escape(act.key)}" placeholder="{escape(act.key)}" autocomplete="off" maxlength="40">'
    return (
        f'<form method="post" action="/act/{agency.code}"><input type="hidden" name="act" value="{act.code}">'
        f'{box}<button type="submit" title="{escape(act.then)}">{escape(act.label)}</button></form>'
    )


def _letters(letters: list[Letter] | None) -> str:
    if letters is None:
        content = '<p class="quiet">信件由您设置的邮件服务器发送，这里看不到。</p>'
    elif not letters:
        content = '<p class="quiet">还没有信件。拔掉一家单位，几分钟后责任人会收到一封。</p>'
    else:
        content = "".join(
            f"<details><summary><time>{escape(one.at)}</time> {escape(one.subject)}</summary>"
            f'<p class="quiet">收件人 {escape(one.to)}</p><pre>{escape(one.body)}</pre></details>'
            for one in letters
        )
    return f'<section id="letters"><h2>平台发出的信件</h2>{content}</section>'


def _explained() -> str:
    """What every button does, for who plans what to show."""
    rows = []
    for title, is_partner in (("给我们数据的单位", False), ("我们告知的单位", True)):
        agencies = [agency for agency in AGENCIES if agency.is_partner == is_partner]
        buttons = {(one.label, one.then) for agency in agencies for one in (*agency.faults, *agency.acts)}
        rows.append(f'<tr><th colspan="2" scope="colgroup">{title}</th></tr>')
        rows += [
            f'<tr><th scope="row">{escape(label)}</th><td>{escape(then)}</td></tr>' for label, then in sorted(buttons)
        ]
    return (
        "<section><details><summary>按钮说明</summary>"
        f"<table><tbody>{''.join(rows)}</tbody></table></details></section>"
    )


def dispute(
    frame: Frame, agency: Agency, received: list[Received], record: int | None, problem: str = "", theirs: str = ""
) -> str:
    """The page on which a department says that a field is wrong."""
    asked = "" if record is None else str(record)
    search = (
        f'<form method="get" action="/dispute/{agency.code}" class="row"><label for="record">记录编号</label>'
        f'<input id="record" name="record" inputmode="numeric" value="{asked}" maxlength="18">'
        '<button type="submit">查找</button></form>'
    )
    warning = f'<p role="alert" class="bad">{escape(problem)}</p>' if problem else ""
    if not received:
        text = "没有收到过这条记录，或已按要求删除。" if asked else "还没有收到过什么。"
        body = f'<p class="quiet">{text}换一个记录编号，或等平台送来一条。</p>'
    else:
        body = _dispute_form(agency, received, theirs)
    explained = '<p class="quiet">异议只能针对收到过的字段。它不改动平台的记录：成为这个单位来源的一条说法，与其他来源并列为冲突，由民警核定。</p>'
    content = f"<section><h2>{escape(agency.name)}：提出异议</h2>{explained}{warning}{search}{body}</section>"
    return frame.page(f"{agency.name}：提出异议", content)


def _dispute_form(agency: Agency, received: list[Received], theirs: str) -> str:
    groups = "".join(
        f'<optgroup label="{escape(one.title)}">'
        + "".join(
            f'<option value="{escape(one.message_id)}|{escape(name)}">{escape(FIELDS.get(name, name))}：{escape(value) or "（空）"}</option>'
            for name, value in one.fields.items()
        )
        + "</optgroup>"
        for one in received
    )
    return (
        f'<form method="post" action="/dispute/{agency.code}" class="stack">'
        f'<label for="what">哪条记录的哪个字段</label><select id="what" name="what" size="12" required>{groups}</select>'
        f'<label for="theirs">我们的记载</label><input id="theirs" name="theirs" required maxlength="200" value="{escape(theirs)}">'
        f'<label for="reason">理由</label><input id="reason" name="reason" required maxlength="200" value="{_REASON}">'
        '<button type="submit" class="main">签名发出</button></form>'
    )
