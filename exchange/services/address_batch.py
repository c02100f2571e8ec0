"""A file of addresses → the same file with standard addresses beside them, in the background.

Files are personal: encrypted, under names that say nothing, for their owner only, and removed after `KEPT`. No row of a
table speaks of what is in them but the job's counts.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import connection, transaction

from addresses.choices import AddressLevel, ResolveStatus, Verdict
from addresses.fault_words import cure_word, fault_words, level_word
from addresses.matching.result import Resolution
from addresses.models import AddressDecision
from addresses.services.reading import decisions_of
from addresses.services.resolution import resolve_texts
from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.files import FileStore
from common.jobs import JobCancelled, JobRun, create_job
from common.models import Job
from common.scope import Actor
from common.scrub import scrub
from exchange.importers.address_files import AddressFile, kept_rows
from exchange.selectors.address_batches import KEPT, RESOLVE_FILE, has_files, own_batch, require_batches

COLUMNS = ("标准地址编码", "标准地址", "级别", "结果", "说明", "经度", "纬度", "责任块")
# A chunk takes about half a second: the owner's cancel is heard as often.
CHUNK = 2_000
_DRAFTS_KEPT = timedelta(hours=6)
_STORE = FileStore(purpose="address-batch", folder_name="address-batches")
_CANDIDATES = 3
_VERDICTS = {
    Verdict.LINK: ResolveStatus.EXACT, Verdict.NOT_ADDRESS: ResolveStatus.NONE, Verdict.OUTSIDE: ResolveStatus.OUTSIDE,
}  # fmt: skip


class _Place(NamedTuple):
    """What a file says of an address."""

    code: str
    full_text: str
    level: int
    lon: float | None
    lat: float | None
    block: str


def keep_draft(*, file: AddressFile, name: str, actor: Actor) -> dict[str, Any]:
    """Stores a file that was read, for its owner to choose the columns of; a draft that is not started goes by itself.

    The answer is for the owner's session: `path` names the file in the store.
    """
    require_batches(actor)
    path = uuid4().hex
    _STORE.put_as(path, file.content)
    return {
        "path": path, "name": scrub(Path(name).name)[-120:], "rows": file.rows, "encoding": file.encoding,
        "owner": actor.pk,
    }  # fmt: skip


def read_kept(path: str) -> bytes:
    """The content of a kept file.

    Raises:
        DomainError: it is no longer there.
    """
    try:
        return _STORE.get(path)
    except FileNotFoundError as error:
        raise DomainError("FILE_GONE", "文件已不在存储中，请重新上传。") from error


def start_batch(*, draft: dict[str, Any], columns: Sequence[int], actor: Actor, now: datetime) -> Job:
    """Starts the job over a draft.

    Raises:
        DomainError: no column, one that the file does not have, or the draft is gone.
        NotAllowed: the user may not bring files in.
    """
    require_batches(actor)
    headers = next(kept_rows(read_kept(draft["path"])))
    chosen = sorted(set(columns))
    if not chosen:
        raise DomainError("NO_COLUMN", "请至少勾选一列地址。")
    if not all(0 <= at < len(headers) for at in chosen):
        raise DomainError("BAD_COLUMN", "文件里没有所选的列，请重新选择。")
    params = {"path": draft["path"], "name": draft["name"], "rows": draft["rows"], "columns": chosen}
    with transaction.atomic():
        job = create_job(kind=RESOLVE_FILE, title=f"批量解析 {draft['name']}"[:200], owner_id=actor.pk, params=params)
        record_audit(
            actor_id=actor.pk, verb="ADDRESS_FILE_STARTED", subject_table=Job._meta.db_table, subject_id=job.pk,
            count=draft["rows"], now=now,
        )  # fmt: skip
    return job


def joined_text(cells: Sequence[str], columns: Sequence[int]) -> str:
    """The address of a row: the chosen cells one after the other, personal numbers cut."""
    return scrub(" ".join(cells[at].strip() for at in columns if cells[at].strip()))


def resolve_file(run: JobRun) -> dict[str, Any]:
    """Job handler: reads the kept file, writes the result beside it. What was done before a stop is kept."""
    rows = kept_rows(read_kept(run.params["path"]))
    columns, total = run.params["columns"], run.params["rows"]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*next(rows), *COLUMNS])
    counts: Counter[str] = Counter()
    done = 0
    run.progress(done=0, total=total, message="解析地址")
    while chunk := list(islice(rows, CHUNK)):
        for cells, status, answer in answered(chunk, columns):
            writer.writerow([*cells, *answer])
            counts[status] += 1
        done += len(chunk)
        try:
            run.progress(done=done, total=total, message="解析地址")
        except JobCancelled:
            Job.objects.filter(pk=run.job.pk).update(counts=_kept_result(out, counts, done))
            raise
    return _kept_result(out, counts, done)


def _kept_result(out: io.StringIO, counts: Counter[str], done: int) -> dict[str, Any]:
    path = uuid4().hex
    _STORE.put_as(path, out.getvalue().encode("utf-8", "surrogatepass"))
    return {"path": path, "rows": done, "statuses": dict(counts)}


def answered(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> Iterator[tuple[Sequence[str], str, list[str]]]:
    """Each row with its status and the cells of `COLUMNS`: three queries for all of them."""
    texts = [joined_text(cells, columns) for cells in rows]
    resolutions = resolve_texts(texts)
    decisions = decisions_of(texts)
    nodes = _nodes(resolutions, decisions.values())
    for cells, text, resolution in zip(rows, texts, resolutions, strict=True):
        decision = decisions.get(text)
        status, answer = _decided(decision, nodes) if decision else _answer(resolution, nodes)
        yield cells, status, answer


def _nodes(resolutions: Sequence[Resolution], decisions: Any) -> dict[int, _Place]:
    """By id, in plain columns: a model and its point a row would take as long as the resolving."""
    ids = {resolution.node.id for resolution in resolutions if resolution.node}
    ids |= {candidate.node.id for resolution in resolutions for candidate in resolution.candidates[:_CANDIDATES]}
    ids |= {decision.address_id for decision in decisions if decision.address_id}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id, s.code, s.full_text, s.level, ST_X(s.point), ST_Y(s.point), coalesce(a.name, '')
               FROM addresses_standardaddress s LEFT JOIN addresses_area a ON a.id = s.block_id WHERE s.id = ANY(%s)""",
            [list(ids)],
        )
        return {pk: _Place(*rest) for pk, *rest in cursor.fetchall()}


def _answer(resolution: Resolution, nodes: dict[int, _Place]) -> tuple[str, list[str]]:
    status = ResolveStatus(str(resolution.status))
    reasons = fault_words(resolution.faults)
    if resolution.node is not None:
        return status.value, _cells(nodes[resolution.node.id], status, "；".join(reasons))
    candidates = [nodes[c.node.id].full_text for c in resolution.candidates[:_CANDIDATES] if c.node.id in nodes]
    if candidates:
        reasons.append(f"候选：{'、'.join(candidates)}{' 等' if len(resolution.candidates) > _CANDIDATES else ''}")
    if cure := cure_word(status.value):
        reasons.append(cure.rstrip("。"))
    note = "；".join(reasons)
    return status.value, ["", "", level_word(resolution.level_reached), str(status.label), note, "", "", ""]


def _decided(decision: AddressDecision, nodes: dict[int, _Place]) -> tuple[str, list[str]]:
    status = _VERDICTS[Verdict(decision.verdict)]
    note = "；".join(part for part in ("人工裁定", decision.county) if part)
    if decision.address_id is not None:
        return status.value, _cells(nodes[decision.address_id], status, note)
    return status.value, ["", "", "", str(status.label), note, "", "", ""]


def _cells(place: _Place, status: ResolveStatus, note: str) -> list[str]:
    lon, lat = ("", "") if place.lon is None else (f"{place.lon:.6f}", f"{place.lat:.6f}")
    return [place.code, place.full_text, _level_words()[place.level], str(status.label), note, lon, lat, place.block]


@cache
def _level_words() -> dict[int, str]:
    """Words of the file, in the language of the platform."""
    return {level.value: str(level.label) for level in AddressLevel}


def result_of(job: Job, now: datetime) -> bytes:
    """The result of a job, whole or as far as it came.

    Raises:
        DomainError: there is none yet, or it is no longer kept.
    """
    if not job.counts.get("path"):
        raise Conflict("NO_RESULT", "还没有结果。请等任务完成后再下载。")
    if not has_files(job, now):
        raise DomainError("FILE_GONE", "文件已删除，请重新上传。")
    return read_kept(job.counts["path"])


def delete_batch(*, job_id: int, actor: Actor, now: datetime) -> Job:
    """Removes the files of a job at its owner's wish; what the job counted stays.

    Raises:
        NotVisible: no such job of this user.
        Conflict: it is still at work.
    """
    with transaction.atomic():
        own_batch(job_id, actor)
        job = Job.objects.select_for_update().get(pk=job_id)
        if not job.is_finished:
            raise Conflict("JOB_AT_WORK", "任务还在进行，请先停止，再删除文件。")
        if job.params.get("is_deleted"):
            return job
        job.params = {**job.params, "is_deleted": True}
        job.save(update_fields=["params"])
        record_audit(
            actor_id=actor.pk, verb="ADDRESS_FILE_DELETED", subject_table=Job._meta.db_table, subject_id=job.pk, now=now
        )
        paths = [job.params["path"], job.counts.get("path")]
        transaction.on_commit(lambda: _remove(paths))
    return job


def _remove(paths: Sequence[str | None]) -> None:
    for path in paths:
        if path:
            (_STORE.folder / path).unlink(missing_ok=True)


def sweep_batches(*, now: datetime) -> int:
    """Removes files of jobs that are older than `KEPT` or were deleted, and drafts that nobody started; returns how many."""
    kept = Job.objects.filter(kind=RESOLVE_FILE, created_at__gt=now - KEPT).exclude(params__has_key="is_deleted")
    paths = kept.values_list("params__path", "counts__path")
    known = {path for pair in paths for path in pair if path}
    return _STORE.sweep(known=known, now=now, older_than=_DRAFTS_KEPT)
