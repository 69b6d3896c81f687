"""Word: a report poured into a template that an office may edit. The one door to docxtpl.

Ours is ``api/templates/report.docx`` (``report.en.docx`` in English), made by ``word_form``; one of the same name in the data folder's
``templates`` takes its place. What a template may ask for is the report and two pictures; it can reach nothing else.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from api.documents import pdf
from api.documents import picture as pictures
from api.documents.report import Report
from api.language import Speech
from db.settings import home
from layers.refusal import Refused

SHIPPED = Path(__file__).resolve().parents[1] / "templates"
LARGEST = 20 * 1024 * 1024
PICTURE_MM, CODE_MM = 170, 22
EPOCH = (1980, 1, 1, 0, 0, 0)


def template_of(language: str) -> Path:
    """The office's own template where it has one."""
    name = "report.en.docx" if language == "en" else "report.docx"
    own = home() / "templates" / name
    return own if own.is_file() else SHIPPED / name


def document(told: Report, picture: Markup, speech: Speech, moment: datetime) -> bytes:
    """Refused ``template_unreadable``, ``pdf_unavailable`` (the picture is drawn by the same hand as the PDF's)."""
    image = pdf.pixels(picture, *pictures.SHEET)
    title = f"{speech.say('report.title')} {told.number}"
    return settled(_poured(template_of(speech.language), told, image, title, moment))


def _poured(template: Path, told: Report, image: bytes, title: str, moment: datetime) -> bytes:
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage

    try:
        if template.stat().st_size > LARGEST:
            raise ValueError(f"> {LARGEST} bytes")
        made = DocxTemplate(io.BytesIO(template.read_bytes()))
        pieces = {
            "report": told,
            "picture": InlineImage(made, io.BytesIO(image), width=Mm(PICTURE_MM)),
            "code": InlineImage(made, io.BytesIO(pdf.code_pixels(told.address)), width=Mm(CODE_MM)),
        }
        made.render(pieces, SandboxedEnvironment(undefined=StrictUndefined), autoescape=True)
        _dated(made.docx.core_properties, title, told.district, moment)
        written = io.BytesIO()
        made.save(written)
    except Exception as fault:  # a template is a program of the office's: it may go wrong in every way
        raise Refused(
            "template_unreadable", file=template.name, reason=f"{type(fault).__name__}: {fault}"[:200]
        ) from fault
    return written.getvalue()


def _dated(properties: Any, title: str, author: str, moment: datetime) -> None:
    properties.title = title
    properties.author = properties.last_modified_by = author
    properties.created = properties.modified = moment.astimezone(UTC).replace(tzinfo=None)


def settled(package: bytes) -> bytes:
    """The same parts in a package that does not tell when it was packed."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as given,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for part in given.infolist():
            told = zipfile.ZipInfo(part.filename, EPOCH)
            told.compress_type, told.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            packed.writestr(told, given.read(part))
    return written.getvalue()
