"""伙伴演示台: buttons for the stand-ins. `desk.py --port P --agency CODE=URL … --platform URL --disputes URL --data DIR`.

It holds nothing: what it shows it asks the agencies, what it is told it passes on. Whoever may reach it may press its buttons;
it listens on this machine alone and takes forms of its own pages only.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import beijing
import desk_page
from desk_agencies import BY_CODE, Agency, act_of, fault_of
from desk_calls import Agencies, NoAnswer, Refused
from desk_letters import latest_letters
from desk_page import Entry, Frame
from desk_received import FIELDS, OF_ELEMENTS, latest_received, signing_key

_MAX_FORM = 16_384
_KEPT = 8
_CSS = Path(__file__).with_name("desk.css")
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Desk:
    """What can be done at the desk, and what was.

    Attributes:
        journal: the last things that were done, the newest first.
    """

    def __init__(self, agencies: Agencies, frame: Frame, disputes: str, data: Path, letters: Path | None) -> None:
        self._agencies, self._frame, self._disputes, self._data = agencies, frame, disputes, data
        self._letters = letters
        self.journal: deque[Entry] = deque(maxlen=_KEPT)

    def running(self, code: str) -> Agency | None:
        """An agency that was started."""
        return BY_CODE.get(code) if code in self._agencies.urls else None

    def page(self) -> str:
        return desk_page.desk(self._frame, self._agencies.states(), tuple(self.journal), latest_letters(self._letters))

    def order_fault(self, agency: Agency, mode: str) -> None:
        """A fault of the agency's buttons, or none; what drops files drops some, so that it shows at once."""
        fault = fault_of(agency, mode)
        if mode and fault is None:
            return self._note(agency, f"没有这个按钮：{mode}", is_bad=True)
        try:
            self._agencies.order_fault(agency.code, mode, dict(fault.options) if fault else {})
            if agency.dropping:
                self._agencies.act(agency.code, agency.dropping)
        except (NoAnswer, Refused) as trouble:
            return self._note(agency, f"没有做成：{trouble}", is_bad=True)
        if fault is None:
            return self._note(agency, "接回", "看补齐了没有：链路页或伙伴页恢复正常，积压归零，责任人收到恢复邮件。")
        return self._note(agency, fault.label, fault.then)

    def restore(self) -> None:
        """Takes every agency back that has a fault."""
        for code, state in self._agencies.states().items():
            agency = self.running(code)
            if agency and not isinstance(state, NoAnswer) and (state.get("fault") or {}).get("mode"):
                self.order_fault(agency, "")
        self.journal.appendleft(Entry(_time(), "全部接回"))

    def act(self, agency: Agency, code: str, key: str) -> None:
        """Something that happens at the agency, at once."""
        act = act_of(agency, code)
        if act is None:
            return self._note(agency, f"没有这个按钮：{code}", is_bad=True)
        try:
            done = [self._agencies.act(agency.code, name, key if act.key else "") for name in act.acts]
        except (NoAnswer, Refused) as trouble:
            return self._note(agency, f"{act.label}没有做成：{trouble}", is_bad=True)
        keys = "、".join(one for one in done if one)
        return self._note(agency, f"{act.label}：{keys}" if keys else act.label, act.then)

    def dispute_page(self, agency: Agency, record: int | None, problem: str = "", theirs: str = "") -> str:
        return desk_page.dispute(self._frame, agency, self._received(agency, record), record, problem, theirs)

    def _received(self, agency: Agency, record: int | None) -> list[desk_page.Received]:
        try:
            return latest_received(self._data / agency.code, record)
        except FileNotFoundError:
            return []

    def dispute(self, agency: Agency, what: str, theirs: str, reason: str, record: int | None) -> str:
        """Lets a department say that a field is wrong; what is the matter when that was refused."""
        message_id, _, field = what.partition("|")
        every = [*self._received(agency, record), *self._received(agency, None)]
        found = next((one for one in every if one.message_id == message_id), None)
        if found is None or field not in found.fields:
            return "请选择一条收到过的记录和其中一个字段。"
        if not theirs.strip() or not reason.strip():
            return "请填写我们的记载和理由。"
        order = {
            "url": self._disputes, "message_id": message_id, "field": field, "ours": found.fields[field],
            "theirs": theirs.strip(), "reason": reason.strip(), "key_id": signing_key(self._data / agency.code),
        }  # fmt: skip
        try:
            answer = self._agencies.call(agency.code, "/_dispute", order)
        except (NoAnswer, Refused) as trouble:
            return f"没有发出：{trouble}"
        if answer.get("status") != 202:
            return f"平台没有接受（{answer.get('status')}）：{str(answer.get('answer'))[:300]}"
        self._note_dispute(agency, found, field)
        return ""

    def _note_dispute(self, agency: Agency, found: desk_page.Received, field: str) -> None:
        links = (("异议", f"/exchange/partners/{agency.code.removeprefix('partner-')}/?tab=disputes"),)
        then = "民警在伙伴页的“异议”里采纳或不采纳，并写明答复。"
        if found.subject in OF_ELEMENTS:
            links += ((f"要素 #{found.record} 的取值", f"/elements/{found.record}/?tab=values"),)
            then = "单位对应了来源的，一分钟内成为它的一条说法，要素的“取值”里多出一处冲突；没有对应来源的，由民警在“异议”里处理。"
        self.journal.appendleft(
            Entry(_time(), f"{agency.name}：对 {found.title} 的“{FIELDS.get(field, field)}”提出异议", then, links)
        )

    def _note(self, agency: Agency, text: str, then: str = "", *, is_bad: bool = False) -> None:
        self.journal.appendleft(Entry(_time(), f"{agency.name}：{text}", then, agency.pages, is_bad))


def _time() -> str:
    return f"{beijing.now():%H:%M:%S}"


class _Handler(BaseHTTPRequestHandler):
    desk: Desk
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        match parts.path.split("/")[1:]:
            case [""]:
                self._html(self.desk.page())
            case ["desk.css"]:
                self._send(200, _CSS.read_bytes(), "text/css; charset=utf-8")
            case ["_state"]:
                state = {"agency": "伙伴演示台", "done": len(self.desk.journal)}
                self._send(200, json.dumps(state, ensure_ascii=False).encode(), "application/json")
            case ["dispute", code] if (agency := self._disputing(code)) is not None:
                self._html(self.desk.dispute_page(agency, _number(dict(parse_qsl(parts.query)).get("record", ""))))
            case _:
                self._text(404, "没有这个页面。")

    def do_POST(self) -> None:
        form = self._form()
        if form is None:
            return self._text(403, "只接受本页面发来的表单。")
        match urlsplit(self.path).path.split("/")[1:]:
            case ["restore"]:
                self.desk.restore()
            case ["fault", code] if (agency := self.desk.running(code)) is not None:
                self.desk.order_fault(agency, form.get("mode", ""))
            case ["act", code] if (agency := self.desk.running(code)) is not None:
                self.desk.act(agency, form.get("act", ""), form.get("key", "").strip())
            case ["dispute", code] if (agency := self._disputing(code)) is not None:
                record = _number(form.get("record", ""))
                theirs = form.get("theirs", "")
                problem = self.desk.dispute(agency, form.get("what", ""), theirs, form.get("reason", ""), record)
                if problem:
                    return self._html(self.desk.dispute_page(agency, record, problem, theirs), 400)
            case _:
                return self._text(404, "没有这个页面。")
        return self._to_the_desk()

    def _disputing(self, code: str) -> Agency | None:
        agency = self.desk.running(code)
        return agency if agency is not None and agency.may_dispute else None

    def _form(self) -> dict[str, str] | None:
        """The form, or None where it is another site's, or too long: nothing is done then."""
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdecimal() and int(length) <= _MAX_FORM else None
        origin = self.headers.get("Origin")
        is_foreign = origin is not None and urlsplit(origin).netloc != self.headers.get("Host")
        if body is None or is_foreign or self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self.close_connection = True
            return None
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))

    def _to_the_desk(self) -> None:
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _html(self, page: str, status: int = 200) -> None:
        self._send(status, page.encode(), "text/html; charset=utf-8")

    def _text(self, status: int, text: str) -> None:
        self._send(status, text.encode(), "text/plain; charset=utf-8")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", content_type), ("Content-Length", str(len(body))), ("Content-Security-Policy", _POLICY),
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *values: object) -> None:
        """Never the query, which may name a record."""


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def main() -> int:
    # Before any thread is there: all of them inherit the mask, and only sigwait gets the signals.
    endings = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)
    arguments = _arguments()
    agencies = Agencies(dict(pair.split("=", 1) for pair in arguments.agency))
    frame = Frame(arguments.platform.rstrip("/"))
    desk = Desk(agencies, frame, arguments.disputes, arguments.data, arguments.letters)
    handler = type("Handler", (_Handler,), {"desk": desk})
    server = ThreadingHTTPServer((arguments.host, arguments.port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print(json.dumps({"ready": "desk", "url": f"http://{arguments.host}:{server.server_address[1]}"}), flush=True)
    signal.sigwait(endings)
    server.shutdown()
    server.server_close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A page with buttons for the stand-ins of the demo.")
    parser.add_argument("--port", type=int, required=True, help="0 = any free one, told in the first line")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--agency", action="append", default=[], metavar="CODE=URL", help="one that runs")
    parser.add_argument("--platform", required=True, help="where a person opens the platform")
    parser.add_argument("--disputes", required=True, help="where a department sends disputes")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the folders of the agencies")
    parser.add_argument("--letters", type=Path, help="folder in which letters of the platform land as files")
    arguments = parser.parse_args()
    unknown = [pair for pair in arguments.agency if pair.partition("=")[0] not in BY_CODE or "=" not in pair]
    if unknown:
        parser.error(f"--agency: not CODE=URL of an agency: {', '.join(unknown)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
