"""What is new in a block since this reader last said that he has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection

from accounts.models import BlockVisit
from addresses.models import Area
from common.scope import Actor
from console.selectors.event_block import event_news
from elements.choices import ElementKind
from elements.filters import Count
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from events.choices import EventKind

FEED_ROWS = 50
OPEN_ROWS = 8
# The newest changes that are looked at: after the first import everything is new.
CHANGES_READ = 10_000
# Who was never here is shown the last week.
FIRST_LOOK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new or changed: when last, how often; no values."""

    element_id: int
    kind: str
    label: str
    at: datetime
    is_new: bool
    changes: int

    @property
    def kind_label(self) -> str:
        return str(ElementKind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Feed:
    """News since `since`, newest first; `total` says "more than" where not all changes were read; `seen_at` is None until the
    reader says that he has seen it; `events`: how many events are new, by kind."""

    news: list[News]
    total: Count
    since: datetime
    seen_at: datetime | None
    events: list[tuple[EventKind, Count]]

    @property
    def first(self) -> list[News]:
        """What stands open on the page."""
        return self.news[:OPEN_ROWS]

    @property
    def rest(self) -> list[News]:
        return self.news[OPEN_ROWS:]


def block_feed(block: Area, user: Actor, now: datetime) -> Feed:
    """The feed of a visible block: three statements."""
    seen_at = BlockVisit.objects.filter(user_id=user.pk, block_id=block.pk).values_list("seen_at", flat=True).first()
    since = seen_at or now - FIRST_LOOK
    events = event_news(block, user, since)
    # A fold that writes a change row stamps the thing as well: who was not touched since is not looked up.
    touched = Element.objects.visible_to(user).standing().filter(block_id=block.pk, updated_at__gte=since)
    try:
        sql, values = touched.order_by().values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return Feed([], Count(0, False), since, seen_at, events)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH latest AS MATERIALIZED (
                    SELECT c.subject_id, c.at, c.verb FROM ({sql}) e (id) JOIN common_changerow c
                      ON c.subject_table = 'elements_element' AND c.subject_id = e.id
                     AND c.at > %s AND c.verb IN ('CREATED', 'CHANGED')
                    ORDER BY c.id DESC LIMIT {CHANGES_READ}),
                things AS MATERIALIZED (
                    SELECT subject_id, max(at) AS at, bool_or(verb = 'CREATED') AS is_new, count(*) AS changes
                    FROM latest GROUP BY subject_id)
                SELECT t.subject_id, n.kind, n.label, t.at, t.is_new, t.changes, (SELECT count(*) FROM things),
                       (SELECT count(*) FROM latest)
                FROM (SELECT * FROM things ORDER BY at DESC, subject_id DESC LIMIT {FEED_ROWS}) t
                JOIN elements_element n ON n.id = t.subject_id ORDER BY t.at DESC, t.subject_id DESC""",
            [*values, since],
        )
        found = cursor.fetchall()
    in_full = may_read_names(user)
    news = [
        News(pk, kind, shown_label(kind, label, in_full=in_full), at, is_new, changes)
        for pk, kind, label, at, is_new, changes, *_ in found
    ]
    *_, total, read = found[0] if found else (0, 0)
    return Feed(news, Count(total, read == CHANGES_READ), since, seen_at, events)
