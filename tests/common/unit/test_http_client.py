"""What a peer's answer becomes: a reply, or an error that says whether to try again. TLS names and certificates."""

from __future__ import annotations

import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.allow_list import AllowList
from common.http_client import PeerClient, PeerError, PeerResponse, read_url
from tests.trust.peers import Peer, saying, sending


def client(peer: Peer) -> PeerClient:
    return PeerClient(AllowList.parse([f"127.0.0.1/32:{peer.port}"]), 10, resolver=lambda host, port: ["127.0.0.1"])


def ask(answer, **extra) -> PeerResponse:
    with Peer(answer) as peer:
        return client(peer).request("GET", f"http://127.0.0.1:{peer.port}/", headers=extra.get("headers", {}))


def refusal(answer) -> PeerError:
    with pytest.raises(PeerError) as refused:
        ask(answer)
    return refused.value


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted"])
def test_a_reply_of_2xx_is_returned(status):
    reply = ask(saying(status, "X-Receipt: 7", body="回执".encode()))

    assert (reply.status, reply.headers["x-receipt"], reply.body.decode()) == (int(status[:3]), "7", "回执")
    assert "回执" not in repr(reply)


@pytest.mark.parametrize(
    ("status", "is_transient", "cure"),
    [
        ("400 Bad", False, "报送内容"), ("401 No", False, "密钥"), ("403 No", False, "密钥"), ("404 None", False, "接口地址"),
        ("409 Conflict", False, "报送内容"), ("304 Same", False, "报送内容"), ("408 Late", True, "稍后重试"), ("429 Many", True, "稍后重试"),
        ("500 Broken", True, "稍后重试"), ("503 Busy", True, "稍后重试"),
    ],
)  # fmt: skip
def test_another_status_is_an_error_that_keeps_the_reply(status, is_transient, cure):
    error = refusal(saying(status, "Retry-After: 30", body=b"" if status.startswith("304") else b"why"))

    assert (error.code, error.is_transient, error.extra["status"]) == ("PEER_STATUS", is_transient, int(status[:3]))
    assert cure in error.message
    assert error.response is not None and error.response.headers["retry-after"] == "30"


BROKEN = {
    "hangs up": (sending(b""), "PEER_UNREACHABLE", True),
    "stops in the body": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"), "PEER_UNREACHABLE", True),
    "stops in a chunk": (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"), "PEER_UNREACHABLE", True),
    "no HTTP": (sending(b"SSH-2.0-OpenSSH_9.2\r\n"), "PEER_REPLY", False),
    "packed although not asked for": (saying("200 OK", "Content-Encoding: gzip"), "PEER_REPLY", False),
    "10,000 header lines": (sending(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n"), "PEER_REPLY", False),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "is_transient"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_reply_is_no_reply(answer, code, is_transient):
    error = refusal(answer)

    assert (error.code, error.is_transient, error.response) == (code, is_transient, None)


def test_nobody_listens():
    with Peer() as peer:
        pass
    with pytest.raises(PeerError) as refused:
        client(peer).request("GET", f"http://127.0.0.1:{peer.port}/x?name=secret", headers={})

    assert (refused.value.code, refused.value.is_transient) == ("PEER_UNREACHABLE", True)
    assert f"127.0.0.1:{peer.port}" in refused.value.message and "secret" not in refused.value.message


def test_the_second_address_is_tried_when_the_first_is_silent():
    with Peer(host="127.0.0.3") as peer:
        allowed = AllowList.parse([f"127.0.0.0/30:{peer.port}"])
        two = PeerClient(allowed, 10, resolver=lambda host, port: ["127.0.0.2", "127.0.0.3"])

        assert two.request("GET", f"http://two.example:{peer.port}/", headers={}).status == 200


def test_headers_that_frame_a_message_are_ours():
    with Peer() as peer:
        client(peer).request(
            "POST", f"http://127.0.0.1:{peer.port}/", body=b"abc",
            headers={"host": "evil.example", "Content-Length": "999", "transfer-encoding": "chunked", "X-Key-Id": "k"},
        )  # fmt: skip
        head = peer.requests[0].lower()

    assert (head.count(b"\r\nhost: "), b"evil" in head, b"chunked" in head) == (1, False, False)
    assert b"\r\ncontent-length: 3\r\n" in head and b"\r\naccept-encoding: identity\r\n" in head
    assert b"\r\nx-key-id: k\r\n" in head


def test_a_header_cannot_carry_another_line():
    with Peer() as peer:
        with pytest.raises(ValueError, match="Invalid header value"):
            client(peer).request("GET", f"http://127.0.0.1:{peer.port}/", headers={"X-A": "b\r\nX-C: d"})

        assert peer.requests == []


@pytest.mark.parametrize(
    ("url", "path"),
    [("http://h", "/"), ("http://h/a/../b?x=%e4%b8%ad&y", "/b?x=%E4%B8%AD&y"), ("http://h/a b?q".replace(" ", "%20"), "/a%20b?q"), ("https://h:1/莱#f", "/%E8%8E%B1")],
)  # fmt: skip
def test_the_path_to_sign_is_the_path_that_is_sent(url, path):
    assert read_url(url).path == path


def make_authority(folder, names: list[x509.GeneralName]) -> tuple[ssl.SSLContext, str]:
    """A server's context with a certificate for `names`, and the file of the authority that signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, str(authority)


def test_a_name_is_kept_for_tls_and_host_although_the_address_is_connected_to(tmp_path, monkeypatch):
    context, authority = make_authority(tmp_path, [x509.DNSName("api.bureau.lan")])
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    with Peer(context=context) as peer:
        reply = client(peer).request("GET", f"https://api.bureau.lan:{peer.port}/", headers={})

        assert (reply.status, peer.names) == (200, ["api.bureau.lan"])
        assert f"\r\nHost: api.bureau.lan:{peer.port}\r\n".encode() in peer.requests[0]


@pytest.mark.parametrize(("is_known", "name"), [(False, "api.bureau.lan"), (True, "other.bureau.lan")])
def test_a_certificate_of_another_name_or_authority_is_refused(tmp_path, monkeypatch, is_known, name):
    context, authority = make_authority(tmp_path, [x509.DNSName(name)])
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", authority)
    with Peer(context=context) as peer:
        with pytest.raises(PeerError) as refused:
            client(peer).request("GET", f"https://api.bureau.lan:{peer.port}/", headers={})

        assert (refused.value.code, refused.value.is_transient, peer.requests) == ("PEER_TLS", False, [])
