"""A report as DOCX inside its shell: the form of official documents, figures as links to the platform, pictures of 150 dpi."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.conf import settings

from analytics.reports import charts, maps
from analytics.reports.docx_table import lay_out
from analytics.reports.paper import Paper, left_out_text
from analytics.reports.shell import body_paragraph, fill_fields, read_shell

# Source: GB/T 9704-2012: A4, type area 156 mm × 225 mm, title 小标宋二号, text 仿宋三号, first headings 黑体, second 楷体.
_STYLES: dict[str, tuple[str, float, bool]] = {
    "报告标题": ("方正小标宋简体", 22, False), "报告题下": ("楷体_GB2312", 14, False), "报告一级": ("黑体", 16, False),
    "报告二级": ("楷体_GB2312", 16, False), "报告正文": ("仿宋_GB2312", 16, False), "报告图表": ("黑体", 12, False),
    "报告表格": ("仿宋_GB2312", 10.5, False), "报告落款": ("仿宋_GB2312", 16, False),
}  # fmt: skip
_CENTRED = {"报告标题", "报告题下", "报告图表", "报告表格"}
_PICTURE_CM = 15.0


def docx_of(paper: Paper, shell: bytes | None = None) -> bytes:
    """The paper as DOCX.

    Args:
        shell: the document of the template's user; None = the platform's own.

    Raises:
        DomainError: the shell cannot be used; see `read_shell`.
    """
    document = read_shell(shell or own_shell())
    _add_styles(document)
    place = body_paragraph(document)
    fill_fields(document, paper.fields)
    writer = _Writer(document, place)
    for block in paper.blocks:
        writer.write(block)
    for line in paper.signed:
        writer.paragraph(line, "报告落款")
    place._element.getparent().remove(place._element)
    return _saved(document)


def own_shell() -> bytes:
    """The platform's shell, also what a user starts from."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    document = Document()
    _add_styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    document.add_paragraph("{{标题}}", "报告标题")
    document.add_paragraph("{{单位}}　{{期间}}　数据截至{{数据截至}}", "报告题下")
    document.add_paragraph("{{正文}}", "报告正文")
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run("— ")
    _add_field(foot, "PAGE")
    foot.add_run(" —")
    return _saved(document)


def _saved(document: Any) -> bytes:
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def _add_styles(document: Any) -> None:
    """The styles of the text, unless the shell brings its own of the same name."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    known = {one.name for one in document.styles}
    for name, (font, size, bold) in _STYLES.items():
        if name in known:
            continue
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.font.size, style.font.bold, style.font.name = Pt(size), bold, "Times New Roman"
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        form = style.paragraph_format
        form.space_before = form.space_after = Pt({"报告图表": 6, "报告表格": 2}.get(name, 0))
        if name in _CENTRED:
            form.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if name not in {"报告表格", "报告图表"}:
            form.line_spacing = Pt(28)
        if name in {"报告正文", "报告一级", "报告二级"}:
            form.first_line_indent = Pt(2 * size)
        form.keep_with_next = name in {"报告一级", "报告二级"}
        if name == "报告落款":
            form.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _add_field(paragraph: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    paragraph._p.append(field)


class _Writer:
    """Writes blocks before the paragraph of the shell that stands for the text."""

    def __init__(self, document: Any, place: Any) -> None:
        self.document, self.place = document, place

    def write(self, block: dict[str, Any]) -> None:
        kind = block["type"]
        if kind == "heading":
            self.paragraph(block["text"], "报告一级" if block["level"] == 1 else "报告二级")
        elif kind == "text":
            for line in block["text"].split("\n"):
                self.paragraph(line, "报告正文")
        elif kind == "sentences":
            self._parts(self.paragraph("", "报告正文"), block["parts"])
        elif kind in {"table", "annex"}:
            self._table(block)
        else:
            self._picture(block)

    def paragraph(self, text: str, style: str) -> Any:
        return self.place.insert_paragraph_before(text, style)

    def _parts(self, paragraph: Any, parts: Sequence[Any]) -> None:
        for part in parts:
            if isinstance(part, str):
                paragraph.add_run(part)
            elif part["url"]:
                self._link(paragraph, part["text"], settings.PUBLIC_URL.rstrip("/") + part["url"])
            else:
                paragraph.add_run(part["text"])

    def _link(self, paragraph: Any, text: str, url: str) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run = paragraph.add_run(text)
        link.append(run._r)
        paragraph._p.append(link)

    def _table(self, block: dict[str, Any]) -> None:
        caption = self.paragraph(block["title"], "报告图表")
        caption.paragraph_format.keep_with_next = True
        head, rows = block["head"], block["rows"] or [["没有记录"] + [""] * (len(block["head"]) - 1)]
        table = self.document.add_table(rows=0, cols=len(head))
        for row in [head, *rows]:
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.paragraphs[0].style = "报告表格"
                self._parts(cell.paragraphs[0], [value])
        lay_out(table, [[value if isinstance(value, str) else value["text"] for value in row] for row in [head, *rows]])
        self.place._element.addprevious(table._element)
        if text := left_out_text(block):
            self.paragraph(text, "报告表格")

    def _picture(self, block: dict[str, Any]) -> None:
        from docx.shared import Cm

        drawing = charts.chart(block) if block["type"] == "chart" else maps.drawing_of(block)
        holder = self.paragraph("", "报告图表")
        holder.paragraph_format.keep_with_next = True
        holder.add_run().add_picture(BytesIO(drawing.png()), width=Cm(_PICTURE_CM))
        shape = holder._p.xpath(".//wp:docPr")[0]
        shape.set("descr", drawing.label)
        self.paragraph(block["title"], "报告图表")
        if note := block.get("note"):
            self._parts(self.paragraph("", "报告表格"), note)
