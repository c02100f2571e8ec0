"""The document that a report's text is put into: its fields stand in double braces, `{{标题}}`; `{{正文}}` on a line of its own is the text.

A foreign file is opened here: it is measured before it is unpacked, holds no program and points to nothing outside.
Fields are replaced as plain text: nothing in a shell is executed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from analytics.reports.paper import FIELD_NAMES
from common.errors import DomainError

MAX_BYTES, MAX_UNPACKED, MAX_PARTS = 5 * 2**20, 40 * 2**20, 500
BODY = "正文"
_FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_FORBIDDEN = ("vbaproject", "activex", "embeddings/", "attachedtemplate")


def read_shell(data: bytes) -> Any:
    """The document, checked.

    Raises:
        DomainError: SHELL_UNREADABLE, SHELL_UNSAFE; SHELL_FIELD with the name of a field that there is not; SHELL_BODY.
    """
    _measure(data)
    from docx import Document

    try:
        document = Document(BytesIO(data))
        paragraphs = list(paragraphs_of(document))
    except Exception as error:  # a foreign file: whatever the reader stumbles over, it is not a document
        raise _unreadable() from error
    found = [name for one in paragraphs for name in _FIELD.findall(one.text)]
    if unknown := [name for name in found if name not in FIELD_NAMES]:
        raise DomainError(
            "SHELL_FIELD",
            f"公文模板里有不认识的字段“{{{{{unknown[0][:40]}}}}}”。可用的字段：{'、'.join(FIELD_NAMES)}。请改正后重新上传。",
            {"field": unknown[0][:40]},
        )
    if body_paragraph(document) is None:
        raise DomainError("SHELL_BODY", "公文模板里没有单独成段的“{{正文}}”，报告内容没有地方放。请加上后重新上传。")
    return document


def _measure(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise DomainError("SHELL_UNREADABLE", f"文件超过 {MAX_BYTES // 2**20} MB。请去掉大图后重新上传。")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
                raise DomainError("SHELL_UNSAFE", "文件解开后过大，不像公文模板。请另存为普通的 .docx 后重新上传。")
            names = [one.filename.lower() for one in parts]
            links = b"".join(archive.read(one) for one in parts if one.filename.endswith(".rels"))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise _unreadable() from error
    if any(word in name for name in names for word in _FORBIDDEN) or b'TargetMode="External"' in links:
        raise DomainError(
            "SHELL_UNSAFE", "公文模板里有宏、嵌入对象或指向外部的链接。请另存为不带这些内容的 .docx 后重新上传。"
        )


def _unreadable() -> DomainError:
    return DomainError("SHELL_UNREADABLE", "文件不是能打开的 .docx 文档。请用 WPS 或 Word 另存为 .docx 后重新上传。")


def paragraphs_of(document: Any) -> Iterator[Any]:
    """Paragraphs of text, tables, heads and feet."""
    for part in [document, *_edges(document)]:
        yield from part.paragraphs
        for table in part.tables:
            for cell in table._cells:
                yield from cell.paragraphs


def _edges(document: Any) -> Iterator[Any]:
    for section in document.sections:
        yield from (section.header, section.footer, section.first_page_header, section.first_page_footer)


def body_paragraph(document: Any) -> Any:
    """The paragraph that the text takes the place of; None = there is none."""
    wanted = (one for one in document.paragraphs if _FIELD.fullmatch(one.text.strip()))
    return next((one for one in wanted if _FIELD.findall(one.text) == [BODY]), None)


def fill_fields(document: Any, values: Mapping[str, str]) -> None:
    """Writes the values in place of the fields; the look is that of the paragraph's first run."""
    for paragraph in paragraphs_of(document):
        if "{{" not in paragraph.text or _FIELD.findall(paragraph.text) == [BODY]:
            continue
        text = _FIELD.sub(lambda found: values.get(found[1], ""), paragraph.text)
        runs = paragraph.runs
        for run in runs[1:]:
            run._element.getparent().remove(run._element)
        runs[0].text = text
