"""What the pages of suspected duplicates need beside their rows: columns, the search that runs, and what was just done."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.errors import DomainError
from common.models import Job
from common.scope import Right
from elements.choices import PairState
from elements.list_view import ListColumn
from elements.models import Merge
from elements.services.duplicates import FIND_DUPLICATES, Judged

_RESULT = "duplicates_result"
_NUMBER = re.compile(r"[0-9]{1,18}")
COLUMNS = (
    ListColumn("choose", gettext_lazy("选择"), is_locked=True),
    ListColumn("first", gettext_lazy("要素甲"), is_locked=True),
    ListColumn("second", gettext_lazy("要素乙"), is_locked=True),
    ListColumn("score", gettext_lazy("相似度"), is_sortable=True, is_best_first=True),
    ListColumn("grounds", gettext_lazy("依据")),
    ListColumn("proposed_at", gettext_lazy("提出时间"), is_sortable=True, is_best_first=True),
)
_JOB_LEVELS = {
    Job.State.QUEUED: "note", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad", Job.State.CANCELLED: "idle",
}  # fmt: skip


def may_decide(user: Any) -> bool:
    """Whether the reader may merge and judge."""
    return Right.CORRECT in user.scope.rights


def state_of(data: QueryDict) -> PairState:
    """The state that the list shows: what the query says, else the undecided.

    Raises:
        DomainError: there is no such state.
    """
    text = data.get("state") or PairState.PROPOSED.value
    if text not in PairState.values:
        raise DomainError("BAD_FILTER", "筛选条件无效：状态。请改正或清除该条件。")
    return PairState(text)


def pair_url(pair_id: int | None, query: str) -> str:
    """The page of a pair, or the list, with the conditions of the list."""
    base = reverse("console:duplicate", args=[pair_id]) if pair_id else reverse("console:duplicates")
    return f"{base}?{QueryDict(query).urlencode()}" if query else base


def numbers_in(texts: list[str]) -> list[int]:
    """Ids among texts, each once, in their order; what is no number is left out."""
    found = (int(one) for text in texts for one in text.split(",") if _NUMBER.fullmatch(one.strip()))
    return list(dict.fromkeys(found))


def last_search() -> Job | None:
    """The newest search for duplicates."""
    return Job.objects.filter(kind=FIND_DUPLICATES).order_by("-pk").first()


def search_progress(job: Job) -> dict[str, Any]:
    """The search for `includes/progress.html`."""
    labels = {"new": _("新提出"), "still": _("仍相似"), "gone": _("不再相似")}
    result: dict[str, Any] = {
        "id": job.pk,
        "title": job.title,
        "state_label": job.get_state_display(),
        "level": _JOB_LEVELS[Job.State(job.state)],
        "is_finished": job.is_finished,
        "done": job.done,
        "total": job.total,
        "percent": None if job.is_finished else job.percent,
        "remaining_text": job.message or (_("等待后台处理…") if job.state == Job.State.QUEUED else ""),
        "counts": [{"label": labels[name], "value": job.counts[name]} for name in labels if name in job.counts],
        "poll_url": f"{reverse('console:duplicate-progress')}?job={job.pk}",
        "error": job.error_message,
    }
    if job.is_finished:
        result |= {"result_url": reverse("console:duplicates"), "result_label": _("查看清单")}
    return result


def keep_result(request: HttpRequest, text: str, *, level: str = "success", undo: dict[str, str] | None = None) -> None:
    """Keeps what was done for the next page, with the fields that a form of undo would send."""
    request.session[_RESULT] = {"text": text, "level": level, "undo": undo or {}}


def take_result(request: HttpRequest) -> dict[str, Any] | None:
    """What was just done, once."""
    return request.session.pop(_RESULT, None)


def worded_judgement(count: int, state: PairState) -> str:
    """已把 3 对判为“不是同一个”。"""
    return ngettext(
        "已把 %(count)s 对标为“%(state)s”。", "已把 %(count)s 对标为“%(state)s”。", count
    ) % {"count": count, "state": state.label}  # fmt: skip


def worded_merges(result: Judged) -> tuple[str, str]:
    """(level, text) of several merges: how many, and why the others were not made."""
    text = _("已合并 %(count)s 对。") % {"count": result.judged} if result.judged else ""
    if not result.refused:
        return "success", text
    reasons: dict[str, list[int]] = {}
    for pair_id, reason in result.refused:
        reasons.setdefault(reason, []).append(pair_id)
    text += _("%(count)s 对没有合并：") % {"count": len(result.refused)}
    named = (f"{reason}（{'、'.join(f'#{pair_id}' for pair_id in ids[:10])}）" for reason, ids in reasons.items())
    return ("warning" if result.judged else "error"), text + "；".join(named)


def undo_of_merges(merges: list[Merge]) -> dict[str, str]:
    """Fields that undo these merges, the last first."""
    return {"merges": ",".join(str(merge.pk) for merge in reversed(merges))} if merges else {}


def undo_of_judgement(pair_ids: list[int], was: PairState) -> dict[str, str]:
    """Fields that put these pairs back to what they were."""
    if was not in (PairState.PROPOSED, PairState.DEFERRED, PairState.DIFFERENT):
        return {}
    return {"pairs": ",".join(str(one) for one in pair_ids), "state": was.value}
