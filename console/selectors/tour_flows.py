"""Cases of what happens and what flows: an accident told twice, one plate in two places, vehicles on their way, who was told."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from common.scope import Actor
from console.selectors.tour_case import Case, element_case, first_row
from events.choices import EventFindingKind, EventKind
from events.kinds import EVENT_TABLES
from events.selectors.finding_list import finding_rows, visible_findings
from events.selectors.live import STALE_AFTER
from events.selectors.wording import moment_text
from exchange.choices import Subject
from exchange.selectors.partners import holders_of, sees_all_partners

MIN_HOLDERS = 3
# Of so many of the latest events the one with most versions is shown.
_LATEST = 2_000


def told_anew(user: Actor, now: datetime) -> Case | None:
    """The event about which its source said most, one after the other: an accident, else a violation."""
    return _told_anew(user, now, EventKind.ACCIDENT, "accidents") or _told_anew(
        user, now, EventKind.VIOLATION, "violations"
    )


def _told_anew(user: Actor, now: datetime, kind: EventKind, name: str) -> Case | None:
    table = EVENT_TABLES[kind].table
    row = first_row(
        f"""SELECT latest.id, latest.occurred_at, latest.place_text, v.versions
            FROM (SELECT e.id, e.occurred_at, e.place_text FROM {table} e
                  WHERE NOT e.is_withdrawn AND e.occurred_at <= %(now)s AND {{within}}
                  ORDER BY e.occurred_at DESC LIMIT %(latest)s) latest
            CROSS JOIN LATERAL (SELECT count(*) AS versions FROM events_eventversion v
                                WHERE v.event_id = latest.id AND v.withdrawn_at IS NULL) v
            WHERE v.versions > 1 ORDER BY v.versions DESC, latest.occurred_at DESC, latest.id LIMIT 1""",
        user,
        now=now,
        latest=_LATEST,
    )
    if row is None:
        return None
    label = " ".join(part for part in (moment_text(row[1]), row[2]) if part)
    figures = {"kind": kind.label, "versions": row[3]}
    return Case("told_anew", label, reverse("console:event", args=[name, row[0]]), figures)


def impossible_pair(user: Actor, now: datetime) -> Case | None:
    """The newest open finding of one plate in two places at once."""
    found = visible_findings(user).filter(kind=EventFindingKind.IMPOSSIBLE_PAIR, closed_at__isnull=True)
    finding = found.order_by("-occurred_at", "-pk").first()
    if finding is None:
        return None
    row = finding_rows([finding], user)[0]
    url = reverse("console:event-finding", args=[finding.pk])
    return Case("impossible_pair", row["plate"] or row["at"], url, {"evidence": row["evidence"]})


def moving_vehicles(user: Actor, now: datetime) -> Case | None:
    """Vehicles whose newest position is fresh."""
    row = first_row(
        """SELECT count(*), max(e.occurred_at) FROM events_lastposition e
           WHERE e.occurred_at BETWEEN %(since)s AND %(now)s AND {within}""",
        user,
        since=now - STALE_AFTER,
        now=now,
    )
    if row is None or not row[0]:
        return None
    figures = {"vehicles": row[0], "at": moment_text(row[1])}
    return Case("moving_vehicles", _("在地图上看"), f"{reverse('map:page')}?layers=vehicles", figures)


def told_to_three(user: Actor, now: datetime) -> Case | None:
    """A driver whose phone most partners hold, at least three, by the recipient ledger; for who sees partners."""
    if not sees_all_partners(user):
        return None
    row = first_row(
        """SELECT e.id, e.kind, e.label FROM (
               SELECT subject_id, count(DISTINCT partner_id) AS holders FROM exchange_disclosure
               WHERE subject = %(driver)s AND field = 'phone' AND acknowledged_at IS NOT NULL AND recalled_at IS NULL
                 AND superseded_at IS NULL
               GROUP BY subject_id HAVING count(DISTINCT partner_id) >= %(least)s) told
           JOIN elements_element e ON e.id = told.subject_id AND e.is_owned AND NOT e.is_withdrawn
            AND e.merged_into_id IS NULL AND {within}
           ORDER BY told.holders DESC, e.id LIMIT 1""",
        user,
        driver=Subject.DRIVER.value,
        least=MIN_HOLDERS,
    )
    if row is None:
        return None
    partners = holders_of(Subject.DRIVER, row[0])
    return element_case(
        "told_to_three", row, user, record=row[0], holders=len(partners), names="、".join(one.name for one in partners),
        partners=partners,
    )  # fmt: skip
