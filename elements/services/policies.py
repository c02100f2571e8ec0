"""Sources and precedence: loaded from one file, changed in the admin; a change refolds."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from common import clock, jobs
from common.audit import record_audit
from common.jobs import JobRun
from common.models import Job
from common.scope import Actor
from elements.choices import FieldClass
from elements.fold.apply import apply_plan
from elements.fold.plan import plan_elements
from elements.kinds import KINDS
from elements.models import FieldPolicy, Source

REFOLD = "REFOLD"
POLICY_FILE = Path(__file__).resolve().parent.parent / "sources.toml"


@transaction.atomic
def load_sources(path: Path = POLICY_FILE) -> tuple[int, int]:
    """Creates the sources and policies of the file that do not exist yet; what was edited since stays as edited.

    Returns:
        Number of sources and of policies created.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    made_sources = 0
    for code, values in sorted(document["source"].items(), key=lambda item: "quotes" in item[1]):
        quoted = values.pop("quotes", None)
        values["quotes"] = Source.objects.get(code=quoted) if quoted else None
        made_sources += Source.objects.get_or_create(code=code, defaults=values)[1]
    made_policies = 0
    for kind_code, groups in document["policy"].items():
        kind = KINDS[kind_code]
        for group in groups:
            for field in group["fields"]:
                if field not in kind.fields:
                    raise ValueError(f"{path.name}: {kind_code} has no field {field!r}")
                _, made = FieldPolicy.objects.get_or_create(
                    kind=kind_code,
                    field=field,
                    defaults={"field_class": FieldClass(group["class"]), "source_order": group["order"]},
                )
                made_policies += made
    return made_sources, made_policies


@transaction.atomic
def change_precedence(
    *, policy: FieldPolicy, source_order: list[str], field_class: str, actor: Actor, now: datetime
) -> Job:
    """Stores another order of belief and starts the refold of the kind; setting it back is the same call."""
    policy.source_order = source_order
    policy.field_class = field_class
    policy.save(update_fields=["source_order", "field_class"])
    record_audit(
        actor_id=actor.pk, verb="PRECEDENCE_CHANGED", subject_table="elements_fieldpolicy", subject_id=policy.pk,
        fields=[policy.field], now=now,
    )  # fmt: skip
    kind = KINDS[policy.kind]
    return jobs.create_job(
        kind=REFOLD,
        title=f"重新取值：{kind.code.label} {kind.label_of(policy.field)}",
        owner_id=actor.pk,
        params={"kind": policy.kind},
    )


def refold_kind(run: JobRun) -> dict[str, int]:
    """Job handler: folds every element of a kind again over its current claims; only what differs is written."""
    kind = KINDS[run.params["kind"]]
    run.progress(done=0, message="计算取值")
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            plan_elements(cursor, kind, run.job.pk, None)
            cursor.execute(f"SELECT count(*) FROM {kind.plan_table} WHERE job_id = %s", [run.job.pk])
            planned = cursor.fetchone()[0]
        if not apply_plan(kind, run.job.pk, run, now=clock.now(), actor_id=run.job.owner_id):
            return {"changed": planned}
