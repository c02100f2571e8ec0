"""Trust 28, requests to the outside: nothing but a peer of the allow-list is ever reached, and no reply is without an end."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import urlsplit

import pytest

from common.allow_list import AllowList
from common.http_client import PeerClient, PeerError, resolve
from tests.trust.peers import Peer, dripping, pouring, saying

NAMES = {"inside.example": ["127.0.0.1"], "mixed.example": ["10.1.2.3", "127.0.0.1"], "metadata.example": ["169.254.169.254"],
         "six.example": ["::1"], "api.bureau.lan": ["10.1.2.9"]}  # fmt: skip
# Ways to write this machine. 0.0.0.0 and :: connect to it as well.
THIS_MACHINE = [
    "127.0.0.1", "localhost", "LOCALHOST", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001",
    "0177.0.0.01", "127.127.127.127", "0.0.0.0", "0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]",
    "inside.example", "mixed.example", "six.example",
]  # fmt: skip
ELSEWHERE = [
    "169.254.169.254", "metadata.example", "[::ffff:169.254.169.254]", "[fe80::1]", "100.64.0.1", "10.0.0.5", "192.168.1.1",
    "[fd00::1]", "224.0.0.1", "[ff02::1]", "255.255.255.255",
]  # fmt: skip
NO_URLS = [
    "http://user:password@127.0.0.1:{port}/", "http://api.bureau.lan@127.0.0.1:{port}/", "http://api.bureau.lan:{port}\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX: y", "http:127.0.0.1:{port}/", "//127.0.0.1:{port}/", "127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_GET",
    "file:///etc/passwd", "unix:///run/redis.sock", "http+unix://%2Frun%2Fredis.sock/", "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/info", "http://", "http:///etc/passwd", "https://127.0.0.1:99999/",
]  # fmt: skip
CASES = [
    *((f"http://{host}:{{port}}/", "PEER_NOT_ALLOWED") for host in (*THIS_MACHINE, *ELSEWHERE)),
    ("http://127.0.0.1:{port}#@api.bureau.lan/", "PEER_NOT_ALLOWED"),
    ("http://127.0.0.1:5432/", "PEER_NOT_ALLOWED"),
    ("http://10.1.2.3:6379/", "PEER_NOT_ALLOWED"),
    ("https://api.bureau.lan/", "PEER_NOT_ALLOWED"),
    *((url, "PEER_URL") for url in NO_URLS),
]


def named(host: str, port: int) -> list[str]:
    """Names of the tests from the table above, so that none is asked of a real name server."""
    return NAMES.get(host) or resolve(host, port)


@pytest.fixture(scope="module")
def sentinel():
    with Peer(host="everywhere") as peer:
        yield peer


def refusal(client: PeerClient, url: str) -> PeerError:
    with pytest.raises(PeerError) as refused:
        client.request("GET", url, headers={})
    return refused.value


def test_there_are_at_least_45_urls():
    assert len({url for url, _ in CASES}) == len(CASES) >= 45


@pytest.mark.parametrize(("url", "code"), CASES, ids=[repr(url) for url, _ in CASES])
def test_no_url_reaches_the_sentinel(sentinel, url, code):
    allowed = AllowList.parse([f"10.1.2.0/24:{sentinel.port}", f"api.bureau.lan:{sentinel.port}"])

    error = refusal(PeerClient(allowed, 5, resolver=named), url.format(port=sentinel.port))

    assert (error.code, error.is_transient, sentinel.hits) == (code, False, 0)


@pytest.mark.parametrize("host", THIS_MACHINE)
def test_a_careless_entry_does_not_open_this_machine(sentinel, host):
    port = sentinel.port
    careless = AllowList.parse([f"0.0.0.0/0:{port}", f"::/0:{port}", f"localhost:{port}", f"inside.example:{port}"])

    error = refusal(PeerClient(careless, 5, resolver=named), f"http://{host}:{port}/")

    assert (error.code, sentinel.hits) == ("PEER_NOT_ALLOWED", 0)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"])
def test_the_urls_are_no_paper_tigers(host):
    """The plain client of the language does reach the sentinel by them."""
    with Peer(host="everywhere") as open_peer:
        parts = urlsplit(f"http://{host}:{open_peer.port}/")
        connection = http.client.HTTPConnection(parts.hostname or "", open_peer.port, timeout=5)
        connection.request("GET", "/")

        assert connection.getresponse().status == 200
        connection.close()
        assert open_peer.hits == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Again", "308 Moved"])
def test_a_redirect_is_refused_and_names_the_other_host(sentinel, status):
    place = f"http://127.0.0.1:{sentinel.port}/secret?name=x"
    with Peer(saying(status, f"Location: {place}")) as peer:
        client = PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}", f"127.0.0.1/32:{sentinel.port}"]))
        error = refusal(client, f"http://127.0.0.1:{peer.port}/")

        assert (error.code, len(peer.requests), sentinel.hits) == ("PEER_REDIRECTS", 1, 0)
    assert f"要求转到 127.0.0.1:{sentinel.port}，" in error.message
    assert "secret" not in error.message


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://a:b@x/", "gopher://x/", "", "http://[::"])
def test_a_redirect_to_no_url_is_refused_too(location):
    with Peer(saying("302 Found", f"Location: {location}")) as peer:
        error = refusal(PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}"])), f"http://127.0.0.1:{peer.port}/")

    assert (error.code, error.is_transient) == ("PEER_REDIRECTS", False)


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked():
    with Peer(host="127.0.0.2") as peer, Peer(host="127.0.0.3", port=peer.port) as other:
        answers = [["127.0.0.2"], ["127.0.0.3"]]
        client = PeerClient(AllowList.parse([f"127.0.0.2/32:{peer.port}"]), resolver=lambda host, port: answers.pop(0))
        url = f"http://rebind.example:{peer.port}/"

        assert client.request("GET", url, headers={}).status == 200
        assert (answers, len(peer.requests), other.hits) == ([["127.0.0.3"]], 1, 0)
        assert refusal(client, url).code == "PEER_NOT_ALLOWED"
        assert (len(peer.requests), other.hits) == (1, 0)


def test_a_name_with_one_foreign_address_is_refused_whole():
    with Peer(host="127.0.0.2") as peer:
        both = PeerClient(
            AllowList.parse([f"127.0.0.2/32:{peer.port}"]), resolver=lambda host, port: ["127.0.0.2", "127.0.0.3"]
        )

        assert (refusal(both, f"http://two.example:{peer.port}/").code, peer.hits) == ("PEER_NOT_ALLOWED", 0)


ENDLESS = {
    "no length": pouring(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
    "chunks": pouring(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    "a lying length": pouring(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n", b"x" * 65_536),
}


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_reply_is_cut_at_the_cap(answer):
    with Peer(answer) as peer:
        client = PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}"]), 30, 1_000_000)
        error = refusal(client, f"http://127.0.0.1:{peer.port}/")

        assert (error.code, error.is_transient) == ("PEER_TOO_LARGE", False)
        # What the system's buffers took beyond the cap was never read.
        assert peer.sent < 20_000_000


SLOW = {
    "body": dripping(b"HTTP/1.1 200 OK\r\n\r\n"),
    "body with length": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n"),
    "head": dripping(b"HTTP/1.1 200 OK\r\nX: "),
    "first line": dripping(b""),
    "no word": lambda peer, connection: peer.ends.wait(),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_slow_reply_ends_at_the_deadline(answer):
    began = time.monotonic()
    with Peer(answer) as peer:
        client = PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}"]), 0.5)
        error = refusal(client, f"http://127.0.0.1:{peer.port}/")

    assert (error.code, error.is_transient) == ("PEER_TIMEOUT", True)
    # A limit, not speed: such a peer goes on for 10 seconds and more.
    assert 0.5 <= time.monotonic() - began < 6


def test_a_peer_that_does_not_shake_hands_ends_at_the_deadline():
    with Peer(dripping(b"")) as peer:
        error = refusal(
            PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}"]), 0.5), f"https://127.0.0.1:{peer.port}/"
        )

    assert (error.code, error.is_transient) == ("PEER_TIMEOUT", True)


def test_a_name_server_that_does_not_answer_ends_at_the_deadline():
    answers = threading.Event()

    def never(host: str, port: int) -> list[str]:
        answers.wait()
        return ["127.0.0.1"]

    error = refusal(PeerClient(AllowList.parse(["127.0.0.1/32:80"]), 0.2, resolver=never), "http://slow.example/")
    answers.set()

    assert (error.code, error.is_transient) == ("PEER_TIMEOUT", True)


def test_the_own_database_and_redis_are_never_peers(settings, monkeypatch, sentinel):
    port = sentinel.port
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", str(port))
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{port}"]
    as_database = refusal(PeerClient(AllowList.from_settings()), f"http://127.0.0.1:{port}/")
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", "")
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{port}/0"
    as_redis = refusal(PeerClient(AllowList.from_settings()), f"http://127.0.0.1:{port}/")

    assert (as_database.code, as_redis.code, sentinel.hits) == ("PEER_NOT_ALLOWED", "PEER_NOT_ALLOWED", 0)
    assert f"端口 {port} 留给数据库或缓存" in as_redis.message


def test_a_listed_peer_works_every_time(settings, monkeypatch, sentinel):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{sentinel.port}")
    with Peer(saying(body=b'{"ok":1}'), host="127.0.0.2") as peer:
        settings.EXCHANGE_PEERS = [f"127.0.0.2/32:{peer.port}"]
        client = PeerClient(AllowList.from_settings(), resolver=lambda host, port: ["127.0.0.2"])
        url = f"http://api.bureau.lan:{peer.port}/v1/rows?after=7"
        replies = [client.request("POST", url, headers={"X-A": "b"}, body=b"abc") for _ in range(20)]

        assert {(reply.status, reply.body) for reply in replies} == {(200, b'{"ok":1}')}
        assert (peer.hits, sentinel.hits) == (20, 0)
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/rows?after=7 HTTP/1.1\r\n")
    assert f"\r\nHost: api.bureau.lan:{peer.port}\r\n".encode() in head
    assert body == b"abc"
