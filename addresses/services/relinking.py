"""Letting the engine speak again about texts that it resolved before: first a preview, then the same work for good.

Both are jobs. Names and registry may have changed since; what a person decided never moves. The preview counts and keeps
samples by id, never texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from addresses.choices import ACCEPTED, WORKLIST
from addresses.matching.result import Resolution
from addresses.models import AddressText
from addresses.services.index_version import current_index_version
from addresses.services.resolution import (
    LoadedIndex,
    load_index,
    resolve_with,
    store_resolutions,
)
from addresses.services.settling import await_decisions
from addresses.signals import texts_changed
from common import clock, jobs
from common.audit import record_audit
from common.errors import Conflict, NotAllowed, NotVisible
from common.jobs import JobRun
from common.models import Job
from common.scope import Actor, Right

PREVIEW_RELINK = "PREVIEW_RELINK"
RELINK = "RELINK"
# A transaction of so many texts ends in about two seconds: a cancel is heard soon, and writers wait no longer.
CHUNK = 2_000
SAMPLES = 20


class RelinkSet(StrEnum):
    """Which texts are resolved again."""

    OPEN = "OPEN"  # open ones of an older version of the names
    LINKED = "LINKED"  # accepted links, of any version


def may_relink(actor: Actor) -> bool:
    """Texts belong to no block: only who corrects in the whole city lets all of them be resolved again."""
    return Right.CORRECT in actor.scope.rights and actor.scope.all_blocks


def texts_of(chosen: RelinkSet, version: int) -> QuerySet[AddressText]:
    """The texts of a set that no decision binds."""
    free = AddressText.objects.filter(is_decided=False)
    if chosen == RelinkSet.OPEN:
        return free.filter(status__in=WORKLIST, index_version__lt=version)
    return free.filter(status__in=ACCEPTED)


@transaction.atomic
def request_preview(*, chosen: RelinkSet, actor: Actor, now: datetime) -> Job:
    """Begins the preview; one that waits or runs already is that answer.

    Raises:
        NotAllowed: the actor does not correct in the whole city.
    """
    if not may_relink(actor):
        raise NotAllowed
    return _running() or jobs.create_job(
        kind=PREVIEW_RELINK, title="试算：重新匹配地址", owner_id=actor.pk, params={"set": chosen.value}
    )


@transaction.atomic
def start_relinking(*, preview_id: int, actor: Actor, now: datetime) -> Job:
    """Does for good what a finished preview showed.

    Raises:
        NotAllowed: the actor does not correct in the whole city.
        NotVisible: there is no such preview.
        Conflict: it did not end, names or registry changed since, or such work runs already.
    """
    if not may_relink(actor):
        raise NotAllowed
    preview = Job.objects.select_for_update().filter(pk=preview_id, kind=PREVIEW_RELINK).first()
    if preview is None:
        raise NotVisible
    if preview.state != Job.State.DONE or _running() is not None:
        raise Conflict("RELINK_BUSY", "试算或重新匹配还没有结束，请等它结束后再开始。")
    if preview.counts["index_version"] != current_index_version():
        raise Conflict("RELINK_STALE", "试算之后地名或标准地址有变化，结果已不同。请重新试算。")
    job = jobs.create_job(
        kind=RELINK, title="重新匹配地址", owner_id=actor.pk,
        params={"set": preview.params["set"], "version": preview.counts["index_version"]},
    )  # fmt: skip
    record_audit(
        actor_id=actor.pk, verb="ADDRESSES_RELINKED", subject_table="addresses_addresstext", subject_id=job.pk,
        count=preview.counts["changed"], now=now,
    )  # fmt: skip
    return job


@transaction.atomic
def cancel_relinking(*, job_id: int, actor: Actor, now: datetime) -> Job:
    """Stops a preview or the work; chunks that are written stay.

    Raises:
        NotAllowed: the actor does not correct in the whole city.
        NotVisible: there is no such job.
    """
    if not may_relink(actor):
        raise NotAllowed
    job = Job.objects.filter(pk=job_id, kind__in=(PREVIEW_RELINK, RELINK)).first()
    if job is None:
        raise NotVisible
    jobs.cancel(job)
    record_audit(actor_id=actor.pk, verb="RELINK_CANCELLED", subject_table="common_job", subject_id=job.pk, now=now)
    return job


def preview_relinking(run: JobRun) -> dict[str, Any]:
    """Job handler: what would change; nothing is written.

    Returns:
        `index_version`, `checked`, `changed`, `lost`, `gained`, `moved`, and `samples`: rows of {text, before, after} with the id
        of the text and (status, id of the address) before and after.
    """
    index = load_index()
    totals: Counter[str] = Counter()
    samples: list[dict[str, Any]] = []
    for chunk, said in _chunks(run, index, RelinkSet(run.params["set"])):
        for text, resolution in _different(chunk, said):
            totals[_kind_of(text, resolution)] += 1
            if len(samples) < SAMPLES:
                node = resolution.node.id if resolution.node else None
                samples.append(
                    {"text": text.pk, "before": [text.status, text.address_id], "after": [resolution.status, node]}
                )
        totals["checked"] += len(chunk)
    return _counts(totals) | {"index_version": index.version, "samples": samples}


def relink(run: JobRun) -> dict[str, Any]:
    """Job handler: chunk by chunk, each in its own transaction; what comes out as before is only stamped.

    Raises:
        Conflict: the names changed since the preview.
    """
    index = load_index()
    if index.version != run.params["version"]:
        raise Conflict("RELINK_STALE", "试算之后地名或标准地址有变化，结果已不同。请重新试算。")
    totals: Counter[str] = Counter()
    for chunk, said in _chunks(run, index, RelinkSet(run.params["set"])):
        with transaction.atomic():
            run.progress(done=totals["checked"])
            totals.update(_write(index, chunk, said, run.job.owner_id))
        totals["checked"] += len(chunk)
    return _counts(totals)


def _write(
    index: LoadedIndex, chunk: Sequence[AddressText], said: Sequence[Resolution], actor_id: int | None
) -> Counter[str]:
    """Writes one chunk. A text about which somebody decided meanwhile stays."""
    await_decisions()
    free = set(
        AddressText.objects.filter(pk__in=[text.pk for text in chunk], is_decided=False).values_list("pk", flat=True)
    )
    changed = [(text, resolution) for text, resolution in _different(chunk, said) if text.pk in free]
    if changed:
        store_resolutions(index, [text.text for text, _ in changed], [resolution for _, resolution in changed])
        ids = sorted(text.pk for text, _ in changed)
        texts_changed.send(sender=AddressText, text_ids=ids, actor_id=actor_id, now=clock.now())
    AddressText.objects.filter(pk__in=free, index_version__lt=index.version).update(index_version=index.version)
    return Counter(_kind_of(text, resolution) for text, resolution in changed)


def _chunks(run: JobRun, index: LoadedIndex, chosen: RelinkSet) -> Iterator[tuple[list[AddressText], list[Resolution]]]:
    """Texts in order of their ids with what the engine says now; reports progress before each chunk."""
    texts = texts_of(chosen, index.version)
    total, done, after = texts.count(), 0, 0
    while True:
        run.progress(done=done, total=total, message="匹配标准地址")
        chunk = list(
            texts.filter(pk__gt=after).order_by("pk").only("text", "status", "address", "index_version")[:CHUNK]
        )
        if not chunk:
            return
        yield chunk, resolve_with(index, [text.text for text in chunk])
        done, after = done + len(chunk), chunk[-1].pk


def _different(chunk: Sequence[AddressText], said: Sequence[Resolution]) -> Iterator[tuple[AddressText, Resolution]]:
    for text, resolution in zip(chunk, said, strict=True):
        node = resolution.node.id if resolution.node else None
        if (text.status, text.address_id) != (str(resolution.status), node):
            yield text, resolution


def _kind_of(text: AddressText, resolution: Resolution) -> str:
    """`gained` an address, `lost` it, `moved` to another one, or `other`: only the result is another."""
    node = resolution.node.id if resolution.node else None
    if text.address_id == node:
        return "other"
    if text.address_id is None:
        return "gained"
    return "lost" if node is None else "moved"


def _counts(totals: Counter[str]) -> dict[str, int]:
    counts = {name: totals[name] for name in ("checked", "gained", "lost", "moved", "other")}
    return counts | {"changed": sum(counts.values()) - counts["checked"]}


def _running() -> Job | None:
    waiting = (Job.State.QUEUED, Job.State.RUNNING)
    return Job.objects.filter(kind__in=(PREVIEW_RELINK, RELINK), state__in=waiting).order_by("pk").first()
