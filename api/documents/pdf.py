"""Paper: a report, or a picture alone, through WeasyPrint. The one door to it, to the code on the first page (segno) and to pdfium.

Nothing is fetched: styles stand inside the page and every address is refused. The same page gives the same bytes, for what the format wants
to know about the moment is the check's own.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.documents import fonts
from api.documents.report import Report
from api.language import Speech
from api.sketch import INK
from layers.refusal import Refused

ROOT = Path(__file__).resolve().parents[1]
STYLE = ROOT / "static" / "css" / "report.css"
INKS = INK | {
    "needs_opinion": INK["restrict"],
    "cannot_say": "#5f6670",
    "no_data": "#5f6670",
    "failed": "#6d3fa0",
    "withdrawn": INK["forbid"],
    "superseded": "#566466",
    "clear": INK["conform"],
    "hit": "#1d4f91",
}
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
DOTS_PER_INCH = 200
_PRESS = threading.Lock()
"""One page at a time: neither library promises to work in two threads at once, and one thread uses a whole core."""
_UNIT = re.compile(r"(\d) (?=[^\s\d])")


@cache
def _printer() -> Any:
    """WeasyPrint, loaded when first wanted; Refused ``pdf_unavailable`` where the system lacks what it draws letters with."""
    for talker in ("weasyprint", "fontTools"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # Without libharfbuzz-subset letters are cut out slower: doctor says so.
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint
    except OSError as lacking:
        raise Refused(
            "pdf_unavailable", reason=str(lacking).split("\n")[0][:200], packages=PACKAGES
        ) from lacking
    return weasyprint


def lacking() -> str | None:
    """Why no PDF can be made here; None where it can."""
    try:
        _printer()
    except Refused as refusal:
        return str(refusal.params["reason"])
    return None


def slow() -> bool:
    """Whether letters are cut out of their fonts by Python, for want of the library that does it at once."""
    _printer()
    from weasyprint.text import ffi

    return ffi.harfbuzz_subset is None


def report(told: Report, picture: Markup, speech: Speech, checked_at: str, product: str) -> bytes:
    """The report as PDF; its dates are the check's."""
    page = (
        _environment()
        .get_template("report.html")
        .render(
            report=told,
            say=speech.say,
            picture=picture,
            code=code(told.address),
            inks=INKS,
            numeral=lambda n: numeral(n, speech),
            style=Markup(STYLE.read_text(encoding="utf-8")),  # noqa: S704 - a file of the house
            checked_at=checked_at,
            product=product,
        )
    )
    return printed(page, told.number.encode())


def numeral(n: int, speech: Speech) -> str:
    """The number before a heading, as the language counts: up to ninety-nine in Chinese."""
    if speech.language == "en":
        return f"{n}."
    *ones, ten = list(speech.say("report.numerals"))
    tens, rest = divmod(n, 10)
    counted = "" if tens == 0 else ten if tens == 1 else f"{ones[tens - 1]}{ten}"
    return f"{counted}{ones[rest - 1] if rest else ''}{speech.say('and')}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_kept_together,
    )


def _kept_together(value: Any) -> Any:
    """A figure and its unit never stand on two lines."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNIT.sub("\\1\u00a0", value)
    return value


def printed(page: str, identifier: bytes) -> bytes:
    """HTML as PDF. ``identifier``: what tells the file from others, such as a digest of its facts."""
    printer = _printer()
    if not fonts.chinese():
        raise Refused("pdf_unavailable", reason="no Chinese font", packages=PACKAGES)
    with _PRESS:
        made: bytes = printer.HTML(string=page, url_fetcher=_nothing, base_url=None).write_pdf(
            pdf_identifier=identifier
        )
    return made


def pixels(picture: Markup, width_mm: float, height_mm: float) -> bytes:
    """An SVG as PNG: printed alone on a page of its size, and the page made into pixels."""
    import pypdfium2

    page = (
        f"<html><head><style>@page {{ size: {width_mm}mm {height_mm}mm; margin: 0 }} body {{ margin: 0 }} svg {{ display: block }}"
        f"</style></head><body>{picture}</body></html>"
    )
    sheet = printed(page, b"picture")
    with _PRESS:
        opened = pypdfium2.PdfDocument(sheet)
        try:
            image = opened[0].render(scale=DOTS_PER_INCH / 72).to_pil()
        finally:
            opened.close()
    written = io.BytesIO()
    image.save(written, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return written.getvalue()


def code(address: str) -> Markup:
    """A QR code as SVG, without a size of its own."""
    import segno

    return Markup(segno.make(address, error="m").svg_inline(omitsize=True, border=0, dark="#1c2829"))  # noqa: S704 - made of squares


def code_pixels(address: str) -> bytes:
    import segno

    written = io.BytesIO()
    segno.make(address, error="m").save(written, kind="png", scale=8, border=0, dark="#1c2829")
    return written.getvalue()


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a document asks nobody: {url[:80]}")
