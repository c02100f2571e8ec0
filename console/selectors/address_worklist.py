"""The worklist of address texts for its page: groups of equal texts with candidates, reasons, opinions and what they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from addresses.choices import AddressLevel, DecisionState, ResolveStatus, Verdict
from addresses.fault_words import fault_word, level_word
from addresses.models import AddressDecision, AddressText, StandardAddress
from addresses.selectors.blocks import block_ids_of_areas
from common import clock
from common.errors import NotVisible
from common.scope import Actor
from elements.models import Element, Source
from elements.selectors.address_texts import (
    carried_texts,
    carriers_of_forms,
    disagreed,
    grouped,
    opinions,
    texts_per_form,
    top_code,
    visible_decisions,
)
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.open_text_pages import OpenTexts

SAMPLES = 5
_LEVELS = {ResolveStatus.NONE: "idle", ResolveStatus.OUTSIDE: "idle", ResolveStatus.EXACT: "ok", ResolveStatus.PARTIAL: "ok"}  # fmt: skip


def asked_texts(values: dict[str, Any]) -> OpenTexts:
    """What the worklist's filter form asks for."""
    area, block, source = values.get("area"), values.get("block"), values.get("source")
    return OpenTexts(
        block_id=block.pk if block else None,
        block_ids=block_ids_of_areas([area.pk], clock.today()) if area else None,
        source_id=source.pk if source else None,
        status=values.get("status") or "",
        town=values.get("town") or "",
    )


def conflicting_groups(user: Actor, asked: OpenTexts, limit: int) -> list[dict[str, Any]]:
    """Groups about which operators disagree, for the top of the list."""
    texts = asked.read(user, is_in_order=True)
    return group_cards(user, list(grouped(disagreed(texts))[:limit]))


def group_cards(user: Actor, groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cards of `grouped` rows, in their order and in a fixed number of queries."""
    forms = [group["normalised"] for group in groups]
    texts = {text.pk: text for text in AddressText.objects.filter(pk__in=[group["first"] for group in groups])}
    counts = texts_per_form(forms)
    carried, said = carriers_of_forms(user, forms), opinions(forms)
    addresses = _addresses(texts.values())
    people = _people({row.actor_id for rows in said.values() for row in rows})
    sources = dict(Source.objects.values_list("pk", "name"))
    cards = []
    for group in groups:
        text = texts[group["first"]]
        elements, first, source_ids = carried.get(text.normalised, (0, None, []))
        cards.append(
            _card(text, addresses) | {
                "texts": counts.get(text.normalised, 1), "elements": elements, "first_element": first,
                "sources": [sources[pk] for pk in source_ids],
                "opinions": [_opinion(row, people) for row in said.get(text.normalised, ())],
            }
        )  # fmt: skip
    return cards


def card_of(user: Actor, text_id: int) -> dict[str, Any] | None:
    """The card of one text that some visible element carries; None when it is not there for the reader."""
    text = carried_texts(user).filter(pk=text_id).first()
    return group_cards(user, [{"first": text.pk, "normalised": text.normalised}])[0] if text else None


def _card(text: AddressText, addresses: dict[str, StandardAddress]) -> dict[str, Any]:
    said = text.explanation
    proposal = "" if text.is_decided else top_code(text)
    candidates = [
        _candidate(number, one, addresses[one["code"]])
        for number, one in enumerate(said.get("candidates") or (), 1)
        if one["code"] in addresses
    ]
    return {
        "id": text.pk, "text": text.text, "status": text.status, "status_label": text.get_status_display(),
        "level": _LEVELS.get(ResolveStatus(text.status), "warn"), "is_decided": text.is_decided,
        "reasons": [fault_word(fault["code"], fault["text"]) for fault in said.get("faults") or ()],
        "wanted": level_word(text.level_wanted), "reached": level_word(text.level_reached),
        "candidates": candidates, "proposal": proposal if any(c["code"] == proposal for c in candidates) else "",
        "county": said.get("outside") or "",
    }  # fmt: skip


def _candidate(number: int, said: dict[str, Any], address: StandardAddress) -> dict[str, Any]:
    return {
        "number": number, "code": said["code"], "full_text": address.full_text,
        "level": AddressLevel(address.level).label, "block": address.block.name if address.block else "",
        "percent": round(said["confidence"] * 100), "is_provisional": address.is_provisional,
        "reasons": [fault_word(fault["code"], fault["text"]) for fault in said["faults"]],
    }  # fmt: skip


def _addresses(texts: Iterable[AddressText]) -> dict[str, StandardAddress]:
    codes = {one["code"] for text in texts for one in text.explanation.get("candidates") or ()}
    found = StandardAddress.objects.filter(code__in=codes, state="ACTIVE").select_related("block").defer("block__geom")
    return {address.code: address for address in found}


def _people(ids: set[int]) -> dict[int, str]:
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}


def _opinion(row: AddressDecision, people: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.pk, "who": people.get(row.actor_id, f"#{row.actor_id}"), "words": verdict_words(row),
        "at": row.decided_at, "note": row.note, "is_conflict": row.state == DecisionState.CONFLICT,
    }  # fmt: skip


def verdict_words(row: AddressDecision) -> str:
    """What was decided, in a few words."""
    if row.verdict == Verdict.LINK and row.address:
        return row.address.full_text
    if row.verdict == Verdict.OUTSIDE:
        return _("外地：%(county)s") % {"county": row.county}
    return str(row.get_verdict_display())


def samples(user: Actor, text: AddressText) -> dict[str, Any]:
    """Some of the equal texts and of the visible elements that carry them."""
    equal = list(
        AddressText.objects.filter(normalised=text.normalised).order_by("pk").values_list("text", flat=True)[:SAMPLES]
    )
    carrying = (
        Element.objects.visible_to(user).standing().filter(addresses__text__normalised=text.normalised).distinct()
    )
    in_full = may_read_names(user)
    elements = [
        {"id": pk, "label": shown_label(kind, label, in_full=in_full)}
        for pk, kind, label in carrying.order_by("pk").values_list("pk", "kind", "label")[:SAMPLES]
    ]
    return {"equal_texts": equal, "carrying": elements}


def proposed(user: Actor, proposals: Sequence[tuple[int, str]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows {id, code, text, full_text, texts} of chosen groups as the page saw them, and their normalised forms.

    Raises:
        NotVisible: a text or an address is not there for the reader.
    """
    texts = {text.pk: text for text in carried_texts(user).filter(pk__in=[pk for pk, _code in proposals])}
    codes = {code for _pk, code in proposals}
    names = dict(StandardAddress.objects.filter(code__in=codes, state="ACTIVE").values_list("code", "full_text"))
    if len(texts) != len(proposals) or len(names) != len(codes):
        raise NotVisible
    forms = [texts[pk].normalised for pk, _code in proposals]
    counts = texts_per_form(forms)
    rows = [
        {
            "id": pk,
            "code": code,
            "text": texts[pk].text,
            "full_text": names[code],
            "texts": counts[texts[pk].normalised],
        }
        for pk, code in proposals
    ]
    return rows, forms


def decided_today(user: Actor, now: datetime) -> int:
    """Decisions of this day that still hold or are in conflict, as far as the reader sees them."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return visible_decisions(user).filter(decided_at__gte=midnight).exclude(state=DecisionState.UNDONE).count()
