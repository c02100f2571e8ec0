"""Clients of the API over real sockets: each answer is read whole before it counts."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.fault.history import FAIL, INFO, OK

TIMEOUT_S = 20


class Api:
    """Calls with one token.

    Attributes:
        open: requests that are sent and not answered.
    """

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._lock, self.open = threading.Lock(), 0

    def post(self, path: str, document: Any = None) -> tuple[str, Any]:
        """Outcome and body."""
        return self._call("POST", path, json.dumps(document or {}).encode(), "application/json")

    def get(self, path: str) -> tuple[str, Any]:
        return self._call("GET", path, None, "")

    def upload(self, path: str, name: str, data: bytes, **fields: str) -> tuple[str, Any]:
        """A form with one file."""
        border = uuid.uuid4().hex
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        body = b"".join([*parts, head.encode(), data, f"\r\n--{border}--\r\n".encode()])
        return self._call("POST", path, body, f"multipart/form-data; boundary={border}")

    def _call(self, method: str, path: str, body: bytes | None, kind: str) -> tuple[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Content-Type": kind} if kind else {})
        with self._lock:
            self.open += 1
        try:
            with closing(HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)) as connection:
                connection.request(method, path, body=body, headers=headers)
                reply = connection.getresponse()
                status, text = reply.status, reply.read()
            document = json.loads(text) if text else None
        except (OSError, HTTPException, ValueError):
            return INFO, None
        finally:
            with self._lock:
                self.open -= 1
        return (OK if status < 300 else FAIL if status < 500 else INFO), document
