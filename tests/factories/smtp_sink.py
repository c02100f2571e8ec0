"""A real SMTP server that keeps what it is given."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpSink:
    """Listens on a free port until `close`.

    Attributes:
        port: where.
        letters: received, in order.
        is_refusing: answers 451 to every letter.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.is_refusing = False
        sink = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 sink")
                while line := self.rfile.readline().decode().strip():
                    command = line.upper()
                    if command.startswith("DATA"):
                        self._data()
                    elif command.startswith("QUIT"):
                        return self._say("221 bye")
                    elif command.startswith("MAIL") and sink.is_refusing:
                        self._say("451 later")
                    else:
                        self._say("250 ok")
                return None

            def _data(self) -> None:
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                sink.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]
                self._say("250 kept")

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def texts(self) -> list[str]:
        """Subject and body of every letter."""
        return [f"{letter['Subject']}\n{letter.get_content()}" for letter in self.letters]
