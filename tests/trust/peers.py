"""Peers of another agency on real sockets: well-behaved, hostile, or only there to count who knocks."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

WAIT_S = 10.0
Answer = Callable[["Peer", socket.socket], None]


def saying(status: str = "200 OK", *headers: str, body: bytes = b"{}") -> Answer:
    """Answers every request alike."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode()
    return lambda peer, connection: connection.sendall(head + body)


def sending(data: bytes) -> Answer:
    """Sends these bytes, whatever they are, and hangs up."""
    return lambda peer, connection: connection.sendall(data)


def dripping(start: bytes) -> Answer:
    """Sends a beginning at once and then a byte now and again, far beyond any deadline of a test."""

    def drip(peer: Peer, connection: socket.socket) -> None:
        connection.sendall(start)
        while peer.sent < 500 and not peer.ends.wait(0.02):
            connection.sendall(b"x")
            peer.sent += 1

    return drip


def pouring(start: bytes, piece: bytes) -> Answer:
    """Sends a beginning and then the same piece as fast as it is taken, far beyond any cap of a test."""

    def pour(peer: Peer, connection: socket.socket) -> None:
        connection.sendall(start)
        while peer.sent < 100_000_000 and not peer.ends.is_set():
            connection.sendall(piece)
            peer.sent += len(piece)

    return pour


class Peer:
    """A listening socket with a thread for each connection; use it in a `with`.

    Attributes:
        requests: head and body of each request.
        names: server names that were asked for by TLS.
        sent: bytes that an endless answer got rid of.
    """

    def __init__(
        self, answer: Answer | None = None, *, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
    ) -> None:  # fmt: skip
        self._answer, self._context = answer or saying(), context
        if host == "everywhere":
            self._listening = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        else:
            self._listening = socket.create_server((host, port))
        self.port: int = self._listening.getsockname()[1]
        self._host = "127.0.0.1" if host == "everywhere" else host
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.sent = 0
        self.ends = threading.Event()
        self._knocks = threading.Semaphore(0)
        self._accepted = 0
        self._addresses: list[tuple] = []
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        if context:
            context.sni_callback = lambda _, name, __: self.names.append(name)

    def __enter__(self) -> Peer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        for sock in (self._listening, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        self._listening.close()

    @property
    def hits(self) -> int:
        """Connections so far. Knocks once itself, so that all that came before have been accepted and counted."""
        with socket.create_connection((self._host, self.port), timeout=WAIT_S) as probe:
            own = probe.getsockname()
            while not any(address[1] == own[1] for address in self._addresses):
                assert self._knocks.acquire(timeout=WAIT_S)
        self._accepted -= 1
        return self._accepted

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listening.accept()
            except OSError:
                return
            self._accepted += 1
            self._addresses.append(address)
            self._open.append(connection)
            self._knocks.release()
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(WAIT_S)
            if self._context is None:
                self._talk(connection)
            else:
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self._talk(secured)

    def _talk(self, connection: socket.socket) -> None:
        if request := _read_request(connection):
            self.requests.append(request)
            self._answer(self, connection)


def _read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
