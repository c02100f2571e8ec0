"""What the pages of address texts read from a request and say after a decision."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.gis.geos import Point
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from addresses.choices import AddressLevel, Verdict
from addresses.fault_words import level_word
from addresses.models import AddressText, StandardAddress
from addresses.parsing.components import LEVELS, Components
from addresses.services.decisions import Decided, Undone
from addresses.services.relinking import may_relink
from common import clock
from common.errors import DomainError, NotVisible
from common.geometry import SRID
from common.scope import Actor, Right
from console.selectors import address_worklist as worklist
from elements.models import Element
from elements.selectors.address_texts import Effect
from elements.services.address_decisions import TextRuling

__all__ = ["may_relink"]
_ACCEPTED = "address-texts-accepted"
_NUMBER = re.compile(r"[0-9]{1,18}")
_PROPOSAL = re.compile(r"([0-9]{1,18}):([\x21-\x7e]{1,40})")


def may_decide(user: Actor) -> bool:
    """Whether the reader may decide about address texts."""
    return Right.CORRECT in user.scope.rights


def number_in(text: str) -> int | None:
    """The number that a parameter says, or None."""
    return int(text) if _NUMBER.fullmatch(text) else None


def worklist_url(query: str) -> str:
    """The worklist with the conditions that it had."""
    base = reverse("console:address-texts")
    return f"{base}?{QueryDict(query).urlencode()}" if query else base


def asked_of(data: QueryDict) -> dict[str, str]:
    """The decision that a request speaks of.

    Raises:
        DomainError: there is no such verdict.
    """
    verdict = data.get("verdict", "")
    if verdict not in Verdict.values:
        raise DomainError("DECISION_VERDICT", "没有这种结论，请从按钮中选择。")
    said = {name: data.get(name, "").replace("\x00", "").strip() for name in ("code", "county", "note")}
    return {"verdict": verdict, "code": said["code"][:40], "county": said["county"][:60], "note": said["note"][:200]}


def asked_words(asked: dict[str, str]) -> str:
    """The decision in words; an address by its full text.

    Raises:
        NotVisible: there is no such address in force.
    """
    if asked["verdict"] == Verdict.LINK:
        address = StandardAddress.objects.filter(code=asked["code"], state="ACTIVE").only("full_text").first()
        if address is None:
            raise NotVisible
        return address.full_text
    if asked["verdict"] == Verdict.OUTSIDE:
        return _("外地：%(county)s") % {"county": asked["county"] or "—"}
    return str(Verdict(asked["verdict"]).label)


def ruling_of(text_id: int, data: QueryDict) -> TextRuling:
    """The ruling that a form asks for."""
    asked = asked_of(data)
    return TextRuling(text_id, Verdict(asked["verdict"]), asked["code"], asked["county"], asked["note"])


def effect_shown(data: QueryDict) -> Effect:
    """The counts that the page showed before the button was pressed.

    Raises:
        DomainError: it does not say which.
    """
    texts, elements = number_in(data.get("texts", "")), number_in(data.get("elements", ""))
    if texts is None or elements is None:
        raise DomainError("EFFECT_MISSING", "没有说明将改动多少条。请刷新页面后再提交。")
    return Effect(texts, elements)


def proposals_of(data: QueryDict) -> list[tuple[int, str]]:
    """(text id, code) of the chosen groups, each once.

    Raises:
        DomainError: none is chosen, or one is unreadable.
    """
    found = [_PROPOSAL.fullmatch(one) for one in data.getlist("proposal")]
    if not found or not all(found):
        raise DomainError("NO_PROPOSALS", "请先勾选要接受首选候选的地址文本。")
    return list({int(one[1]): (int(one[1]), one[2]) for one in found if one}.values())


def accepted_words(decided: Decided) -> str:
    """已裁定 3 组、5 条地址文本…"""
    return _("已裁定 %(groups)s 组、%(texts)s 条地址文本；以后要撤销，请到“地址裁定”。") % {
        "groups": len(decided.decisions), "texts": len(decided.text_ids),
    }  # fmt: skip


def undone_words(undone: Undone) -> str:
    """已撤销 3 组，5 条地址文本恢复；1 组…保持原样。"""
    groups, texts = len(undone.undone.decisions), len(undone.undone.text_ids)
    said = _("已撤销 %(groups)s 组，%(texts)s 条地址文本恢复。") % {"groups": groups, "texts": texts}
    if undone.left:
        said += _("另有 %(left)s 组已撤销过、有人另作裁定或不在您的辖区，保持原样。") % {"left": undone.left}
    return said


def offer_undo(request: HttpRequest, decided: Decided) -> None:
    """The next page of the worklist offers to take these decisions back as a whole."""
    request.session[_ACCEPTED] = {"decision": decided.decisions[0].pk, "groups": len(decided.decisions)}


def offered_undo(request: HttpRequest) -> dict[str, int] | None:
    """What `offer_undo` left for this page, once."""
    return request.session.pop(_ACCEPTED, None)


def done(request: HttpRequest, text_id: int, decided: Decided) -> HttpResponse:
    """The card after a decision: what was done, with its undo."""
    decision = decided.decisions[0]
    card = worklist.card_of(request.user, text_id)
    context = {
        "card": card, "decision": decision, "words": worklist.verdict_words(decision),
        "texts": len(decided.text_ids), "is_conflict": decision.state == "CONFLICT",
        "done_today": worklist.decided_today(request.user, clock.now()),
    }  # fmt: skip
    return render(request, "console/address_text_done.html", context)


def beside(answer: HttpResponse, text_id: int) -> HttpResponse:
    """The answer goes below the card instead of taking its place: what was entered stays."""
    answer.headers["HX-Retarget"] = f"#effect-{text_id}"
    answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def provisional_defaults(user: Actor, text: AddressText) -> dict[str, Any]:
    """What the text says of each level, else its first candidate; the point of a visible carrier that was surveyed."""
    candidates = text.explanation.get("candidates") or [{"components": {}}]
    values = {level: candidates[0]["components"].get(level, "") for level in LEVELS}
    for step in text.explanation.get("steps") or ():
        if step["level"] in values and not values[step["level"]]:
            values[step["level"]] = step["held"] or step["stated"]
    carrier = (
        Element.objects.visible_to(user)
        .standing()
        .filter(addresses__text=text, point__isnull=False)
        .order_by("pk")
        .first()
    )
    point = carrier.point if carrier else None
    return values | {"lon": f"{point.x:.6f}" if point else "", "lat": f"{point.y:.6f}" if point else "", "reason": ""}


def provisional_fields(values: dict[str, Any]) -> list[dict[str, str]]:
    """Fields of the form, from the town down."""
    return [{"name": level, "label": level_word(level), "value": values.get(level, "")} for level in LEVELS]


def provisional_of(data: QueryDict) -> tuple[Components, Point | None, str]:
    """Components, point and reason of the form.

    Raises:
        DomainError: the point is none, or the town is missing.
    """
    values = [data.get(level, "").replace("\x00", "").strip()[:60] for level in LEVELS]
    if not values[AddressLevel.TOWN - 1]:
        raise DomainError("ADDRESS_TOWN", "请填写镇街。")
    lon, lat = data.get("lon", "").strip(), data.get("lat", "").strip()
    try:
        point = Point(float(lon), float(lat), srid=SRID) if lon or lat else None
    except ValueError:
        raise DomainError("ADDRESS_POINT", "经纬度应为度，例如 119.942300 和 37.177600。") from None
    if point is not None and not (-180 <= point.x <= 180 and -90 <= point.y <= 90):
        raise DomainError("ADDRESS_POINT", "经纬度应为度，例如 119.942300 和 37.177600。")
    return Components(*values), point, data.get("reason", "").replace("\x00", "").strip()[:200]
