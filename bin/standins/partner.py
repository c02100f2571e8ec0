"""A department that receives from us: signed pushes or files, receipts, reconciliation, and disputes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import beijing
import signature
from agency import Agency, Refusal, Reply, Request, Setup, kept_secret, write_whole
from faults import HTTP_MODES, Fault, RowShape, spoil_rows
from partner_files import FileInbox
from partner_store import Message, PartnerStore

_NAMES = {
    "transport": ("交通运输局", "JT"),
    "education": ("教育和体育局", "JY"),
    "highway": ("公路事业发展中心", "GL"),
    "agriculture": ("农业机械安全监理站", "NJ"),
    "housing": ("住房和城乡建设局", "ZJ"),
    "market": ("市场监督管理局", "SC"),
}
_PAGE = 500
_SHAPE = RowShape("receipt", ("received_at",))
_DISPUTE_FIELDS = ("message_id", "subject", "field", "ours", "theirs", "reason")


class Partner(Agency):
    """One department. Every message id is stored once; a nonce is good once."""

    modes = HTTP_MODES | {"duplicate", "reorder", "drop_rows", "rename_column", "drop_column", "bad_types"}
    modes |= {"clock_years", "poison", "lose"}

    def __init__(self, setup: Setup) -> None:
        self._name, prefix = _NAMES[setup.options["code"]]
        self._keys_path = setup.folder / "keys.json"
        if not self._keys_path.exists():
            secret = kept_secret(setup.folder / "secret.txt")
            write_whole(self._keys_path, json.dumps({"platform": secret}).encode(), mode=0o600)
        self._store = PartnerStore(setup.folder / "received.db", prefix)
        self._inbox = None
        if setup.options["takes"] == "files":
            answer_after = timedelta(seconds=10 / setup.speed if setup.speed > 0 else 0)
            self._inbox = FileInbox(setup.folder, self._store, answer_after)

    def answer(self, request: Request, fault: Fault) -> Reply:
        if (request.method, request.path) == ("POST", "/_dispute"):
            return self._dispute(request.json())
        if (request.method, request.path) == ("POST", "/inbox"):
            return self._receive(request, fault)
        if (request.method, request.path) == ("GET", "/api/received"):
            self._check_signature(request, fault)
            return self._list(request, fault)
        raise Refusal(404, "没有这个接口")

    def _keys(self) -> dict[str, str]:
        return json.loads(self._keys_path.read_text(encoding="utf-8"))

    def _check_signature(self, request: Request, fault: Fault) -> None:
        now = _own_time(fault)
        try:
            key_id = signature.check(
                dict(request.headers), self._keys(), request.method, request.target, request.body, now.timestamp()
            )
        except signature.SignatureProblem as problem:
            self._store.count("refused")
            raise Refusal(401, problem.message, problem.code) from problem
        if not self._store.is_fresh_nonce(key_id, request.headers["x-nonce"], beijing.now()):
            self._store.count("replays")
            raise Refusal(409, "随机数已用过，这是重放的请求", "REPLAY")

    def _receive(self, request: Request, fault: Fault) -> Reply:
        self._check_signature(request, fault)
        document = request.json()
        message_id = str(document.get("message_id") or request.headers.get("x-message-id") or "")
        if not message_id:
            raise Refusal(400, "缺少 message_id", "MESSAGE_ID_MISSING")
        if fault.mode == "poison" and self._poisoned(fault) in {"", message_id}:
            self._store.set_note(_poison_note(fault), message_id)
            self._store.count("poisoned")
            raise Refusal(422, "字段不合要求", "UNPROCESSABLE")
        if fault.mode == "lose":
            self._store.count("lost")
            return Reply({"receipt": self._store.receipt_of(message_id), "partner_id": "", "accepted": True})
        subject = str(document.get("subject", ""))
        message, is_new = self._store.keep(message_id, subject, "http", request.body, beijing.now())
        receipt = {"receipt": message.receipt, "partner_id": message.partner_id, "accepted": True}
        return Reply(receipt | {"duplicate": not is_new})

    def _poisoned(self, fault: Fault) -> str:
        """The id that is refused: the one ordered, or the first one seen under this fault."""
        return str(fault.options.get("message_id") or self._store.note(_poison_note(fault)))

    def _list(self, request: Request, fault: Fault) -> Reply:
        try:
            since = beijing.stamp(beijing.read(request.query["since"])) if request.query.get("since") else ""
            after = int(request.query.get("cursor") or 0)
        except ValueError as error:
            raise Refusal(400, "since 或 cursor 无法识别") from error
        found = self._store.received(since, after, _PAGE + 1)
        rows = spoil_rows([_listed(message) for message in found[:_PAGE]], fault, _SHAPE)
        following = str(found[_PAGE - 1].serial) if len(found) > _PAGE else None
        return Reply(
            {"code": 0, "time": _own_time(fault).isoformat(timespec="seconds"), "data": rows, "next": following}
        )

    def refuse(self, refusal: Refusal) -> Reply:
        document = {"accepted": False, "code": refusal.code or str(refusal.status), "message": refusal.message}
        return Reply(document, refusal.status)

    def _dispute(self, order: dict[str, Any]) -> Reply:
        """Tells the platform, signed, that a record is wrong; without an id it is the latest one received."""
        message = self._store.message(str(order["message_id"])) if order.get("message_id") else self._store.latest()
        if message is None:
            raise Refusal(404, "没有收到过这条消息")
        url = str(order.get("url", ""))
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise Refusal(400, "url 应为平台的接收地址")
        claim = {"message_id": message.message_id, "subject": message.subject}
        claim |= {name: order[name] for name in _DISPUTE_FIELDS[1:] if name in order}
        body = json.dumps(claim, ensure_ascii=False).encode()
        keys = self._keys()
        key_id = str(order.get("key_id") or next(reversed(keys)))
        if key_id not in keys:
            raise Refusal(400, "没有这个密钥编号")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = signature.signed_headers(keys[key_id], key_id, "POST", target, body)
        self._store.count("disputes")
        return Reply({"sent": claim} | _post(url, body, headers | {"Content-Type": "application/json"}))

    def tick(self, now: datetime, fault: Fault) -> None:
        if self._inbox is not None and fault.mode != "outage":
            self._inbox.look(now, fault)

    def state(self) -> dict[str, Any]:
        takes = "files" if self._inbox is not None else "http"
        return {"agency": self._name, "takes": takes, "counts": self._store.numbers()}


def _own_time(fault: Fault) -> datetime:
    now = beijing.now()
    if fault.mode != "clock_years":
        return now
    return now + timedelta(days=365 * fault.number("years", 3))


def _poison_note(fault: Fault) -> str:
    return f"poison:{fault.since}"


def _listed(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "receipt": message.receipt,
        "partner_id": message.partner_id,
        "received_at": message.received_at,
        "sha256": message.sha256,
        "duplicates": message.duplicates,
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=15) as reply:
            status, text = reply.status, reply.read(65_536)
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read(65_536)
    except OSError as error:
        return {"status": None, "answer": f"平台没有应答：{error}"}
    return {"status": status, "answer": text.decode("utf-8", "replace")}


def build(setup: Setup) -> Partner:
    """The agency that run.py starts."""
    return Partner(setup)
