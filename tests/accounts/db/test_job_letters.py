"""Who asked for a job that failed gets one letter, without anything of its data."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.services.job_letters import tell_job_owners
from common import clock
from common.models import Job
from tests.factories.users import make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(city):
    user = make_users(city)["brigade"]
    user.email = "brigade@platform.example"
    user.save(update_fields=["email"])
    return user


def failed(owner_id: int | None, **values) -> Job:
    usual = {"state": Job.State.FAILED, "finished_at": clock.now(), "error_code": "FILE_UNREADABLE"}
    return Job.objects.create(
        kind="TEST", title="张试验的文件.csv", owner_id=owner_id, error_message="第 2 行：张试验", **usual | values
    )


def test_one_letter_a_job_and_nothing_of_its_data(owner, sink) -> None:
    job = failed(owner.pk)
    failed(None)
    failed(owner.pk, state=Job.State.DONE)
    failed(owner.pk, finished_at=clock.now() - timedelta(days=2))

    assert [tell_job_owners(now=clock.now()) for _ in range(3)] == [1, 0, 0]

    (letter,) = sink.letters
    assert letter["To"] == "brigade@platform.example"
    text = letter.get_content()
    assert f"#{job.pk}" in text and "FILE_UNREADABLE" in text
    assert "张试验" not in text + letter["Subject"]


def test_what_could_not_be_sent_is_due_again_and_who_has_no_address_waits(owner, sink) -> None:
    failed(owner.pk)
    sink.is_refusing = True
    assert tell_job_owners(now=clock.now()) == 0
    sink.is_refusing = False
    owner.email = ""
    owner.save(update_fields=["email"])
    assert tell_job_owners(now=clock.now()) == 0
    owner.email = "brigade@platform.example"
    owner.save(update_fields=["email"])

    assert tell_job_owners(now=clock.now()) == 1
