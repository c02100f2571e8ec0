"""A rule that gives a tag alerts; another record counts up; when nothing stands behind it any more, the alert closes by itself."""

from __future__ import annotations

import pytest

from common import clock
from common.models import ChangeRow
from tagging.choices import AlertLevel, AlertState
from tagging.models import Alert, Rule
from tagging.rules.schema import read_rule
from tagging.selectors.rules import moment_at, names, ready_rules
from tagging.services import running, versions
from tests.factories.alerts import alerting_tag
from tests.factories.claims import NOW, claim, person_of, submit
from tests.factories.events import days_ago, report, row, take_back
from tests.factories.numbers import citizen_id

pytestmark = pytest.mark.usefixtures("users")
DRINK = {"fact": "person.violations", "args": {"days": 365, "offences": ["DRINK"]}, "op": ">=", "value": 1}


def take_changes() -> None:
    """What the worker does every half second; inside a test's transaction nothing is settled, so that all is taken."""
    ready, _broken = ready_rules()
    ids: dict[str, list[int]] = {}
    for table, pk in ChangeRow.objects.values_list("subject_table", "subject_id").distinct():
        ids.setdefault(table, []).append(pk)
    moment = moment_at(clock.now(), now=clock.now())
    ids_of = running.once_asked()
    running._run_each(ready, lambda one: running._touched_ids(one, ids, moment, ids_of), moment, clock.now())
    ChangeRow.objects.all().delete()


def drunk(number: str, days: int):
    return report(
        "VIOLATION", row("VIOLATION", number, occurred_at=days_ago(days), code="1712", citizen_id=citizen_id(1))
    )


def test_an_event_raises_a_second_counts_up_and_their_end_closes():
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(1), name="张试验", grid=0))
    tag = alerting_tag("DRINK", AlertLevel.URGENT, kind="PERSON")
    rule = Rule.objects.create(code="A_DRINK", title="酒驾", tag=tag)
    versions.install(
        owner=rule, body={"kind": "PERSON", "where": DRINK}, note="试验", now=NOW,
        check=lambda body: read_rule(body, names()) and None,
    )  # fmt: skip
    first = drunk("V1", 10)
    take_changes()
    alert = Alert.objects.get()
    assert (alert.element_id, alert.count, alert.state) == (person_of(1).pk, 1, AlertState.NEW)
    assert alert.text == "近 12 个月的交通违法起数（酒驾（含醉驾））不少于 1 起"
    assert alert.assignment.record_ids != []

    second = drunk("V2", 5)
    take_changes()
    alert.refresh_from_db()
    assert (alert.count, Alert.objects.count()) == (2, 1)

    take_back(second)
    take_changes()
    alert.refresh_from_db()
    assert (alert.count, alert.state) == (2, AlertState.NEW)

    take_back(first)
    take_changes()
    alert.refresh_from_db()
    assert (alert.state, alert.steps.order_by("-pk").first().note) == (AlertState.CLOSED, "条件已不成立")
