"""Raising alerts, in sets, and closing those whose reason has gone.

One open alert a fingerprint: the unique constraint is the guarantee, and what comes again raises its count. The text of an alert
says what a rule asked, never a name, a plate or a number: those are rendered for each reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.audit import record_audit
from common.scrub import scrub
from elements.models import Element
from tagging.choices import OPEN_ALERTS, AlertState, EndCause
from tagging.models import Alert, AlertMute, AlertRecipient, AlertStep, Assignment, Tag
from tagging.services.alert_channel import publish
from tagging.services.routing import route
from tagging.workflow import ladder_of

TABLE = "tagging_alert"
GONE = "条件已不成立"
_TEXT_LENGTH, _TITLE_LENGTH, _NOTE_LENGTH = 400, 80, 200

# In the order of the fingerprints, so that two who raise the same wait for each other in a line, never in a circle.
_UPSERT = """
    INSERT INTO tagging_alert AS a
        (fingerprint, tag_id, assignment_id, element_id, block_id, level, title, text, state, count, first_at, last_at, due_at,
         rung, version)
    SELECT fingerprint, tag_id, assignment_id, element_id, block_id, level, title, text, 'NEW', count, %(now)s, %(now)s, due_at,
           0, 1
    FROM unnest(%(fingerprints)s::text[], %(tags)s::bigint[], %(assignments)s::bigint[], %(elements)s::bigint[],
                %(blocks)s::bigint[], %(levels)s::int[], %(titles)s::text[], %(texts)s::text[], %(counts)s::int[],
                %(dues)s::timestamptz[])
         AS given(fingerprint, tag_id, assignment_id, element_id, block_id, level, title, text, count, due_at)
    ORDER BY fingerprint
    ON CONFLICT (fingerprint) WHERE state IN ('NEW', 'ACCEPTED', 'ACTING')
    DO UPDATE SET count = a.count + excluded.count, last_at = greatest(a.last_at, excluded.last_at),
                  assignment_id = coalesce(excluded.assignment_id, a.assignment_id), text = excluded.text
    RETURNING a.id, a.block_id, a.element_id, xmax = 0"""


@dataclass(slots=True)
class Seed:
    """What may become an alert.

    Attributes:
        fingerprint: what is the same.
        text: neither name, plate nor number.
        count: how often it came.
    """

    fingerprint: str
    element_id: int
    block_id: int
    level: int
    title: str
    text: str
    tag_id: int | None = None
    assignment_id: int | None = None
    count: int = 1


def raise_for_tags(rows: Sequence[Assignment], *, now: datetime) -> None:
    """Alerts those who answer for the blocks of tagged things, where the tag alerts; inside the caller's transaction."""
    tags = (
        {tag.pk: tag for tag in Tag.objects.filter(pk__in={row.tag_id for row in rows}, alert_level__gt=0)}
        if rows
        else {}
    )
    alerting = [row for row in rows if row.tag_id in tags]
    if not alerting:
        return
    blocks = dict(Element.objects.filter(pk__in={row.element_id for row in alerting}).values_list("pk", "block_id"))
    seeds = [
        Seed(
            tag_fingerprint(row.tag_id, row.element_id), row.element_id, blocks[row.element_id], tags[row.tag_id].alert_level,
            tags[row.tag_id].name, evidence_text(row), row.tag_id, row.pk,
        )
        for row in alerting
        if row.element_id in blocks
    ]  # fmt: skip
    raise_alerts(seeds, now=now)


@transaction.atomic
def raise_alerts(seeds: Iterable[Seed], *, now: datetime) -> list[int]:
    """Raises or counts up; returns the ids of new alerts. The number of statements does not grow with the seeds."""
    wanted = _unsilenced(_merged(seeds), now)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, _columns(wanted, now))
        rows = cursor.fetchall()
    places = {pk: (block_id, element_id) for pk, block_id, element_id, is_new in rows if is_new}
    if places:
        told = route(places, timezone.localdate(now))
        AlertRecipient.objects.bulk_create(
            AlertRecipient(alert_id=pk, user_id=one.user_id, reason=one.reason, sent_at=now)
            for pk, people in told.items()
            for one in people
        )
        AlertStep.objects.bulk_create(AlertStep(alert_id=pk, verb="raise", at=now) for pk in places)
        record_audit(actor_id=None, verb="ALERT_RAISED", subject_table=TABLE, count=len(places), now=now)
        transaction.on_commit(partial(publish, {pk: [one.user_id for one in people] for pk, people in told.items()}))
    return sorted(places)


def close_for_ended(rows: Iterable[Assignment], *, now: datetime) -> int:
    """Closes the open alerts of tags that have ended, unless another rule or person still gives the same tag.

    Returns how many. Inside the caller's transaction, after the tags were written.
    """
    ended = {tag_fingerprint(row.tag_id, row.element_id): row for row in rows}
    if not ended:
        return 0
    alerts = list(
        Alert.objects.select_for_update(of=("self",))
        .filter(fingerprint__in=list(ended), state__in=OPEN_ALERTS)
        .order_by("pk")
    )
    if not alerts:
        return 0
    still = set(
        Assignment.objects.standing()
        .filter(tag_id__in={one.tag_id for one in alerts}, element_id__in={one.element_id for one in alerts})
        .values_list("tag_id", "element_id")
    )
    gone = [one for one in alerts if (one.tag_id, one.element_id) not in still]
    for one in gone:
        close(one, now=now, actor_id=None)
    Alert.objects.bulk_update(gone, ["state", "closed_at", "closed_by_id", "cool_until", "due_at", "version"])
    AlertStep.objects.bulk_create(
        AlertStep(alert_id=one.pk, verb="close", note=_ended_note(ended[one.fingerprint]), at=now) for one in gone
    )
    tell_again([one.pk for one in gone])
    return len(gone)


def close(alert: Alert, *, now: datetime, actor_id: int | None) -> None:
    """Sets the columns of a closed alert; the caller writes them."""
    alert.state, alert.closed_at, alert.closed_by_id, alert.due_at = AlertState.CLOSED, now, actor_id, None
    alert.cool_until = now + ladder_of(alert.level).cool_down
    alert.version += 1


def tell_again(alert_ids: Sequence[int]) -> None:
    """Tells the recipients on commit that something about these alerts changed."""
    if not alert_ids:
        return
    told: dict[int, list[int]] = {}
    for alert_id, user_id in AlertRecipient.objects.filter(alert_id__in=alert_ids).values_list("alert_id", "user_id"):
        told.setdefault(alert_id, []).append(user_id)
    transaction.on_commit(partial(publish, told))


def tag_fingerprint(tag_id: int, element_id: int) -> str:
    """What is the same alert of a tag."""
    return f"tag:{tag_id}:{element_id}"


def evidence_text(row: Assignment) -> str:
    """What the rule asked and found to be so; a person's own words where a person set the tag."""
    asked = [one["text"] for one in row.evidence or () if one.get("is_met") and one.get("text")]
    return scrub("；".join(asked) or row.reason)[:_TEXT_LENGTH]


def _ended_note(row: Assignment) -> str:
    if row.end_cause == EndCause.RULE:
        return GONE
    label = str(EndCause(row.end_cause).label) if row.end_cause else GONE
    return (f"{label}：{row.end_note}" if row.end_note else f"标签已解除：{label}")[:_NOTE_LENGTH]


def _merged(seeds: Iterable[Seed]) -> dict[str, Seed]:
    """One seed a fingerprint: two rules may give one tag in the same batch."""
    found: dict[str, Seed] = {}
    for one in seeds:
        if one.fingerprint in found:
            found[one.fingerprint].count += one.count
        else:
            found[one.fingerprint] = one
    return found


def _unsilenced(seeds: dict[str, Seed], now: datetime) -> list[Seed]:
    """Without what is muted or cools down: two statements."""
    if not seeds:
        return []
    cooling = set(
        Alert.objects.filter(fingerprint__in=list(seeds), cool_until__gt=now)
        .exclude(state__in=OPEN_ALERTS)
        .values_list("fingerprint", flat=True)
    )
    mutes = _mutes(seeds.values(), now)
    return [one for key, one in seeds.items() if key not in cooling and not any(_silences(mute, one) for mute in mutes)]


def _mutes(seeds: Iterable[Seed], now: datetime) -> list[tuple[int | None, int | None, int | None]]:
    tags, elements = zip(*((one.tag_id, one.element_id) for one in seeds), strict=True)
    rows = AlertMute.objects.filter(
        Q(tag_id__in={tag for tag in tags if tag}) | Q(tag__isnull=True, element_id__in=set(elements)),
        lifted_at__isnull=True,
        ends_at__gt=now,
    )
    return list(rows.values_list("tag_id", "element_id", "block_id"))


def _silences(mute: tuple[int | None, int | None, int | None], seed: Seed) -> bool:
    given = (seed.tag_id, seed.element_id, seed.block_id)
    return all(asked is None or asked == has for asked, has in zip(mute, given, strict=True))


def _columns(seeds: Sequence[Seed], now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "fingerprints": [one.fingerprint for one in seeds],
        "tags": [one.tag_id for one in seeds],
        "assignments": [one.assignment_id for one in seeds],
        "elements": [one.element_id for one in seeds],
        "blocks": [one.block_id for one in seeds],
        "levels": [int(one.level) for one in seeds],
        "titles": [scrub(one.title)[:_TITLE_LENGTH] for one in seeds],
        "texts": [scrub(one.text)[:_TEXT_LENGTH] for one in seeds],
        "counts": [one.count for one in seeds],
        "dues": [_due(one.level, now) for one in seeds],
    }


def _due(level: int, now: datetime) -> datetime | None:
    after = ladder_of(level).due_after(0)
    return now + after if after is not None else None
