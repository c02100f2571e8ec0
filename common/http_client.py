"""The one door to the outside: every HTTP request of the platform to another agency goes through `PeerClient`.

A host is resolved once, every address is checked against the allow-list, and the connection is made to the checked
address: a name that changes its mind afterwards changes nothing. No redirects, no retries, no proxies from the
environment; a reply has an end in bytes and in seconds. Messages name host and port, never a path or a query, which may
carry personal data.
"""

from __future__ import annotations

import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, RemoteDisconnected
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError
from urllib3.util import parse_url

from common.allow_list import AllowList
from common.errors import DomainError

TIMEOUT_S = 30.0
MAX_BYTES = 10 * 2**20
CHUNK = 64 * 2**10
REDIRECTS = {301, 302, 303, 307, 308}
TRANSIENT_STATUS = {408, 425, 429}
_PORTS = {"http": 80, "https": 443}
_NO_URL = re.compile(r"[\x00-\x20\x7f\\]")
# What decides where a message ends or to whom it goes is ours to say.
_OWN_HEADERS = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")

Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class PeerResponse:
    """What a peer answered; header names in any case. Neither headers nor body show in a log."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class PeerError(DomainError):
    """A request that did not end in a reply of 2xx.

    Attributes:
        is_transient: the same request may succeed later; otherwise a person has to change something first.
        response: of PEER_STATUS alone: the reply, e.g. for its Retry-After or its receipt.
    """

    def __init__(
        self, code: str, message: str, *, where: Target | None = None, is_transient: bool = False,
        response: PeerResponse | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code, message, {"host": where.host, "port": where.port} if where else {})
        self.is_transient = is_transient
        self.response = response


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: where to connect and the path with query exactly as it is sent."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """Takes a URL apart; `path` of the result is what a signature has to cover.

    Raises:
        PeerError: PEER_URL when it is not plain http or https, or carries a user or password.
    """
    wrong = PeerError(
        "PEER_URL", "对接地址写法不对：只能以 http:// 或 https:// 开头，不能带用户名、密码、空格或反斜杠。请在对接方设置里改正。"
    )  # fmt: skip
    if _NO_URL.search(url):
        raise wrong
    try:
        parts = parse_url(url)
    except (LocationParseError, UnicodeError) as error:
        raise wrong from error
    if parts.scheme not in _PORTS or not parts.host or parts.auth is not None:
        raise wrong
    host = parts.host.removeprefix("[").removesuffix("]")
    return Target(parts.scheme, host, _PORTS[parts.scheme] if parts.port is None else parts.port, parts.request_uri)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, in the order of the system; an address written out needs no name server."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class _Deadline:
    """The end of one request, whatever it is doing then."""

    def __init__(self, seconds: float, target: Target) -> None:
        self._seconds, self._target = seconds, target
        self._end = time.monotonic() + seconds

    def passed(self) -> PeerError:
        return PeerError(
            "PEER_TIMEOUT", f"{self._target} 在 {self._seconds:g} 秒内没有答完。请稍后重试；若一直如此，请联系对方检查服务和网络。",
            where=self._target, is_transient=True,
        )  # fmt: skip

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    @contextmanager
    def cutting(self, sock: socket.socket) -> Iterator[None]:
        """Shuts the connection at the deadline: a peer that sends a byte a second never meets a socket's own timeout."""
        cut = threading.Event()

        def shut() -> None:
            cut.set()
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

        timer = threading.Timer(self.left(), shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, HTTPError, HTTPException, PeerError) as error:
            if cut.is_set() or isinstance(error, TimeoutError):
                raise self.passed() from error
            raise
        finally:
            timer.cancel()
        # The end of a reply without a length looks like any other end.
        if cut.is_set():
            raise self.passed()


class PeerClient:
    """Sends one request at a time to peers of the allow-list; holds no connection and no state.

    Args:
        allowed: who may be talked to; asked at every use.
        timeout_s: from the first look-up to the last byte.
        max_bytes: the longest body that is read.
        resolver: host and port → addresses.
    """

    def __init__(
        self, allowed: AllowList, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES, *, resolver: Resolver = resolve
    ) -> None:  # fmt: skip
        self._allowed, self._timeout_s, self._max_bytes, self._resolver = allowed, timeout_s, max_bytes, resolver

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> PeerResponse:  # fmt: skip
        """Sends a request and returns a reply of 2xx.

        Raises:
            PeerError: PEER_URL, PEER_NOT_ALLOWED, PEER_UNREACHABLE, PEER_TIMEOUT, PEER_TLS, PEER_REDIRECTS, PEER_TOO_LARGE,
                PEER_REPLY, PEER_STATUS.
        """
        target = read_url(url)
        deadline = _Deadline(self._timeout_s, target)
        addresses = self._checked_addresses(target, deadline)
        with closing(_connected(target, addresses, deadline)) as connection:
            try:
                with deadline.cutting(connection.sock):
                    # A peer may answer, e.g. 413, before it has heard all.
                    with suppress(BrokenPipeError):
                        connection.request(
                            method, target.path, body=body, headers=_with_own(headers, target), preload_content=False,
                            decode_content=False,
                        )  # fmt: skip
                    response = self._read(connection.getresponse(), url, target)
            except (RemoteDisconnected, OSError, HTTPError) as error:
                raise _unreachable(target, "对方中途断开") from error
            except HTTPException as error:
                raise _unreadable(target) from error
        if not 200 <= response.status < 300:
            raise _refused(target, response)
        return response

    def _checked_addresses(self, target: Target, deadline: _Deadline) -> list[str]:
        if target.port in self._allowed.closed_ports:
            raise PeerError(
                "PEER_NOT_ALLOWED", f"端口 {target.port} 留给数据库或缓存，不能作为对接地址。请对方换一个端口。", where=target
            )  # fmt: skip
        addresses = self._resolved(target, deadline)
        if not all(self._allowed.permits(target.host, address, target.port) for address in addresses):
            raise PeerError(
                "PEER_NOT_ALLOWED", f"{target} 不在允许的对接方名单里。请管理员核对后写进环境变量 EXCHANGE_PEERS（本机等特殊地址要逐个写明 IP 和端口），再重启平台。",
                where=target,
            )  # fmt: skip
        return addresses

    def _resolved(self, target: Target, deadline: _Deadline) -> list[str]:
        """Looks up in a thread of its own: the system's resolver knows no deadline."""
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._resolver(target.host, target.port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=look_up, daemon=True).start()
        try:
            answer = answers.get(timeout=deadline.left())
        except queue.Empty as error:
            raise deadline.passed() from error
        if isinstance(answer, Exception) or not answer:
            raise _unreachable(target, "域名查不到") from (answer if isinstance(answer, Exception) else None)
        return answer

    def _read(self, response: BaseHTTPResponse, url: str, target: Target) -> PeerResponse:
        if response.status in REDIRECTS:
            raise _redirects(target, url, response.headers.get("Location", ""))
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _unreadable(target)
        if (response.length_remaining or 0) > self._max_bytes:
            raise self._too_large(target)
        body = bytearray()
        while chunk := response.read(CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_large(target)
        return PeerResponse(response.status, response.headers, bytes(body))

    def _too_large(self, target: Target) -> PeerError:
        return PeerError(
            "PEER_TOO_LARGE", f"{target} 的应答超过 {self._max_bytes:,} 字节，已停止读取。请让对方分页，或减少每页条数。", where=target
        )  # fmt: skip


def _connected(target: Target, addresses: list[str], deadline: _Deadline) -> HTTPConnection:
    """A connection to the first address that answers. Every one of them was checked."""
    failure = _unreachable(target, "没有地址")
    for address in addresses:
        connection = _connection(target, address, deadline.left())
        try:
            connection.connect()
        except ssl.SSLError as error:
            connection.close()
            raise _untrusted(target) from error
        except (HTTPError, OSError) as error:
            # urllib3 calls a refused connection a kind of time-out.
            is_late = isinstance(error, (ConnectTimeoutError, TimeoutError)) and not isinstance(
                error, NewConnectionError
            )
            failure = deadline.passed() if is_late else _unreachable(target, "对方拒绝连接或网络不通")
        else:
            return connection
        connection.close()
    raise failure


def _connection(target: Target, address: str, timeout_s: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=timeout_s)
    return HTTPSConnection(
        address, target.port, timeout=timeout_s, cert_reqs="CERT_REQUIRED", server_hostname=target.host
    )  # fmt: skip


def _with_own(headers: Mapping[str, str], target: Target) -> HTTPHeaderDict:
    sent = HTTPHeaderDict({name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS})
    sent.update({"Host": target.host_header, "Connection": "close", "Accept-Encoding": "identity"})
    sent.setdefault("User-Agent", "traffic-elements")
    return sent


def _redirects(target: Target, url: str, location: str) -> PeerError:
    with suppress(PeerError, ValueError):
        other = read_url(urljoin(url, location))
        return PeerError(
            "PEER_REDIRECTS", f"{target} 要求转到 {other}，平台不跟随跳转。请核对对方是否可信，再把对接地址改为最终地址。", where=target
        )  # fmt: skip
    return PeerError(
        "PEER_REDIRECTS", f"{target} 要求跳转到无法识别的地址，已拒绝。请联系对方核对接口地址。", where=target
    )


def _refused(target: Target, response: PeerResponse) -> PeerError:
    status = response.status
    is_transient = status in TRANSIENT_STATUS or status >= 500
    if is_transient:
        cure = "对方暂时无法处理，请稍后重试；若一直如此，请联系对方"
    elif status in {401, 403}:
        cure = "请核对密钥、授权和双方时钟"
    elif status in {404, 405, 410}:
        cure = "请核对接口地址和方法"
    else:
        cure = "请核对报送内容，或联系对方"
    error = PeerError(
        "PEER_STATUS", f"{target} 应答 {status}：{cure}。", where=target, is_transient=is_transient, response=response
    )
    error.extra["status"] = status
    return error


def _unreachable(target: Target, why: str) -> PeerError:
    return PeerError(
        "PEER_UNREACHABLE", f"连不上 {target}（{why}）。请稍后重试；若一直如此，请检查地址、网络、防火墙和对方服务。",
        where=target, is_transient=True,
    )  # fmt: skip


def _untrusted(target: Target) -> PeerError:
    return PeerError(
        "PEER_TLS", f"{target} 的证书通不过检查。请把对方的 CA 证书装进服务器的信任库，或请对方更换证书；不要改用 http。", where=target
    )  # fmt: skip


def _unreadable(target: Target) -> PeerError:
    return PeerError(
        "PEER_REPLY", f"{target} 的应答无法读取（不是 HTTP，或擅自压缩）。请核对端口和协议（http/https），或联系对方。", where=target
    )  # fmt: skip
