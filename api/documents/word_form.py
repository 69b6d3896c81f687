"""The parts a Word template is made of: paragraphs, tables that repeat a row, statements that repeat or leave out. It knows no report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from api.language import Speech

LETTERS = "Microsoft YaHei"
ACCENT, QUIET, INK = RGBColor(0x0E, 0x55, 0x58), RGBColor(0x56, 0x64, 0x66), RGBColor(0x1C, 0x28, 0x29)
WIDTH = 174.0
"""mm between the margins."""


class Form:
    """A template in the making, and the language it speaks."""

    def __init__(self, speech: Speech) -> None:
        self.say = speech.say
        self.made = Document()
        self._page()
        self._styles()

    def _page(self) -> None:
        section = self.made.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(18)
        section.top_margin, section.bottom_margin = Mm(20), Mm(18)
        head = section.header.paragraphs[0]
        run(head, self.say("report.headline", district="{{ report.district }}"), 8, QUIET)
        run(head, f" · {self.say('report.number')} {{{{ report.number }}}}", 8, QUIET)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _field(foot, "PAGE")
        run(foot, " / ", 8, QUIET)
        _field(foot, "NUMPAGES")

    def _styles(self) -> None:
        for name, size, colour, bold in (
            ("Normal", 9.5, INK, False),
            ("Title", 20, INK, True),
            ("Heading 1", 12, ACCENT, True),
            ("Heading 2", 10.5, INK, True),
        ):
            style = self.made.styles[name]
            style.font.name, style.font.size, style.font.bold = LETTERS, Pt(size), bold
            style.font.color.rgb = colour
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for kind in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
                fonts.set(qn(kind), LETTERS)
            for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(qn(theme), None)
            style.paragraph_format.space_after = Pt(2)
            style.paragraph_format.space_before = Pt({"Heading 1": 12, "Heading 2": 8}.get(name, 0))
            style.paragraph_format.keep_with_next = name.startswith("Heading")

    def line(
        self,
        text: str,
        style: str = "Normal",
        *,
        size: float | None = None,
        colour: Any = None,
        bold: bool = False,
    ) -> Any:
        paragraph = self.made.add_paragraph(style=style)
        run(paragraph, text, size, colour, bold)
        return paragraph

    def heading(self, key: str) -> None:
        self.line(self.say(f"report.{key}"), "Heading 1")

    def sign(self, statement: str) -> None:
        """A statement that repeats, or leaves out, whole paragraphs; its own vanishes."""
        self.line(f"{{%p {statement} %}}")

    def lines(self, what: str, text: str, **looks: Any) -> None:
        self.sign(f"for each in report.{what}")
        self.line(text, **looks)
        self.sign("endfor")

    def table(
        self, what: str, columns: Sequence[tuple[str, float]], titles: Sequence[str] = (), size: float = 9
    ) -> None:
        """A row for each of ``what``; columns are text with tags and a width in mm."""
        table = self.made.add_table(rows=0, cols=len(columns), style="Table Grid" if titles else None)
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        if titles:
            row = table.add_row()
            _repeated(row)
            for box, title in zip(row.cells, titles, strict=True):
                cell(box, title, size, QUIET)
        for statement in (f"for each in {what}", None, "endfor"):
            row = table.add_row()
            whole(row)
            if statement is not None:
                cell(row.cells[0], f"{{%tr {statement} %}}", size)
                continue
            for box, (text, _) in zip(row.cells, columns, strict=True):
                cell(box, text, size)
        for row in table.rows:
            for box, (_, width) in zip(row.cells, columns, strict=True):
                box.width = Mm(width)
        self.gap()

    def gap(self) -> None:
        """Word makes one table of two that touch, and wants a paragraph after the last."""
        self.line("", size=4)

    def row(self, table: Any, term: str, value: str) -> None:
        row = table.add_row()
        whole(row)
        cell(row.cells[0], term, 9, QUIET)
        cell(row.cells[1], value, 9)
        row.cells[0].width, row.cells[1].width = Mm(24), Mm(WIDTH - 24)


def run(paragraph: Any, text: str, size: float | None = None, colour: Any = None, bold: bool = False) -> None:
    run = paragraph.add_run(text)
    run.bold = bold or None
    if size is not None:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour


def cell(box: Any, text: str, size: float, colour: Any = None) -> None:
    run(box.paragraphs[0], text, size, colour)


def _field(paragraph: Any, name: str) -> None:
    """A number that Word fills in when it opens the file."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    paragraph._p.append(field)  # noqa: SLF001 - python-docx knows no fields


def whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - nor rows that stay whole


def _repeated(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - nor heads that are repeated
