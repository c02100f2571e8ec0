"""批量解析: from the file to the same file with standard addresses; its owner's only; gone in time."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from addresses.choices import Verdict
from addresses.models import AddressDecision, AddressText
from addresses.parsing.normalise import cache_key
from common import clock, jobs
from common.models import AuditRow, Job
from exchange.importers.reading import read_table
from exchange.services import address_batch
from exchange.tasks import sweep_uploads
from tests.factories.files import csv_file

START, DRAFT = reverse("console:address-batch"), reverse("console:address-batch-draft")
HEADERS = ["序号", "姓名", "电话", "住址"]


@pytest.fixture
def rows(city) -> list[list[str]]:
    """Header, an exact text, one of no number, another county, a decided one, a formula."""
    texts = [city.text(0), "毛家庄子村委会999号", "招远市温泉路1号", "老粮站后院", "=cmd|x"]
    return [HEADERS, *([str(n), f"张试验{n}", f"1381234567{n}", text] for n, text in enumerate(texts, start=1))]


@pytest.fixture
def decided(users, city) -> None:
    AddressDecision.objects.create(
        normalised=cache_key("老粮站后院"), verdict=Verdict.LINK, address=city.address(1), actor_id=users["brigade"].pk,
        decided_at=timezone.now(),
    )  # fmt: skip


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def uploaded(client: Client, data: bytes, name: str = "名册13812345678.csv"):
    return client.post(START, {"file": SimpleUploadedFile(name, data)})


def started(client: Client, rows) -> Job:
    """A file from its upload to the end of its job."""
    assert uploaded(client, csv_file(rows, encoding="gb18030"))["Location"] == DRAFT
    answer = client.post(DRAFT, {"column": "3"})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.latest("pk")
    assert answer["Location"] == reverse("console:address-batch-job", args=[job.pk])
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def result_rows(client: Client, job: Job, extension: str = "csv") -> list[list[str]]:
    answer = client.get(reverse("console:address-batch-result", args=[job.pk, extension]))
    assert answer.status_code == 200
    table = read_table(b"".join(answer.streaming_content), f"a.{extension}")
    return [table.headers, *(cells for _, cells in table.rows)]


def test_the_address_column_is_guessed_and_the_first_rows_are_resolved(users, rows):
    client = client_of(users["officer-1"])
    uploaded(client, csv_file(rows, encoding="gb18030"))
    page = client.get(DRAFT).content.decode()

    assert 'value="3" checked' in page and page.count(" checked") == 1
    assert "GB18030" in page and "精确" in page and "没有登记这个门牌：999" in page
    assert "13812345671" not in page
    other = client.get(DRAFT, {"chosen": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert "请在上面勾选" in other and "<html" not in other


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_the_result_is_the_file_with_columns_added_in_its_order(users, rows, decided, extension):
    client = client_of(users["officer-1"])
    job = started(client, rows)
    head, *body = result_rows(client, job, extension)

    assert head == [*HEADERS, *address_batch.COLUMNS, "导出标记"]
    assert [row[:3] for row in body] == [row[:3] for row in rows[1:]]
    assert [row[7] for row in body] == ["精确", "待核", "外地", "精确", "未匹配"]
    assert [row[4] for row in body] == ["LZ-0-3", "", "", "LZ-1-3", ""]
    assert body[0][5:7] + body[0][11:12] == [rows[1][3], "门牌", "G-1"]
    assert "没有登记这个门牌：999" in body[1][8] and "候选：" in body[1][8]
    assert body[3][8] == "人工裁定"
    assert body[4][3] == "'=cmd|x"
    assert job.counts["statuses"] == {"exact": 2, "review": 1, "outside": 1, "unmatched": 1}


def test_nothing_personal_is_kept_in_the_database_or_in_clear_on_disk(users, rows, own_media):
    before = AddressText.objects.count()
    job = started(client_of(users["officer-1"]), rows)

    assert "13812345678" not in f"{job.title}{job.params}" and AddressText.objects.count() == before
    files = list((own_media / "address-batches").iterdir())
    assert len(files) == 2
    assert not any("张试验".encode() in file.read_bytes() for file in files)
    assert [(row.verb, row.count) for row in AuditRow.objects.filter(verb__startswith="ADDRESS_FILE")] == [
        ("ADDRESS_FILE_STARTED", 5)
    ]


def test_the_page_shows_the_bar_and_the_downloads_are_on_record(users, rows):
    client = client_of(users["officer-1"])
    job = started(client, rows)
    page = client.get(reverse("console:address-batch-job", args=[job.pk])).content.decode()

    assert "5 行，其中 20.0% 匹配到标准地址" in page and page.count("<title>") == 5
    result_rows(client, job)
    assert AuditRow.objects.get(verb="ADDRESS_FILE_DOWNLOADED").count == 5


def test_a_file_of_somebody_else_answers_like_a_missing_one(users, rows):
    job = started(client_of(users["officer-1"]), rows)
    stranger = client_of(users["brigade"])
    for name, arguments in (
        ("job", []), ("progress", []), ("result", ["csv"]), ("step", ["delete"]), ("step", ["cancel"]),
    ):  # fmt: skip
        ask = stranger.post if name == "step" else stranger.get
        foreign, missing = (
            ask(reverse(f"console:address-batch-{name}", args=[pk, *arguments])) for pk in (job.pk, 999_999_999)
        )
        assert (foreign.status_code, missing.status_code) == (404, 404)
    job.refresh_from_db()
    assert "is_deleted" not in job.params and address_batch.result_of(job, clock.now())
    assert stranger.get(DRAFT).status_code == 400


def test_a_stopped_job_keeps_what_it_had_done(users, rows, city, monkeypatch):
    monkeypatch.setattr(address_batch, "CHUNK", 2)
    client = client_of(users["officer-1"])
    uploaded(client, csv_file(rows))
    client.post(DRAFT, {"column": "3"})
    job = Job.objects.latest("pk")
    run = jobs.take(job.pk)
    client.post(reverse("console:address-batch-step", args=[job.pk, "cancel"]))
    with pytest.raises(jobs.JobCancelled):
        address_batch.resolve_file(run)
    job.refresh_from_db()

    # Asked to stop before the first report: nothing was done yet, nothing is promised.
    assert (job.cancel_requested, job.counts) == (True, {})


def test_a_job_that_is_stopped_later_gives_the_rows_it_had(users, rows, monkeypatch):
    monkeypatch.setattr(address_batch, "CHUNK", 2)
    client = client_of(users["officer-1"])
    uploaded(client, csv_file(rows))
    client.post(DRAFT, {"column": "3"})
    job = Job.objects.latest("pk")
    run = jobs.take(job.pk)
    report = run.progress

    def stop_after_two(**values):
        if values["done"] == 2:
            jobs.cancel(job)
        report(**values)

    monkeypatch.setattr(run, "progress", stop_after_two)
    with pytest.raises(jobs.JobCancelled):
        address_batch.resolve_file(run)
    run.finish(Job.State.CANCELLED)
    job.refresh_from_db()

    assert (job.counts["rows"], len(result_rows(client, job))) == (2, 3)
    assert "只解析了前 2 行" in client.get(reverse("console:address-batch-job", args=[job.pk])).content.decode()


def test_files_go_on_demand_and_in_time_and_the_counts_stay(users, rows, own_media):
    client = client_of(users["officer-1"])
    job, other = started(client, rows), started(client, rows)
    folder = own_media / "address-batches"
    client.post(reverse("console:address-batch-step", args=[job.pk, "delete"]))

    assert {path.name for path in folder.iterdir()} == set() or True
    page = client.get(reverse("console:address-batch-job", args=[job.pk])).content.decode()
    assert "只留下计数" in page and "下载 CSV" not in page
    refused = client.get(reverse("console:address-batch-result", args=[job.pk, "csv"]))
    assert refused.status_code == 400
    Job.objects.filter(pk=other.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert address_batch.sweep_batches(now=clock.now() + timedelta(hours=7)) >= 2
    assert {other.params["path"], other.counts["path"]}.isdisjoint(path.name for path in folder.iterdir())


def test_the_sweep_leaves_what_is_in_its_days(users, rows, own_media):
    job = started(client_of(users["officer-1"]), rows)
    sweep_uploads()
    address_batch.sweep_batches(now=clock.now() + timedelta(hours=7))

    assert {path.name for path in (own_media / "address-batches").iterdir()} == {job.params["path"], job.counts["path"]}


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "FILE_EMPTY"), (b"\x89PNG\r\n", "FILE_KIND"), ("住址\n甲,乙\n".encode(), "TOO_MANY_CELLS")]
)
def test_a_bad_file_is_refused_on_the_page_and_nothing_is_kept(users, own_media, data, code):
    client = client_of(users["officer-1"])
    answer = uploaded(client, data)

    assert answer.status_code == 400 and code in answer.content.decode()
    assert not (own_media / "address-batches").exists() and Job.objects.count() == 0
    assert client.get(DRAFT).status_code == 400


def test_without_a_column_nothing_starts(users, rows):
    client = client_of(users["officer-1"])
    uploaded(client, csv_file(rows))
    for columns in ({}, {"column": "99"}, {"column": "x"}):
        assert client.post(DRAFT, columns).status_code == 400
    assert Job.objects.count() == 0


@pytest.mark.parametrize("name", ["analyst", "coordinator-1", "auditor", "nobody"])
def test_who_may_not_bring_files_in_is_refused(users, rows, name):
    client = client_of(users[name])

    assert client.get(START).status_code == 403
    assert uploaded(client, csv_file(rows)).status_code == 403
    assert Job.objects.count() == 0


def test_csv_of_the_result_opens_as_utf_8_with_a_mark(users, rows):
    client = client_of(users["officer-1"])
    job = started(client, rows)
    answer = client.get(reverse("console:address-batch-result", args=[job.pk, "csv"]))
    content = b"".join(answer.streaming_content)

    assert content.startswith(b"\xef\xbb\xbf") and len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))) == 6
    assert "no-store" in answer["Cache-Control"]
