"""Our provisional addresses go to the bureau, and come back certified under its code, at once or later.

Who was asked and who was refused stands in the audit log: an address leaves the house, which has to be on record anyway.
The bureau answers the same about the same number, so that asking again after a kill does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from django.db import transaction
from django.db.models import Min, QuerySet
from django.db.models.functions import Length

from addresses.choices import AddressState
from addresses.models import StandardAddress
from addresses.services.registry_changes import certify_address
from common.audit import record_audit
from common.errors import DomainError
from common.models import AuditRow
from exchange.connectors.base import LinkError, Request
from exchange.connectors.http_api import HttpApi
from exchange.models import Connector

ASKED, REFUSED = "CERTIFICATION_ASKED", "CERTIFICATION_REFUSED"
TABLE = "addresses_standardaddress"
MOST_ITEMS = 500
Answer = dict[str, Any]


def exchange_certifications(*, connector: Connector, secret: str, now: datetime) -> dict[str, int]:
    """Sends what was not sent yet and takes in what was decided. Option `certify` = {url, since_url}.

    Returns:
        certify_sent, certified, certify_refused, certify_waiting, certify_problems; {} when there is nothing to ask.

    Raises:
        DomainError: the bureau does not answer.
    """
    declared = connector.options.get("certify")
    if not isinstance(declared, dict) or not declared.get("url"):
        raise LinkError("LINK_OPTIONS", "传输设置“certify”要写 url。请管理员在链路的“编辑”里改正。")
    counts = dict.fromkeys(("certify_sent", "certified", "certify_refused", "certify_problems"), 0)
    waiting = _asked()
    if waiting and declared.get("since_url"):
        _take_in(connector, _decided(connector, declared, secret, waiting, now), set(waiting), counts, now)
    if fresh := _not_asked():
        items = [_item(address) for address in fresh]
        answers = HttpApi(connector.options, secret).ask(str(declared["url"]), {"items": items})
        counts["certify_sent"] = len(items)
        _note_asked(fresh, now)
        _take_in(connector, answers, {address.code for address in fresh}, counts, now)
    if not waiting and not fresh:
        return {}
    return counts | {"certify_waiting": len(_asked())}


def _provisional() -> QuerySet[StandardAddress]:
    """Those above first: what stands below is certified with them, but they have a number of their own."""
    standing = StandardAddress.objects.filter(is_provisional=True, state=AddressState.ACTIVE)
    return standing.order_by(Length("full_text"), "pk")


def _noted(verb: str) -> set[str]:
    codes = list(_provisional().values_list("code", flat=True))
    rows = AuditRow.objects.filter(subject_table=TABLE, subject_id__in=codes, verb=verb)
    return set(rows.values_list("subject_id", flat=True))


def _asked() -> list[str]:
    """Codes that were sent and are neither certified nor refused."""
    return sorted(_noted(ASKED) - _noted(REFUSED))


def _not_asked() -> list[StandardAddress]:
    return list(_provisional().exclude(code__in=_noted(ASKED))[:MOST_ITEMS])


def _item(address: StandardAddress) -> dict[str, Any]:
    point = address.point
    return {
        "id": address.code, "text": address.full_text, "lon": round(point.x, 6) if point else None,
        "lat": round(point.y, 6) if point else None,
    }  # fmt: skip


def _note_asked(addresses: Iterable[StandardAddress], now: datetime) -> None:
    AuditRow.objects.bulk_create(
        AuditRow(at=now, verb=ASKED, subject_table=TABLE, subject_id=one.code, fields=["full_text", "point"])
        for one in addresses
    )


def _decided(
    connector: Connector, declared: dict[str, Any], secret: str, waiting: list[str], now: datetime
) -> list[Answer]:  # fmt: skip
    """What was decided since the first of those that wait was sent."""
    rows = AuditRow.objects.filter(subject_table=TABLE, subject_id__in=waiting, verb=ASKED)
    first = rows.aggregate(at=Min("at"))["at"] or now
    url = str(declared["since_url"]).replace("{watermark}", quote(first.isoformat(), safe=""))
    options = {name: value for name, value in connector.options.items() if name not in {"watermark", "certify"}}
    found = HttpApi(options | {"url": url}, secret).fetch(Request(connector.code, "", 0, now))
    return [orjson.loads(line) for line in found.data.splitlines()] if found else []


def _take_in(
    connector: Connector, answers: Iterable[Answer], known: set[str], counts: dict[str, int], now: datetime
) -> None:  # fmt: skip
    for answer in answers:
        code, state = str(answer.get("id", "")), str(answer.get("state", ""))
        if code not in known:
            continue
        if state == "REFUSED":
            reason = str(answer.get("reason") or "")
            record_audit(
                actor_id=None, verb=REFUSED, subject_table=TABLE, subject_id=code, reason=reason, now=now
            )  # fmt: skip
            counts["certify_refused"] += 1
        if state == "CERTIFIED":
            counts[_certify(connector, code, str(answer.get("code") or ""), now)] += 1


def _certify(connector: Connector, code: str, new_code: str, now: datetime) -> str:
    """Name of the count; an address that went another way meanwhile is a problem to be looked at, no fault."""
    try:
        with transaction.atomic():
            reason = f"{connector.source.name}认证"
            certify_address(code=code, new_code=new_code, reason=reason, actor=None, now=now)
    except DomainError:
        return "certify_problems"
    return "certified"
