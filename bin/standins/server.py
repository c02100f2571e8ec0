"""The HTTP door of a stand-in: the agency's dialect, three control paths, and the faults of a connection."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import beijing
from agency import Agency, Refusal, Reply, Request
from faults import ERROR_PAGE, NO_FAULT, Fault, FaultBox, in_wrong_charset

_MAX_BODY_BYTES = 8 * 2**20
_HUGE_BYTES = 4 * 2**30


class Door:
    """Listens on a port; closed, its connections are refused; opened again, the port is the same."""

    def __init__(self, host: str, port: int, agency: Agency, box: FaultBox) -> None:
        self.host, self.port = host, port
        self._agency, self._box = agency, box
        self._server: _Server | None = None

    def open(self) -> None:
        if self._server is not None:
            return
        self._server = _Server((self.host, self.port), _Handler)
        self._server.agency, self._server.box = self._agency, self._box
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # server_close would wait for the handlers; one of them may be inside an endless answer.
    block_on_close = False
    request_queue_size = 64
    agency: Agency
    box: FaultBox

    def shutdown_request(self, request: Any) -> None:
        """Closes without a polite farewell first, so that an outage is a reset."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; everything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, form: str, *values: Any) -> None:
        """Never the query, which may name people."""

    def _serve(self) -> None:
        self.close_connection = True
        request = self._read_request()
        if request is None:
            return self._send(Reply({"code": 413, "message": "请求体太大"}, 413), NO_FAULT)
        if request.path.startswith("/_"):
            return self._send(self._control(request), NO_FAULT)
        fault = self.server.box.current()
        match fault.mode:
            case "outage":
                return self._reset()
            case "redirect":
                return self._redirect(str(fault.options.get("to", "http://elsewhere.invalid/login")))
            case "error_page":
                return self._send_bytes(200, ERROR_PAGE.encode(), "text/html; charset=utf-8")
            case "huge":
                return self._send_endless(fault)
            case "slow":
                self.server.box.wait(fault, fault.number("seconds", 10))
        return self._send(self._answer(request, fault), fault)

    def _read_request(self) -> Request | None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= _MAX_BODY_BYTES:
            return None
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(self.command, parts.path, self.path, query, headers, self.rfile.read(length))

    def _answer(self, request: Request, fault: Fault) -> Reply:
        try:
            return self.server.agency.answer(request, fault)
        except Refusal as refusal:
            return self.server.agency.refuse(refusal)

    def _control(self, request: Request) -> Reply:
        box, agency = self.server.box, self.server.agency
        try:
            if (request.method, request.path) == ("GET", "/_state"):
                return Reply({"fault": fault_state(box), **agency.state()})
            if (request.method, request.path) == ("POST", "/_fault"):
                box.order(request.json())
                return Reply({"fault": fault_state(box)})
            if (request.method, request.path) == ("POST", "/_act"):
                order = request.json()
                with agency.busy:
                    return Reply(agency.act(str(order.get("act", "")), order, beijing.now(), box.current()))
            if request.method == "POST":
                return agency.answer(request, NO_FAULT)
        except ValueError as error:
            return Reply({"code": 400, "message": str(error)}, 400)
        except Refusal as refusal:
            return Reply({"code": refusal.code or refusal.status, "message": refusal.message}, refusal.status)
        return Reply({"code": 404, "message": "没有这个接口"}, 404)

    def _send(self, reply: Reply, fault: Fault) -> None:
        text = json.dumps(reply.document, ensure_ascii=False, separators=(",", ":"))
        body = text.encode(reply.charset)
        if fault.mode == "wrong_encoding":
            body = in_wrong_charset(text, reply.charset)
        sent = body[: len(body) // 2] if fault.mode == "truncate" else body
        self._send_bytes(reply.status, sent, f"application/json; charset={reply.charset}", length=len(body))

    def _send_bytes(self, status: int, body: bytes, content_type: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _send_endless(self, fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b'{"code":0,"status":200,"data":[')
        piece, sent = b'{"XM":"-"},' * 6000, 0
        while sent < _HUGE_BYTES and self.server.box.current() is fault:
            self.wfile.write(piece)
            sent += len(piece)

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _reset(self) -> None:
        # Linger zero: the close is a reset instead of an end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def fault_state(box: FaultBox) -> dict[str, Any]:
    """The fault in force, for people."""
    fault = box.current()
    return {
        "mode": fault.mode,
        "until": fault.until.isoformat() if fault.until else None,
        "options": fault.options,
        "problem": box.problem,
    }
