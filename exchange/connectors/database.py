"""A view in a database of another agency, read in a read-only transaction, page by page along its watermark and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

import environ
import orjson
from django.conf import settings
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from common.allow_list import AllowList
from common.http_client import PeerError, resolve
from exchange.connectors.base import Clock, Fetched, LinkError, Options, Request, clock_doubt, json_lines

# Only what is reached over the network: a file or a socket would be ours.
ENGINES = {
    "postgres": "django.db.backends.postgresql", "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql", "oracle": "django.db.backends.oracle", "mssql": "mssql",
}  # fmt: skip
PORTS = {"mysql": 3306, "oracle": 1521, "mssql": 1433}
PAGE_ROWS, MOST_ROWS, TIMEOUT_S = 5_000, 300_000, 60
MOST_BYTES = 90 * 2**20
_NO_LOGIN = ("authentication failed", "not permitted to log in", "no password supplied")
Row = dict[str, Any]
Place = tuple[Any, Any]


class DatabaseView:
    """Options: `url` (engine://user@host:port/database, without password: that is the secret), `view`, `columns`, `key`,
    `watermark` = {column, zone}, `timeout_s`, `page_rows`, `most_rows`.
    """

    def __init__(self, options: Mapping[str, Any], secret: str) -> None:
        given = Options(options)
        self._url, self._view, self._secret = given.text("url"), given.text("view"), secret
        self._columns, self._key = given.names("columns"), given.text("key")
        self._watermark_column = str(given.table("watermark").get("column", ""))
        self._clock = Clock.of(given.table("watermark"))
        self._timeout_s = given.number("timeout_s", TIMEOUT_S)
        self._page_rows = given.number("page_rows", PAGE_ROWS)
        self._most_rows = given.number("most_rows", MOST_ROWS)

    def fetch(self, request: Request) -> Fetched | None:
        """Reads the rows from the watermark less the overlap on, or all of them where there is none.

        Raises:
            PeerError: not allowed, or not reached.
            LinkError: refused by the database, or a key comes twice.
        """
        since = self._clock.since(request.watermark, request.overlap_s) if self._watermark_column else ""
        try:
            with self._connection() as connection:
                rows, has_more = self._rows(connection, since, request.most_pages)
        except DatabaseError as error:
            raise _refused(error, self._view) from error
        if not rows:
            return None
        latest = self._clock.latest([row[self._watermark_column] for row in rows]) if self._watermark_column else ""
        if has_more and request.most_pages is None:
            self._check_progress(latest, request.watermark)
        off = self._clock.off_by(latest, since, request.now)
        data = json_lines(rows)
        if len(data) > MOST_BYTES:
            raise LinkError(
                "VIEW_TOO_LARGE",
                f"视图“{self._view}”一次读出超过 {MOST_BYTES // 2**20} MB，本次未采用。请减小 most_rows，或少列几列。",
            )
        return Fetched(
            data, f"{request.code}.ndjson", watermark=self._clock.reached(latest, request.watermark, request.now),
            has_more=has_more, doubt=clock_doubt(off) if off else None,
        )  # fmt: skip

    def _check_progress(self, latest: str, watermark: str) -> None:
        before, after = self._clock.read(watermark) if watermark else None, self._clock.read(latest) if latest else None
        if after is None or (before is not None and after <= before):
            raise LinkError(
                "VIEW_TOO_LONG",
                f"视图“{self._view}”超过 {self._most_rows:,} 行还没有读完，本次未采用。请加大 most_rows，或声明更新时间列。",
            )

    @contextmanager
    def _connection(self) -> Iterator[BaseDatabaseWrapper]:
        handler = ConnectionHandler({"default": self._declared()})
        connection = handler["default"]
        try:
            yield connection
        finally:
            connection.close()

    def _declared(self) -> dict[str, Any]:
        """Settings of the connection; it is made to an address of the allow-list."""
        scheme = self._url.split("://", 1)[0].split("+")[0]
        if scheme not in ENGINES:
            raise LinkError("LINK_OPTIONS", f"传输设置“url”要以 {'、'.join(ENGINES)} 之一加 :// 开头。请管理员改正。")
        found: dict[str, Any] = dict(environ.Env.db_url_config(self._url, engine=ENGINES[scheme]))
        host, port = unquote(str(found.get("HOST") or "")), int(found.get("PORT") or PORTS.get(scheme, 5432))
        if not host or host.startswith("/") or found.get("PASSWORD"):
            raise LinkError("LINK_OPTIONS", "传输设置“url”要写明主机和端口，密码另填在“密钥”里。请管理员改正。")
        address = _checked_address(host, port)
        found |= {
            "HOST": host,
            "PORT": str(port),
            "PASSWORD": self._secret,
            "CONN_MAX_AGE": 0,
            "ATOMIC_REQUESTS": False,
        }
        found["OPTIONS"] = dict(found.get("OPTIONS") or {})
        if scheme in {"postgres", "postgresql"}:
            found["OPTIONS"] |= {
                "hostaddr": address, "connect_timeout": 10, "application_name": "traffic-elements",
                "options": f"-c statement_timeout={self._timeout_s * 1000} -c lock_timeout=5000"
                " -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read",
            }  # fmt: skip
        else:
            found["HOST"] = address
        return found

    def _rows(self, connection: BaseDatabaseWrapper, since: str, most_pages: int | None) -> tuple[list[Row], bool]:
        limit = self._page_rows if most_pages else self._most_rows
        rows: list[Row] = []
        keys: set[Any] = set()
        place: Place | None = None
        with _reading(connection):
            names = self._names(connection)
            while True:
                page = self._page(connection, names, since, place)
                for row in page:
                    if row[self._key] in keys:
                        raise LinkError(
                            "KEY_TWICE",
                            f"视图“{self._view}”里同一个 {self._key} 出现了两次，可能被重复导出，本次未采用。请联系对方；链路会自动重试。",
                        )
                    keys.add(row[self._key])
                rows += [{name: _text(value) for name, value in row.items()} for row in page]
                if len(page) < self._page_rows:
                    return rows, False
                if len(rows) >= limit:
                    return rows, True
                place = page[-1].get(self._watermark_column), page[-1][self._key]

    def _names(self, connection: BaseDatabaseWrapper) -> list[str]:
        """What is read: the declared columns; the view's other ones as well while a declared one is gone, to see what it became."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self._quoted_view(connection)} WHERE 1 = 0")
            there = [column[0] for column in cursor.description]
        needed = [self._key, *filter(None, [self._watermark_column])]
        if gone := [name for name in needed if name not in there]:
            raise LinkError(
                "VIEW_COLUMN",
                f"视图“{self._view}”里没有 {'、'.join(gone)} 列，无法按顺序读。请联系对方恢复，或在“编辑”里改列。",
            )
        if not self._columns or set(self._columns) - set(there):
            return there
        return list(dict.fromkeys([*self._columns, *needed]))

    def _quoted_view(self, connection: BaseDatabaseWrapper) -> str:
        return ".".join(connection.ops.quote_name(part) for part in self._view.split("."))

    def _page(self, connection: BaseDatabaseWrapper, names: list[str], since: str, place: Place | None) -> list[Row]:
        quoted = connection.ops.quote_name
        key, order = quoted(self._key), [quoted(self._key)]
        condition, values = "", []
        if self._watermark_column:
            moment = quoted(self._watermark_column)
            order.insert(0, moment)
            if place:
                condition, values = (
                    f"WHERE {moment} > %s OR ({moment} = %s AND {key} > %s)",
                    [place[0], place[0], place[1]],
                )
            elif since:
                condition, values = f"WHERE {moment} >= %s", [self._clock.read(since) or since]
        elif place:
            condition, values = f"WHERE {key} > %s", [place[1]]
        view = self._quoted_view(connection)
        limit = connection.ops.limit_offset_sql(0, self._page_rows)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(map(quoted, names))} FROM {view} {condition} ORDER BY {', '.join(order)} {limit}",
                values,
            )
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def _reading(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """One transaction around all pages: they show the view at one moment."""
    connection.ensure_connection()
    connection.set_autocommit(False)
    try:
        yield
    finally:
        connection.rollback()


def _checked_address(host: str, port: int) -> str:
    """The first address of the host, if the list allows every one of them; our own database never."""
    try:
        addresses = resolve(host, port)
    except OSError as error:
        raise PeerError("PEER_UNREACHABLE", f"连不上 {host}:{port}（域名查不到）。请稍后重试；若一直如此，请检查地址和网络。", is_transient=True) from error  # fmt: skip
    # 5432 is closed to HTTP because it may be ours; here it is asked whether it is.
    allowed = replace(AllowList.from_settings(), closed_ports=frozenset())
    if not addresses or any(not allowed.permits(host, one, port) or _is_ours(one, port) for one in addresses):
        raise PeerError(
            "PEER_NOT_ALLOWED", f"{host}:{port} 不在允许的对接方名单里，或是平台自己的数据库。请管理员核对后写进环境变量 EXCHANGE_PEERS，再重启平台。"
        )  # fmt: skip
    return addresses[0]


def _is_ours(address: str, port: int) -> bool:
    for database in settings.DATABASES.values():
        if int(database.get("PORT") or 5432) != port:
            continue
        host = str(database.get("HOST") or "")
        ours = {"127.0.0.1", "::1"} if not host or host.startswith("/") else set(resolve(host, port))
        if address in ours:
            return True
    return False


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, bytes | memoryview):
        raise LinkError("VIEW_BINARY", "视图里有二进制的列，无法作为数据读取。请在 columns 里去掉它。")
    return str(value)


def _refused(error: DatabaseError, view: str) -> LinkError:
    """What the other database said, without its words: they may quote a row."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", "") or ""
    # A connection that was refused has no state.
    if not state and any(sign in str(cause) for sign in _NO_LOGIN):
        state = "28000"
    causes = {
        "42703": ("VIEW_COLUMN", f"视图“{view}”里少了约定的列。请联系对方恢复，或在“编辑”里改列。"),
        "42P01": ("VIEW_GONE", f"没有视图“{view}”。请联系对方恢复，或在“编辑”里改名。"),
        "42501": ("VIEW_DENIED", f"没有读视图“{view}”的权限。请联系对方授权。"),
        "57014": (
            "VIEW_TIMEOUT",
            f"视图“{view}”在规定时间内没有读完。请稍后重试；若一直如此，请对方为更新时间建索引。",
        ),
        "28P01": ("VIEW_PASSWORD", "对方数据库不认密码。请在“编辑”里更新密钥。"),
        "28000": ("VIEW_PASSWORD", "对方数据库拒绝登录。请联系对方核对账号。"),
    }
    code, message = causes.get(
        state,
        ("VIEW_UNREACHABLE", "连不上对方数据库，或读到一半断开了。请稍后重试；若一直如此，请检查网络和对方服务。"),
    )
    return LinkError(code, message + "链路会自动重试。")
