"""What the page of resolving again shows: sets with their sizes, the last job, samples in words."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from addresses.choices import ResolveStatus
from addresses.models import AddressText, StandardAddress
from addresses.services.index_version import current_index_version
from addresses.services.relinking import PREVIEW_RELINK, RELINK, RelinkSet, texts_of
from common.errors import NotVisible
from common.models import Job

_LEVELS = {
    Job.State.QUEUED: "note", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad", Job.State.CANCELLED: "idle",
}  # fmt: skip


def sets() -> list[dict[str, Any]]:
    """The sets with the number of texts that each would go through."""
    version = current_index_version()
    words = {
        RelinkSet.OPEN: (_("待核的旧结果"), _("地名或标准地址变化之前匹配、至今待核的文本；变化之后可能已能匹配。")),
        RelinkSet.LINKED: (
            _("已接受的链接"),
            _("已匹配到标准地址的文本；规则或登记变化后可能换到别处，也可能不再匹配。"),
        ),
    }
    return [
        {"value": one.value, "label": words[one][0], "text": words[one][1], "count": texts_of(one, version).count()}
        for one in RelinkSet
    ]


def last_job() -> Job | None:
    """The newest preview or work."""
    return Job.objects.filter(kind__in=(PREVIEW_RELINK, RELINK)).order_by("-pk").first()


def job_of(job_id: int) -> Job:
    """One preview or work.

    Raises:
        NotVisible: there is no such job.
    """
    job = Job.objects.filter(pk=job_id, kind__in=(PREVIEW_RELINK, RELINK)).first()
    if job is None:
        raise NotVisible
    return job


def job_shown(job: Job | None) -> dict[str, Any]:
    """Context of `console/address_relink_job.html`."""
    if job is None:
        return {"job": None}
    is_preview = job.kind == PREVIEW_RELINK
    may_start = is_preview and job.state == Job.State.DONE and job.counts.get("changed", 0) > 0
    return {
        "job": _progress(job), "is_preview": is_preview, "counts": job.counts, "may_start": may_start,
        "is_stale": may_start and job.counts["index_version"] != current_index_version(),
        "samples": _samples(job.counts.get("samples", [])), "start_url": _step(job, "start"),
    }  # fmt: skip


def _step(job: Job, step: str) -> str:
    return reverse("console:address-relink-step", args=[job.pk, step])


def _progress(job: Job) -> dict[str, Any]:
    labels = {
        "checked": _("核对"), "gained": _("新匹配到"), "moved": _("换了地址"), "lost": _("不再匹配"), "other": _("仅结果变化"),
    }  # fmt: skip
    return {
        "id": job.pk, "title": job.title, "state_label": job.get_state_display(), "level": _LEVELS[Job.State(job.state)],
        "is_finished": job.is_finished, "done": job.done, "total": job.total,
        "percent": None if job.is_finished else job.percent, "error": job.error_message,
        "remaining_text": job.message or (_("等待后台处理…") if job.state == Job.State.QUEUED else ""),
        "counts": [{"label": labels[name], "value": f"{job.counts[name]:,}"} for name in labels if name in job.counts],
        "poll_url": reverse("console:address-relink-progress", args=[job.pk]),
        "cancel_url": "" if job.is_finished else _step(job, "cancel"),
    }  # fmt: skip


def _samples(found: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Before and after in words: the text, result and address of each."""
    texts = dict(AddressText.objects.filter(pk__in=[one["text"] for one in found]).values_list("pk", "text"))
    ids = {side[1] for one in found for side in (one["before"], one["after"]) if side[1]}
    names = dict(StandardAddress.objects.filter(pk__in=ids).values_list("pk", "full_text"))

    def said(side: list[Any]) -> str:
        label = str(ResolveStatus(side[0]).label)
        return f"{label} · {names[side[1]]}" if side[1] in names else label

    return [
        {"text": texts[one["text"]], "before": said(one["before"]), "after": said(one["after"])}
        for one in found
        if one["text"] in texts
    ]
