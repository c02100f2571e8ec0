"""Resolving texts again: previewed, never moving what people decided, elements follow; a changed name is known at once."""

from __future__ import annotations

import pytest

from addresses.models import AddressName, AddressText
from addresses.services import resolution
from addresses.services.decisions import decide
from addresses.services.index_version import current_index_version, raise_index_version
from addresses.services.relinking import (
    PREVIEW_RELINK,
    RELINK,
    RelinkSet,
    cancel_relinking,
    request_preview,
    start_relinking,
)
from common import clock, jobs
from common.errors import Conflict, NotAllowed, NotVisible
from common.models import AuditRow, Job
from elements.services.placing import PLACE_ELEMENTS
from tests.factories.address_texts import carry, unknown_house
from tests.factories.claims import NOW, vehicle_of
from tests.factories.numbers import vin
from tests.factories.places import SmallCity

pytestmark = pytest.mark.django_db
ALIAS = "老渔行大院"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def learn_alias(city: SmallCity) -> None:
    """From now on a name that was unknown means the first village."""
    AddressName.objects.create(
        surface=ALIAS, kind="alias", level="village", town_id=city.villages[0].parent_id, village=city.villages[0]
    )
    raise_index_version()


def named(city: SmallCity, house: int = 3) -> str:
    return f"莱州市文昌路街道{ALIAS}{house}号"


def run(job: Job) -> Job:
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def preview(users, chosen: RelinkSet = RelinkSet.OPEN) -> Job:
    return run(request_preview(chosen=chosen, actor=users["brigade"], now=NOW))


def rows() -> list[tuple]:
    return list(AddressText.objects.order_by("pk").values_list("pk", "status", "address", "is_decided", "explanation"))


def test_the_preview_counts_and_samples_and_writes_nothing(city, users):
    one, _two = carry(named(city), unknown_house(city, 1))
    assert one.status not in ("exact", "partial")
    learn_alias(city)
    before = rows()

    job = preview(users)

    assert (job.state, job.kind) == (Job.State.DONE, PREVIEW_RELINK)
    counts = {name: job.counts[name] for name in ("checked", "changed", "gained", "moved", "lost", "other")}
    assert counts == {"checked": 2, "changed": 1, "gained": 1, "moved": 0, "lost": 0, "other": 0}
    assert job.counts["samples"] == [
        {"text": one.pk, "before": [one.status, None], "after": ["exact", city.address(0).pk]}
    ]
    assert rows() == before
    assert not Job.objects.filter(kind=PLACE_ELEMENTS).exists()


def test_the_work_writes_what_the_preview_showed_and_elements_follow(city, users):
    one, two = carry(named(city), unknown_house(city, 1))
    learn_alias(city)
    shown = preview(users)
    job = run(start_relinking(preview_id=shown.pk, actor=users["brigade"], now=NOW))

    assert (job.state, job.counts["changed"], job.counts["gained"]) == (Job.State.DONE, 1, 1)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, one.address) == ("exact", city.address(0))
    assert (two.status, two.index_version) == ("review", current_index_version())
    assert AuditRow.objects.get(verb="ADDRESSES_RELINKED").count == 1
    run(Job.objects.get(kind=PLACE_ELEMENTS))
    assert vehicle_of(vin(1)).block_id == city.grids[0].pk
    # Nothing of an older version is left to go through.
    assert preview(users).counts["checked"] == 0


def test_what_a_person_decided_is_never_moved(city, users):
    (text,) = carry(named(city))
    decide(normalised=text.normalised, verdict="NOT_ADDRESS", actor=users["brigade"], now=NOW)
    learn_alias(city)
    before = rows()

    for chosen in RelinkSet:
        assert preview(users, chosen).counts["checked"] == 0
    resolution.resolve_again([text.text])

    assert rows() == before


def test_accepted_links_move_only_by_this_work(city, users):
    (text,) = carry(city.text(0))
    address = city.address(0)
    type(address).objects.filter(pk=address.pk).update(state="MERGED", replaced_by=city.address(0, 8))
    raise_index_version()
    shown = preview(users, RelinkSet.LINKED)
    assert (shown.counts["checked"], shown.counts["moved"]) == (1, 1)
    text.refresh_from_db()
    assert text.address_id == address.pk

    run(start_relinking(preview_id=shown.pk, actor=users["brigade"], now=NOW))
    text.refresh_from_db()
    assert text.address == city.address(0, 8)


def test_a_preview_that_is_out_of_date_is_not_carried_out(city, users):
    carry(named(city))
    learn_alias(city)
    shown = preview(users)
    raise_index_version()
    before = rows()
    with pytest.raises(Conflict) as refused:
        start_relinking(preview_id=shown.pk, actor=users["brigade"], now=NOW)
    assert refused.value.code == "RELINK_STALE"
    assert (rows(), Job.objects.filter(kind=RELINK).count()) == (before, 0)

    # Changed between the button and the worker: the job ends with the reason.
    raise_index_version()
    job = start_relinking(preview_id=preview(users).pk, actor=users["brigade"], now=NOW)
    raise_index_version()
    assert (run(job).state, job.error_code) == (Job.State.FAILED, "RELINK_STALE")
    assert rows() == before


def test_one_at_a_time_and_it_can_be_stopped(city, users):
    carry(named(city))
    learn_alias(city)
    job = request_preview(chosen=RelinkSet.OPEN, actor=users["brigade"], now=NOW)
    assert request_preview(chosen=RelinkSet.OPEN, actor=users["brigade"], now=NOW) == job
    with pytest.raises(Conflict):
        start_relinking(preview_id=job.pk, actor=users["brigade"], now=NOW)

    cancel_relinking(job_id=job.pk, actor=users["brigade"], now=NOW)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    with pytest.raises(NotVisible):
        cancel_relinking(job_id=999_999_999, actor=users["brigade"], now=NOW)


@pytest.mark.parametrize("name", ["squadron-1", "officer-1", "analyst", "admin"])
def test_only_who_corrects_in_the_whole_city_may(city, users, name):
    carry(named(city))
    shown = preview(users)
    for act in (
        lambda actor: request_preview(chosen=RelinkSet.OPEN, actor=actor, now=NOW),
        lambda actor: start_relinking(preview_id=shown.pk, actor=actor, now=NOW),
        lambda actor: cancel_relinking(job_id=shown.pk, actor=actor, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act(users[name])
    assert Job.objects.filter(kind__in=(PREVIEW_RELINK, RELINK)).count() == 1
