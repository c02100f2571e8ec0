"""What people decide about links: declare, pause, read now, judge a held reading, look at a page before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from common.audit import record_audit
from common.encryption import encrypt_bytes
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor, Right
from exchange.choices import ADDRESS, RunState
from exchange.connectors import reader_of
from exchange.connectors.base import Request
from exchange.importers.mapping import DISMISSED, target_fields
from exchange.importers.reading import read_table
from exchange.kinds import LANDED_KINDS
from exchange.models import Connector, ConnectorRun
from exchange.services import connecting, link_runs
from exchange.services.landing import start_import
from exchange.services.link_guard import STOPPING, fields_of

TABLE = "exchange_connector"
# What may be declared; everything else of a link is how far it is.
DECLARED = (
    "code", "name", "source", "kind", "transport", "options", "columns", "datum", "mode", "every_s", "overlap_s",
    "least_pct", "agreement", "owner", "is_active",
)  # fmt: skip
TRIAL_ROWS = 3


def save_link(
    *, connector: Connector | None, values: Mapping[str, Any], secret: str | None, actor: Actor | None, now: datetime
) -> Connector:  # fmt: skip
    """Declares a link, or changes its declaration; a changed way of reading starts at once.

    Args:
        connector: None = a new one.
        values: of `DECLARED`.
        secret: None = as it was.

    Raises:
        NotAllowed: the actor does not configure. DomainError: options or columns cannot be.
    """
    _require_configure(actor)
    link = connector or Connector(next_run_at=now)
    before = {name: getattr(link, name, None) for name in DECLARED} if link.pk else {}
    for name in DECLARED:
        if name in values:
            setattr(link, name, values[name])
    if secret is not None:
        link.secret = encrypt_bytes(connecting.SECRET_PURPOSE, secret.encode()) if secret else None
    reader_of(link.transport, link.options, connecting.secret_of(link))
    _check_columns(link)
    changed = [name for name in DECLARED if name in values and before.get(name) != values[name]]
    if secret is not None:
        changed.append("secret")
    if not changed:
        return link
    with transaction.atomic():
        if {"source", "kind", "transport"} & set(changed) and link.pk:
            link.headers, link.watermark, link.last_rows = [], "", None
        link.next_run_at = min(link.next_run_at, now)
        link.save()
        record_audit(
            actor_id=actor.pk if actor else None, verb="LINK_SAVED", subject_table=TABLE, subject_id=link.pk,
            fields=changed, now=now,
        )  # fmt: skip
    return link


def field_labels(link: Connector) -> dict[str, str]:
    """Field → label, of everything that a column of the link can say."""
    return {} if link.kind == ADDRESS else target_fields(LANDED_KINDS[link.kind])


def _check_columns(link: Connector) -> None:
    if link.kind == ADDRESS:
        return
    known = {*target_fields(LANDED_KINDS[link.kind]), DISMISSED}
    unknown = sorted({str(field) for field in link.columns.values()} - known)
    if unknown:
        raise DomainError(
            "FIELD_UNKNOWN", f"列对应里没有这样的字段：{'、'.join(unknown)}。请改正。", {"fields": unknown}
        )


@transaction.atomic
def set_active(*, connector: Connector, is_active: bool, actor: Actor, now: datetime) -> None:
    """Pauses a link or lets it go on, at once."""
    require_decision(connector, actor)
    link = Connector.objects.select_for_update().get(pk=connector.pk)
    if link.is_active == is_active:
        return
    link.is_active, link.next_run_at = is_active, now if is_active else link.next_run_at
    link.save(update_fields=["is_active", "next_run_at"])
    verb = "LINK_RESUMED" if is_active else "LINK_PAUSED"
    record_audit(actor_id=actor.pk, verb=verb, subject_table=TABLE, subject_id=link.pk, now=now)


@transaction.atomic
def run_now(*, connector: Connector, actor: Actor, now: datetime) -> ConnectorRun:
    """Reads at once, whenever it is due.

    Raises:
        Conflict: a reading is under way, or one waits for a person.
    """
    require_decision(connector, actor)
    run = connecting.start_run(connector_id=connector.pk, now=now)
    if run is None:
        raise Conflict("LINK_BUSY", "这条链路正在读取，或有一次读取等待确认。请先等它结束或作出确认。")
    record_audit(actor_id=actor.pk, verb="LINK_RUN_ASKED", subject_table=TABLE, subject_id=connector.pk, now=now)
    return run


@transaction.atomic
def accept_run(
    *, run: ConnectorRun, actor: Actor, now: datetime, remap: Mapping[str, str] | None = None
) -> ConnectorRun:  # fmt: skip
    """A held reading goes in. With `remap` (missing column → new column, "" = it no longer comes) that is so from now on.

    Raises:
        Conflict: it is not held any more, or it is a bad file that cannot go in.
        DomainError: the new column is none of those that came.
    """
    run = _held(run, actor)
    if run.problem not in STOPPING:
        raise Conflict("RUN_UNREADABLE", "这个文件不完整或读不出，不能采用。请对方重新发送，再点“不采用”。")
    if remap is not None:
        _remap(run.connector, run, remap)
    run.accepted_by, run.problem, run.message, run.finished_at = actor.pk, "", "", None
    run.state = RunState.LANDING if run.batch else RunState.RUNNING
    run.save()
    if run.batch:
        start_import(batch=run.batch, actor=actor)
    connecting.ring(run)
    verb = "LINK_RUN_ACCEPTED" if remap is None else "LINK_COLUMNS_ACCEPTED"
    record_audit(actor_id=actor.pk, verb=verb, subject_table="exchange_connectorrun", subject_id=run.pk, now=now)
    return run


@transaction.atomic
def refuse_run(*, run: ConnectorRun, actor: Actor, now: datetime) -> ConnectorRun:
    """A held reading is not used; the link reads again from where it was."""
    run = _held(run, actor)
    run.state, run.finished_at = RunState.REFUSED, now
    run.save(update_fields=["state", "finished_at"])
    Connector.objects.filter(pk=run.connector_id).update(next_run_at=now)
    record_audit(
        actor_id=actor.pk, verb="LINK_RUN_REFUSED", subject_table="exchange_connectorrun", subject_id=run.pk, now=now
    )  # fmt: skip
    return run


def _held(run: ConnectorRun, actor: Actor) -> ConnectorRun:
    locked = link_runs.locked(run.pk)
    require_decision(locked.connector, actor)
    if locked.state != RunState.HELD:
        raise Conflict("RUN_STATE", f"这次读取的状态是“{locked.get_state_display()}”，已不用确认。请刷新页面。")
    return locked


def _remap(connector: Connector, run: ConnectorRun, remap: Mapping[str, str]) -> None:
    wrong = sorted({new for new in remap.values() if new and new not in run.headers})
    if wrong:
        raise DomainError("COLUMN_UNKNOWN", f"这次的数据里没有列：{'、'.join(wrong)}。请重新选择。", {"columns": wrong})
    chosen = [new for new in remap.values() if new]
    if len(chosen) != len(set(chosen)):
        raise DomainError("COLUMN_TWICE", "同一个新列选了两次。每个新列只能代替一个旧列。")
    # What said nothing until now goes on saying nothing, whatever its name would suggest beside the new ones.
    columns = {header: field or DISMISSED for header, field in fields_of(connector, connector.headers).items()}
    columns |= connector.columns
    for old, new in remap.items():
        field = columns.pop(old, "")
        if new and field:
            columns[new] = field
    said = [columns[header] for header in run.headers if columns.get(header, DISMISSED) != DISMISSED]
    if doubled := sorted({field for field in said if said.count(field) > 1}):
        labels = "、".join(field_labels(connector).get(field, field) for field in doubled)
        raise DomainError(
            "FIELD_TWICE", f"多列对应同一字段：{labels}。请换一个新列，或先在“编辑”里改列对应。", {"fields": doubled}
        )
    connector.columns = columns
    connector.headers = run.headers
    fields = ["columns", "headers"]
    if connector.options.get("columns"):
        renamed = [remap.get(name, name) for name in connector.options["columns"]]
        connector.options = connector.options | {"columns": [name for name in renamed if name]}
        fields.append("options")
    connector.save(update_fields=fields)


def try_link(
    *, connector: Connector, secret: str | None, actor: Actor, now: datetime
) -> tuple[list[str], list[list[str]], int]:  # fmt: skip
    """Reads one page as declared, keeps nothing: columns, a few rows as received, and how many came.

    Raises:
        DomainError: it cannot be read, and why.
    """
    _require_configure(actor)
    used = secret if secret is not None else connecting.secret_of(connector)
    reader = reader_of(connector.transport, connector.options, used)
    request = Request(connector.code or "link", "", connector.overlap_s or 0, now, most_pages=1)
    record_audit(
        actor_id=actor.pk, verb="LINK_TRIED", subject_table=TABLE, subject_id=connector.pk or "", now=now
    )  # fmt: skip
    fetched = reader.fetch(request)
    if fetched is None:
        return [], [], 0
    if fetched.defect:
        raise DomainError(*fetched.defect)
    table = read_table(fetched.data, fetched.name)
    rows = list(table.rows)
    return table.headers, [cells for _number, cells in islice(rows, TRIAL_ROWS)], len(rows)


def _require_configure(actor: Actor | None) -> None:
    if actor is not None and Right.CONFIGURE not in actor.scope.rights:
        raise NotAllowed("只有系统管理员可以设置链路。")


def may_decide(connector: Connector, actor: Actor) -> bool:
    """Who configures, or answers for the link."""
    return Right.CONFIGURE in actor.scope.rights or connector.owner_id == actor.pk


def require_decision(connector: Connector, actor: Actor) -> None:
    """Raises NotAllowed for anybody else."""
    if not may_decide(connector, actor):
        raise NotAllowed("只有系统管理员或链路的责任人可以这样做。")
