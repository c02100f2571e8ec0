"""Figures of a rendered page: those that bear a mark, and those that forgot theirs.

data-count   rows behind the link; `10000+` = more than so many
data-sum     the sum of a column over the rows behind the link: of deaths, injured or losses
data-share   a share, a rate or a change, whose parts stand beside it
data-here    how many rows stand below the number, in the same section
data-measure a value of one row, of a past count or of a setting: no rows stand behind it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml import html

MARKS = ("count", "sum", "share", "here", "measure")
# What holds a figure: tiles, counters beside titles, cells of tables of figures.
_HOLDERS = (
    "tile-value", "side-count", "block-item-count", "indicator-value", "overview-value", "tag-count",
)  # fmt: skip
# What narrows a list of accidents to those that add something → the column that is added up.
_SUMMED = {"is_fatal=true": "deaths", "is_injury=true": "injured"}
_MARKED = " or ".join([*(f"@data-{mark}" for mark in MARKS), "contains(concat(' ', @class, ' '), ' change ')"])
_HELD = " or ".join(f"contains(concat(' ', @class, ' '), ' {one} ')" for one in _HOLDERS)
_CELL = (
    "//table[contains(concat(' ', @class, ' '), ' figures ')]//td[contains(concat(' ', @class, ' '), ' is-numeric ')]"
)
_BARE = f"//text()[translate(., '0123456789', '') != .][not(ancestor::*[{_MARKED}])]"


@dataclass(frozen=True, slots=True)
class Figure:
    """A marked number.

    Attributes:
        template: that wrote it, where the test's loader says so.
        url: of its rows; "" = it has no link.
        value: as marked.
        is_sum: a column of the rows is added up; else they are counted.
    """

    template: str
    url: str
    value: str
    is_sum: bool = False


def read(content: bytes) -> html.HtmlElement | None:
    """The page; None = nothing in it."""
    return html.fromstring(content.decode()) if content.strip() else None


def figures_of(page: html.HtmlElement, at: str) -> set[Figure]:
    """Counts and sums of the page at a URL."""
    found = set()
    for one in page.xpath("//*[@data-count or @data-sum]"):
        is_sum = one.get("data-sum") is not None
        # What a script counts while somebody draws stands inside its button.
        if one.getparent().tag != "button":
            value = one.get("data-sum" if is_sum else "data-count", "")
            found.add(
                Figure(
                    one.get("data-template", ""), urljoin(at, href) if (href := one.get("href")) else "", value, is_sum
                )
            )
    return found


def bare_figures(page: html.HtmlElement) -> list[str]:
    """Digits where figures stand that no mark covers."""
    texts = page.xpath(f"//*[{_HELD}]{_BARE}") + page.xpath(f"{_CELL}{_BARE}")
    return [" ".join(f"{_where(text)}: {text}".split()) for text in texts]


def _where(text: Any) -> str:
    parent = text.getparent()
    return f"{parent.tag}.{parent.get('class', '')}"


def listed(answer: Any) -> str:
    """How many rows a list says it has, as a mark would say it; "" = it says nothing."""
    if "json" in answer.headers["Content-Type"]:
        told = answer.json()
        return f"{told['count']}{'+' if told.get('more_than') else ''}"
    page = read(answer.content)
    counters = [] if page is None else page.xpath("//*[contains(concat(' ', @class, ' '), ' list-count ')]")
    if counters:
        text = counters[0].text_content().replace(",", "")
        found = re.search(r"(超过 )?(\d+)", text)
        return f"{found[2]}{'+' if found[1] else ''}" if found else ""
    if page is not None and page.xpath("//*[@data-rows]"):
        return str(len(page.xpath("//*[@data-rows]//tbody/tr[not(@hidden)]")))
    # An empty list says so in words of its own.
    is_empty = page is not None and page.xpath("//*[contains(@class, 'state-title')]")
    return "0" if is_empty else ""


def summed(answer: Any, url: str) -> str:
    """The sum over the rows of a list of accidents; "" = not all rows stand on the page."""
    page = read(answer.content)
    column = next((one for asked, one in _SUMMED.items() if asked in url), "property_loss_yuan")
    cells = page.xpath(f"//td[@data-column='{column}']") if page is not None else []
    if str(len(cells)) != listed(answer):
        return ""
    return str(sum(int(re.sub(r"\D", "", cell.text_content()) or 0) for cell in cells))
