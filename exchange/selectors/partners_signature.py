"""Says which step of a signature differs: for people who connect and get 401."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from common.signing import KEY_ID, MAX_SKEW_S, NONCE, SIGNATURE, TIMESTAMP, VERSION, SignatureError, verify

_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the check: what it is, whether it is right (None = not reached), what is to be done."""

    label: str
    is_right: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A request as somebody typed it in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def explain(given: Given, secrets: Mapping[str, bytes], now: datetime) -> list[Step]:
    """The steps in their order; the first wrong one says the cure, later ones are still looked at where they can be."""
    steps = [_headers(given), _key(given, secrets), _time(given, now), _body(given)]
    secret = secrets.get(given.headers.get(KEY_ID, ""))
    steps.append(Step("签名", None, "密钥编号不对，签名无从比较") if secret is None else _signature(given, secret))
    if all(step.is_right for step in steps):
        steps.append(_whole(given, secrets, now))
    return steps


def _headers(given: Given) -> Step:
    missing = [name for name in (KEY_ID, TIMESTAMP, NONCE, SIGNATURE) if not given.headers.get(name)]
    if missing:
        return Step("四个报文头", False, f"缺少 {'、'.join(missing)}")
    if not 16 <= len(given.headers[NONCE]) <= 64:
        return Step("四个报文头", False, f"{NONCE} 应为 16–64 个字母、数字、点、横线或下划线，每次不同")
    return Step("四个报文头", True)


def _key(given: Given, secrets: Mapping[str, bytes]) -> Step:
    if given.headers.get(KEY_ID, "") in secrets:
        return Step("密钥编号", True)
    return Step("密钥编号", False, "这个编号不存在或已停用，请核对“密钥”页上的编号（区分大小写）")


def _time(given: Given, now: datetime) -> Step:
    stamp = given.headers.get(TIMESTAMP, "")
    if not stamp.isdigit():
        return Step("时间", False, f"{TIMESTAMP} 应为 1970 年以来的秒数，如 {int(now.timestamp())}")
    apart = int(stamp) - int(now.timestamp())
    if abs(apart) > 10**9:
        return Step("时间", False, f"{TIMESTAMP} 看来是毫秒，应为秒，如 {int(now.timestamp())}")
    if abs(apart) > MAX_SKEW_S:
        return Step("时间", False, f"与平台相差 {apart} 秒，最多允许 {MAX_SKEW_S} 秒；请校准时钟，或重新签名后立即检查")
    return Step("时间", True, f"相差 {apart} 秒")


def _body(given: Given) -> Step:
    return Step("正文摘要", True, f"平台对这段正文算得 SHA-256：{hashlib.sha256(given.body).hexdigest()}")


def _signed_text(given: Given, *, path: str | None = None, body: bytes | None = None, method: str | None = None) -> str:
    lines = (
        VERSION, method or given.method, path or given.path, given.headers.get(TIMESTAMP, ""), given.headers.get(NONCE, ""),
        hashlib.sha256(given.body if body is None else body).hexdigest(),
    )  # fmt: skip
    return "\n".join(lines)


def _mac(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _signature(given: Given, secret: bytes) -> Step:
    signature = given.headers.get(SIGNATURE, "")
    right = _mac(secret, _signed_text(given))
    if hmac.compare_digest(signature, right.hex()):
        return Step("签名", True)
    for cure, candidate in _mistakes(given, secret, right):
        if hmac.compare_digest(signature.encode(), candidate.encode()):
            return Step("签名", False, cure)
    if not _HEX.fullmatch(signature):
        return Step("签名", False, "签名应为 64 位小写十六进制")
    return Step("签名", False, "六行内容中至少一行与平台的不同，或密钥不对。请与下面平台签名的内容逐行比较。")


def _mistakes(given: Given, secret: bytes, right: bytes) -> list[tuple[str, str]]:
    """What people usually get wrong → the signature that comes of it."""

    def of(**changed: str | bytes) -> str:
        return _mac(secret, _signed_text(given, **changed)).hex()  # type: ignore[arg-type]

    text = _signed_text(given)
    return [
        ("签名用了大写十六进制，请改为小写", right.hex().upper()),
        ("签名用了 Base64，请改为小写十六进制", base64.b64encode(right).decode()),
        ("路径里漏了问号后面的查询参数，请连同查询参数一起签名", of(path=given.path.partition("?")[0])),
        ("路径末尾的斜杠不一致，请按实际请求的路径签名", of(path=given.path.rstrip("/") or "/")),
        ("请求方法用了小写，请改为大写", of(method=given.method.lower())),
        ("签名时的正文是空的，请对实际发送的正文签名", of(body=b"")),
        ("签名时的正文末尾多一个换行", of(body=given.body + b"\n")),
        ("最后多了一个换行：六行之间用换行隔开，最后一行后面没有", _mac(secret, text + "\n").hex()),
        ("漏了第一行 v1", _mac(secret, text.removeprefix(f"{VERSION}\n")).hex()),
        ("六行之间用了回车加换行（\\r\\n），请只用换行（\\n）", _mac(secret, text.replace("\n", "\r\n")).hex()),
        ("用的是普通 SHA-256，不是 HMAC-SHA256", hashlib.sha256(text.encode()).hexdigest()),
    ]  # fmt: skip


def _whole(given: Given, secrets: Mapping[str, bytes], now: datetime) -> Step:
    try:
        verify(given.headers, method=given.method, path=given.path, body=given.body, secrets=secrets, now=now)
    except SignatureError as error:
        return Step("整体", False, error.message)
    return Step("整体", True, "平台会接受这份签名；随机数只能用一次，正式发送时请重新签名")


def signed_text(given: Given) -> list[str]:
    """The six lines that the platform signs."""
    return _signed_text(given).split("\n")
