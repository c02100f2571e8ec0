"""Any HTTP API that answers JSON: address, paging, where rows and cursor stand, all declared in the options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from common.allow_list import AllowList
from common.http_client import PeerClient, PeerResponse, read_url
from exchange.connectors.base import Clock, Fetched, LinkError, Options, Request, clock_doubt, json_lines

PAGINGS = ("none", "cursor", "page")
AUTHS = ("none", "bearer", "header")
MOST_PAGES, MOST_BYTES, LIMIT = 400, 90 * 2**20, 500
Row = dict[str, Any]


class _Number(str):
    """A number as it was written: nothing is rounded on the way."""


class _Page(NamedTuple):
    rows: list[Row]
    cursor: str
    total: int | None
    size_bytes: int


class HttpApi:
    """Options: `url` (with {watermark} {cursor} {page} {limit}), `method`, `body`, `headers`, `auth`, `auth_header`,
    `encoding`, `paging`, `limit`, `rows`, `next`, `total`, `ok` = {path, value}, `watermark` = {column, format, zone},
    `ordered` (rows come by rising watermark), `most_pages`, `most_bytes`, `timeout_s`.
    """

    def __init__(self, options: Mapping[str, Any], secret: str) -> None:
        given = Options(options)
        self._url, self._method = given.text("url"), given.choice("method", ("GET", "POST"))
        self._body, self._secret = given.table("body"), secret
        self._paging, self._limit = given.choice("paging", PAGINGS), given.number("limit", LIMIT)
        self._rows, self._next, self._total = given.text("rows", ""), given.text("next", ""), given.text("total", "")
        self._ok, self._encoding = given.table("ok"), given.text("encoding", "utf-8")
        self._watermark_column = str(given.table("watermark").get("column", ""))
        self._clock = Clock.of(given.table("watermark"))
        self._is_ordered = given.flag("ordered")
        self._most_pages = given.number("most_pages", MOST_PAGES)
        self._most_bytes = given.number("most_bytes", MOST_BYTES)
        self._headers = self._make_headers(given)
        self._client = PeerClient(AllowList.from_settings(), timeout_s=given.number("timeout_s", 30))

    def _make_headers(self, given: Options) -> dict[str, str]:
        headers = {str(name): str(value) for name, value in given.table("headers").items()}
        headers["Accept"] = "application/json"
        if self._body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        auth = given.choice("auth", AUTHS)
        if auth != "none" and not self._secret:
            raise LinkError("LINK_SECRET", "这条链路要用密钥，但没有保存密钥。请管理员在链路的“编辑”里填写。")
        if auth == "bearer":
            headers["Authorization"] = f"Bearer {self._secret}"
        if auth == "header":
            headers[given.text("auth_header")] = self._secret
        return headers

    def fetch(self, request: Request) -> Fetched | None:
        """Reads every page from the watermark less the overlap on.

        Raises:
            PeerError: the peer did not answer, or not with 2xx.
            LinkError: what it answered is no page of rows.
        """
        since = self._clock.since(request.watermark, request.overlap_s)
        most_pages = min(self._most_pages, request.most_pages or self._most_pages)
        rows, has_more = self._read_pages(since, most_pages)
        if not rows:
            return None
        latest = self._latest(rows)
        if has_more and request.most_pages is None:
            self._check_progress(latest, request.watermark)
        off = self._clock.off_by(latest, since, request.now)
        return Fetched(
            json_lines(rows), f"{request.code}.ndjson", watermark=self._clock.reached(latest, request.watermark, request.now),
            has_more=has_more, doubt=clock_doubt(off) if off else None,
        )  # fmt: skip

    def _read_pages(self, since: str, most_pages: int) -> tuple[list[Row], bool]:
        rows: list[Row] = []
        seen: dict[bytes, int] = {}
        cursors = {""}
        cursor, size_bytes = "", 0
        for number in range(1, most_pages + 1):
            page = self._page(since, cursor, number)
            if page.rows:
                content = json_lines(page.rows)
                if content in seen:
                    raise LinkError(
                        "PAGE_TWICE", f"第 {number} 页与第 {seen[content]} 页完全相同，对方的分页重复了，本次未采用。请联系对方；链路会自动重试。"
                    )  # fmt: skip
                seen[content] = number
            rows += page.rows
            size_bytes += page.size_bytes
            if size_bytes > self._most_bytes:
                raise LinkError(
                    "PAGES_TOO_LARGE", f"已读 {size_bytes:,} 字节，超过上限 {self._most_bytes:,}，已停止，本次未采用。请让对方增量提供，或减小 most_pages。"
                )  # fmt: skip
            if self._is_last(page, len(rows)):
                self._check_total(page, rows)
                return rows, False
            if self._paging == "cursor":
                if page.cursor in cursors:
                    raise LinkError(
                        "CURSOR_LOOP", f"第 {number} 页给出的游标用过了，分页没有尽头，本次未采用。请联系对方。"
                    )
                cursors.add(page.cursor)
                cursor = page.cursor
        return rows, True

    def _is_last(self, page: _Page, count: int) -> bool:
        if self._paging == "none" or (not page.rows and self._paging == "page"):
            return True
        if self._paging == "cursor":
            return not page.cursor
        return count >= page.total if page.total is not None else len(page.rows) < self._limit

    def _check_total(self, page: _Page, rows: list[Row]) -> None:
        if page.total is not None and len(rows) != page.total:
            raise LinkError(
                "PAGES_INCOMPLETE", f"对方说共 {page.total:,} 条，各页合计却是 {len(rows):,} 条，本次未采用。请联系对方核对分页；链路会自动重试。"
            )  # fmt: skip

    def _check_progress(self, latest: str, watermark: str) -> None:
        """More pages than one reading takes are gone on with from the watermark: only where that leads on."""
        before, after = self._clock.read(watermark) if watermark else None, self._clock.read(latest) if latest else None
        if not self._is_ordered or after is None:
            raise LinkError(
                "PAGES_TOO_MANY", f"超过 {self._most_pages} 页还没有读完，本次未采用。请加大 most_pages，或请对方按更新时间排序后声明 ordered。"
            )  # fmt: skip
        if before is not None and after <= before:
            raise LinkError("NO_PROGRESS", "一次读满了页数，更新时间却没有前进。请加大 most_pages，或减小重叠秒数。")

    def _latest(self, rows: list[Row]) -> str:
        if not self._watermark_column:
            return ""
        return self._clock.latest([str(row.get(self._watermark_column, "")) for row in rows])

    def _page(self, since: str, cursor: str, number: int) -> _Page:
        values = {"watermark": since, "cursor": cursor, "page": number, "limit": self._limit}
        body = json.dumps(_filled(self._body, values), ensure_ascii=False).encode() if self._body else None
        url = self._url
        for name, value in values.items():
            url = url.replace(f"{{{name}}}", quote(str(value), safe=""))
        answer = self._client.request(self._method, url, headers=self._headers, body=body)
        where = str(read_url(url))
        document = self._checked(answer, where)
        rows = self._rows_of(document, where)
        found_cursor, total = _at(document, self._next), _at(document, self._total)
        return _Page(
            rows, "" if found_cursor is None else str(found_cursor),
            int(total) if isinstance(total, str) and total.isdecimal() else None, len(answer.body),
        )  # fmt: skip

    def ask(self, url: str, body: dict[str, Any]) -> list[Row]:
        """Sends an object to another address of the same peer and reads the rows of its answer."""
        headers = self._headers | {"Content-Type": "application/json; charset=utf-8"}
        answer = self._client.request("POST", url, headers=headers, body=json.dumps(body, ensure_ascii=False).encode())
        return self._rows_of(self._checked(answer, str(read_url(url))), str(read_url(url)))

    def _checked(self, answer: PeerResponse, where: str) -> Any:
        document = self._document(answer, where)
        self._check_ok(document, where)
        return document

    def _rows_of(self, document: Any, where: str) -> list[Row]:
        rows = _at(document, self._rows) if self._rows else document
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LinkError(
                "REPLY_FORM", f"{where} 的应答里，“{self._rows or '最外层'}”不是一列对象。请核对传输设置 rows，或联系对方。"
            )  # fmt: skip
        return rows

    def _document(self, answer: PeerResponse, where: str) -> Any:
        content_type = {name.lower(): value for name, value in answer.headers.items()}.get("content-type", "").lower()
        is_page = answer.body.lstrip()[:1] == b"<"
        if is_page or (content_type and "json" not in content_type and "text/plain" not in content_type):
            kind = "网页" if is_page or "html" in content_type else content_type.split(";")[0]
            raise LinkError(
                "REPLY_NOT_JSON",
                f"{where} 应答 200，内容却是{kind}而不是数据，本次未采用。请联系对方；链路会自动重试。",
                keeps=answer.body,
            )
        try:
            # UTF-8 that is read as GBK often is text, only another one.
            if self._encoding.lower().startswith("gb") and _is_utf8(answer.body):
                raise UnicodeDecodeError(self._encoding, answer.body[:1], 0, 1, "utf-8")
            text = answer.body.decode(self._encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise LinkError("REPLY_ENCODING", f"{where} 的应答不是约定的 {self._encoding.upper()} 编码，本次未采用。请联系对方；链路会自动重试。", keeps=answer.body) from error  # fmt: skip
        try:
            return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        except (ValueError, RecursionError) as error:
            raise LinkError("REPLY_SYNTAX", f"{where} 的应答不完整或不是 JSON，本次未采用。请联系对方；链路会自动重试。", keeps=answer.body) from error  # fmt: skip

    def _check_ok(self, document: Any, where: str) -> None:
        if not self._ok:
            return
        found = _at(document, str(self._ok.get("path", "")))
        if str(found) != str(self._ok.get("value", "")):
            said = "没有" if found is None else str(found)[:20]
            raise LinkError(
                "REPLY_REFUSED", f"{where} 应答了错误码（{said}），本次未采用。请联系对方；链路会自动重试。"
            )


def _at(document: Any, path: str) -> Any:
    """What stands at a dotted path; None when nothing does."""
    if not path:
        return None
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its places filled; a text that is one place becomes the value itself."""
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if not isinstance(template, str):
        return template
    if template.startswith("{") and template[1:-1] in values:
        return values[template[1:-1]]
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template


def _is_utf8(body: bytes) -> bool:
    """Whether letters beyond ASCII follow the pattern of UTF-8 to the last."""
    if body.isascii():
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
