"""From what a link fetched to its batch: kept as received, guarded, mapped; or the reason why it is held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from common.errors import DomainError
from common.jobs import JobRun
from exchange.choices import ADDRESS, RunState, Transport
from exchange.connectors.base import Fetched, LinkError
from exchange.importers.mapping import DISMISSED, UNDECIDED
from exchange.importers.reading import Table, read_table
from exchange.importers.reading_mojibake import GarbledText
from exchange.models import Connector, ConnectorRun, LandingBatch, Upload
from exchange.services import link_addresses, link_runs
from exchange.services.files import read_upload, store_upload
from exchange.services.landing import receive_file, start_planning
from exchange.services.link_guard import (
    ADDRESS_PROBLEMS,
    Finding,
    column_finding,
    new_columns,
    rows_finding,
    text_finding,
)


def land(*, run: ConnectorRun, fetched: Fetched, held: JobRun, now: datetime) -> None:
    """Keeps what came, and lands it unless a person has to judge first. One transaction.

    Raises:
        DomainError: it cannot be read; a file of a ferry is held instead, since it would not be another one next time.
    """
    is_file = run.connector.transport == Transport.FOLDER
    upload = store_upload(data=fetched.data, name=fetched.name, actor=None, now=now) if fetched.data else None
    garbled = GarbledText()
    try:
        defect = fetched.defect and Finding(*fetched.defect)
        table, rows = _counted(fetched.data, fetched.name, garbled) if not defect else (None, None)
        defect = defect or _row_defect(fetched, rows)
    except DomainError as error:
        if not is_file:
            _keep(run, upload)
            raise
        table, rows, defect = None, None, Finding(error.code, error.message)
    with transaction.atomic():
        run = link_runs.locked(run.pk)
        if run.state != RunState.RUNNING:
            return
        # The fence: who lost the job writes nothing.
        held.progress(done=rows or 0, message="核对列和行数")
        _note(run, fetched, upload, table, rows)
        if not is_file and upload and _is_repetition(run, upload):
            link_runs.end_empty(run, now)
            return
        finding = defect or text_finding(garbled) or _finding(run, fetched, table, rows)
        if finding:
            link_runs.hold(run, finding, now)
        else:
            _land_rows(run, fetched.data, fetched.name, now)


def land_kept(*, run: ConnectorRun, held: JobRun, now: datetime) -> None:
    """Lands what was held and accepted by a person: the bytes that he or she judged."""
    if run.upload is None:
        raise LinkError("FILE_GONE", "原始数据已不在存储中。链路会重新读取。")
    data = read_upload(run.upload)
    with transaction.atomic():
        run = link_runs.locked(run.pk)
        if run.state == RunState.RUNNING:
            held.progress(done=run.rows or 0, message="采用已保留的数据")
            _land_rows(run, data, run.file_name, now)


def _counted(data: bytes, name: str, garbled: GarbledText) -> tuple[Table, int]:
    table, count = read_table(data, name), 0
    for _number, cells in table.rows:
        garbled.look(cells)
        count += 1
    return table, count


def _row_defect(fetched: Fetched, rows: int | None) -> Finding | None:
    if fetched.declared_rows is None or rows is None or rows == fetched.declared_rows:
        return None
    return Finding("FILE_ROWS", f"文件有 {rows:,} 行，清单写的是 {fetched.declared_rows:,} 行。请对方核对后重新发送。")


def keep_reply(*, run: ConnectorRun, data: bytes, now: datetime) -> None:
    """Keeps an answer that was no data, encrypted like every file, to be looked at."""
    name = f"{run.connector.code}-reply.txt"
    _keep(run, store_upload(data=data, name=name, actor=None, now=now))


def _keep(run: ConnectorRun, upload: Upload | None) -> None:
    ConnectorRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(upload=upload)


def _note(
    run: ConnectorRun, fetched: Fetched, upload: Upload | None, table: Table | None, rows: int | None
) -> None:  # fmt: skip
    run.upload, run.rows, run.headers = upload, rows, table.headers if table else []
    run.file_name, run.fingerprint = fetched.name[:200], fetched.fingerprint
    run.watermark_to = fetched.watermark
    notes: dict[str, Any] = dict(fetched.notes)
    if fetched.has_more:
        notes["has_more"] = True
    if fetched.observed_at:
        notes["observed_at"] = fetched.observed_at.isoformat()
    if table and (added := new_columns(run.connector, table.headers)):
        notes["new_columns"] = added[:50]
    run.counts = run.counts | notes
    run.save()


def _is_repetition(run: ConnectorRun, upload: Upload) -> bool:
    """Byte for byte what the last reading brought: the overlap, and nothing behind it."""
    last = run.connector.runs.filter(state=RunState.DONE).select_related("batch").order_by("-pk").first()
    if last is None or last.upload_id != upload.pk:
        return False
    return last.batch is None or last.batch.state == LandingBatch.State.IMPORTED


def _finding(run: ConnectorRun, fetched: Fetched, table: Table | None, rows: int | None) -> Finding | None:
    if table is None or rows is None:
        return None
    return (
        column_finding(run.connector, table.headers)
        or (Finding(*fetched.doubt) if fetched.doubt else None)
        or rows_finding(run.connector, rows)
    )


def _land_rows(run: ConnectorRun, data: bytes, name: str, now: datetime) -> None:
    run.finished_at, run.problem, run.message = None, "", ""
    if run.connector.kind == ADDRESS:
        _land_addresses(run, data, name, now)
        return
    connector = run.connector
    batch = receive_file(
        data=data, name=name, source=connector.source, kind_code=connector.kind, observed_at=_observed_at(run),
        actor=None, now=now, datum=connector.datum,
    )  # fmt: skip
    run.batch, run.state = batch, RunState.LANDING
    run.save()
    start_planning(batch=batch, columns=columns_of(connector, batch), datum=batch.datum, actor=None)


def _observed_at(run: ConnectorRun) -> datetime:
    """When the source wrote it, as far as that can be: never later than the reading."""
    said = run.counts.get("observed_at")
    return min(datetime.fromisoformat(said), run.started_at) if said else run.started_at


def columns_of(connector: Connector, batch: LandingBatch) -> dict[str, str]:
    """What each column says: as declared for the link, else as remembered or known; what nobody agreed on is left out."""
    added = new_columns(connector, batch.headers)
    declared = {header: str(field) for header, field in connector.columns.items() if header in batch.headers}
    taken = set(declared.values())
    columns = {}
    for header, field in batch.columns.items():
        said = declared.get(header) or (field if field not in taken else DISMISSED)
        is_open = said == UNDECIDED or (header in added and header not in declared)
        columns[header] = DISMISSED if is_open else said
    return columns


def _land_addresses(run: ConnectorRun, data: bytes, name: str, now: datetime) -> None:
    connector = run.connector
    table = read_table(data, name)
    acts = link_addresses.read_acts(connector, table.headers, table.rows)
    dropped = 0
    if run.accepted_by is not None:
        acts, dropped = link_addresses.without_problems(connector=connector, acts=acts, now=now)
    tried = link_addresses.carry_out(connector=connector, acts=acts, now=now, is_dry_run=True)
    if tried.is_refused:
        shown = [said for _number, said in tried.problems[: link_addresses.SHOWN_PROBLEMS]]
        said = f"{len(acts):,} 项地址变更中有 {len(tried.problems):,} 项不能执行，全部没有采用。若采用一次，只执行其余各项。"
        link_runs.hold(run, Finding(ADDRESS_PROBLEMS, said, {"problems": shown, "count": len(tried.problems)}), now)
        return
    report = link_addresses.carry_out(connector=connector, acts=acts, now=now, is_dry_run=False)
    link_runs.end_well(run, {**link_addresses.counts_of(report), "left_out": dropped}, now)


def struck_off_rows(connector: Connector, batch: LandingBatch) -> set[int]:
    """Numbers of the rows by which the source says that the thing is gone: option `struck_off` = {column, value}."""
    mark = connector.options.get("struck_off")
    if not isinstance(mark, dict) or mark.get("column") not in batch.headers:
        return set()
    position = batch.headers.index(str(mark["column"]))
    value = str(mark.get("value", "1"))
    table = read_table(read_upload(batch.upload), batch.upload.name)
    return {number for number, cells in table.rows if position < len(cells) and cells[position].strip() == value}
