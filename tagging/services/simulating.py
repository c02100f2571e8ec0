"""A grading scheme tried before anybody publishes it: a job whose result stays with it; nothing else is written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from common import clock
from common.audit import record_audit
from common.errors import DomainError
from common.jobs import JobRun, cancel, create_job
from common.models import Job
from common.scope import Actor
from tagging.models import Scheme
from tagging.rules.scheme import Scheme as Body
from tagging.rules.scheme import read_scheme
from tagging.selectors.rules import names
from tagging.selectors.simulation import simulate
from tagging.services.versions import require_rule_right

SIMULATE = "SIMULATE_SCHEME"


def simulations_of(scheme: Scheme, user: Actor) -> QuerySet[Job]:
    """The reader's own trials of a scheme, the newest first: their figures are those of his scope."""
    return Job.objects.filter(kind=SIMULATE, owner_id=user.pk, params__scheme=scheme.pk).order_by("-pk")


@transaction.atomic
def ask(*, scheme: Scheme, document: Any, actor: Actor, now: datetime) -> Job:
    """Starts a trial of what a version would say; one of the same scheme that the actor has still running gives way to it.

    Raises:
        NotAllowed. DomainError: a body that cannot be read, or one of another kind.
    """
    require_rule_right(actor)
    _read(scheme, document)
    for older in simulations_of(scheme, actor).filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]):
        cancel(older)
    job = create_job(
        kind=SIMULATE, title=f"试算“{scheme.name}”", owner_id=actor.pk, params={"scheme": scheme.pk, "body": document}
    )
    record_audit(
        actor_id=actor.pk, verb="SCHEME_SIMULATED", subject_table=Scheme._meta.db_table, subject_id=scheme.pk, now=now
    )
    return job


def run_simulation(run: JobRun) -> dict[str, Any]:
    """Job handler; `params`: scheme, body. What it returns is for `selectors.simulation_page`."""
    scheme = Scheme.objects.select_related("published").get(pk=run.params["scheme"])
    owner = User.objects.get(pk=run.job.owner_id or 0)
    body = _read(scheme, run.params["body"])

    def tell(done: int, total: int) -> None:
        run.progress(done=done, total=total)

    return simulate(scheme=scheme, body=body, user=owner, now=clock.now(), tell=tell)


def _read(scheme: Scheme, document: Any) -> Body:
    body = read_scheme(document, names())
    if body.kind != scheme.kind:
        raise DomainError("SCHEME_KIND", "对象种类与方案不符。")
    return body
