"""Agency files in memory, and their way through the landing zone without a page."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime

from common import jobs
from common.errors import DomainError
from common.models import Job
from elements.models import Source
from exchange.importers.mapping import DISMISSED, UNDECIDED
from exchange.models import LandingBatch
from exchange.services import landing
from tests.factories.claims import NOW, on_day

VEHICLE_HEADERS = ["车架号", "号牌号码", "号牌种类", "品牌", "使用性质", "登记地址", "所有人", "所有人证件号", "备注"]
CONTENT_TYPES = "[Content_Types].xml"
_PARTS = {
    CONTENT_TYPES: '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"'
    ' ContentType="application/xml"/><Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override'
    ' PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="名册" sheetId="1" r:id="s"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.xml"/></Relationships>',
}


def csv_file(rows: Iterable[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Rows, the header first, as an agency would send them."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


def sheet_xml(rows: Iterable[Sequence[str]], *, extra: str = "") -> str:
    """A worksheet of inline strings; a cell that begins with `<` is XML of its own."""
    lines = []
    for number, cells in enumerate(rows, start=1):
        columns = [
            cell if cell.startswith("<") else f'<c r="{_column(i)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            for i, cell in enumerate(cells)
        ]
        lines.append(f'<row r="{number}">{"".join(columns)}</row>')
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{"".join(lines)}</sheetData>{extra}</worksheet>'


def _column(index: int) -> str:
    return chr(65 + index) if index < 26 else _column(index // 26 - 1) + chr(65 + index % 26)


def xlsx_file(sheet: str, *, parts: dict[str, str | bytes] | None = None, without: Iterable[str] = ()) -> bytes:
    """A workbook of one sheet, with further or other parts."""
    contents = {**_PARTS, "xl/worksheets/sheet1.xml": sheet, **(parts or {})}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            if name not in without:
                archive.writestr(name, content)
    return stream.getvalue()


def receive(
    data: bytes, *, source: str = "TMRI_VEHICLE", kind: str = "VEHICLE", name: str = "名册.csv", observed_at: datetime | None = None,
    datum: str = "WGS84", mends: LandingBatch | None = None,
) -> LandingBatch:  # fmt: skip
    """A file up to its mapping."""
    return landing.receive_file(
        data=data, name=name, source=Source.objects.get(code=source), kind_code=kind, observed_at=observed_at or on_day(1),
        actor=None, now=NOW, datum=datum, mends=mends,
    )  # fmt: skip


def run_step(batch: LandingBatch) -> Job:
    """Runs the batch's job here; a refusal of the job is raised as it was worded."""
    jobs.run(batch.job_id)
    job = Job.objects.get(pk=batch.job_id)
    batch.refresh_from_db()
    if job.state != Job.State.DONE:
        raise DomainError(job.error_code, job.error_message)
    return job


def plan(batch: LandingBatch) -> LandingBatch:
    """Dry run with the suggested mapping, unknown columns dismissed."""
    columns = {h: f if f != UNDECIDED else DISMISSED for h, f in batch.columns.items()}
    batch = landing.start_planning(batch=batch, columns=columns, datum=batch.datum, actor=None)
    run_step(batch)
    return batch


def bring_in(data: bytes, **options: object) -> LandingBatch:
    """A file from its bytes to its elements."""
    batch = landing.start_import(batch=plan(receive(data, **options)), actor=None)  # type: ignore[arg-type]
    run_step(batch)
    return batch


def take_back(batch: LandingBatch) -> LandingBatch:
    """Undo of an imported file."""
    batch = landing.start_undo(batch=batch, actor=None)
    run_step(batch)
    return batch
