"""Files of the import tests: small, invented, with one row for each fate."""

from __future__ import annotations

import csv
import io

from common import jobs
from common.models import Job
from exchange.models import LandingBatch
from tests.factories.numbers import plate, vin

HEADERS = ["号牌号码", "号牌种类", "车架号", "品牌", "检验有效期至", "所有人", "所有人证件号", "内部编码", "备注"]


def vehicle_row(number: int, **changes: str) -> list[str]:
    """A row about vehicle `number` of the small world."""
    cells = dict.fromkeys(HEADERS, "") | {"号牌号码": plate(number), "号牌种类": "02", "车架号": vin(number)} | changes
    return [cells[header] for header in HEADERS]


def broken_vin(number: int) -> str:
    """A VIN whose check digit is wrong by one."""
    good = vin(number)
    return good[:8] + ("0" if good[8] != "0" else "1") + good[9:]


# Row number → what becomes of it: 1, 7 created; 2 updated; 3 unchanged; 4, 5 held back; 6 unreadable.
MIXED = [
    vehicle_row(100, 品牌="试验牌", 所有人="赵试验"),
    vehicle_row(0, 品牌="改后牌"),
    vehicle_row(2),
    vehicle_row(102, 车架号=broken_vin(102)),
    vehicle_row(103, 号牌号码="无", 车架号=""),
    [*vehicle_row(104), "多出来的", "单元格"],
    vehicle_row(101, 检验有效期至="明年吧"),
]
BALANCE = {"received": 7, "created": 2, "updated": 1, "unchanged": 1, "to_review": 2, "rejected": 1}


def csv_bytes(rows: list[list[str]], headers: list[str] | None = None, encoding: str = "gb18030") -> bytes:
    """A semicolon-separated file as an agency might send it."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([headers or HEADERS, *rows])
    return stream.getvalue().encode(encoding)


def run_job(batch: LandingBatch) -> LandingBatch:
    """Runs the batch's job here, as a worker would, and demands that it ends well."""
    batch.refresh_from_db()
    jobs.run(batch.job_id)
    job = Job.objects.get(pk=batch.job_id)
    assert job.state == Job.State.DONE, (job.error_code, job.error_message)
    batch.refresh_from_db()
    return batch
