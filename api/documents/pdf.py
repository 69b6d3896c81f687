"""Paper: a report, or a picture alone, through WeasyPrint. The one door to it, to the code on the first page (segno) and to pdfium.

Nothing is fetched: styles stand inside the page and every address is refused. The same page gives the same bytes, for what the format wants
to know about the moment is the check's own.
"""

from __future__ import annotations

import io
import logging
import warnings
from functools import cache
from typing import Any

from markupsafe import Markup

from layers.refusal import Refused

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
DOTS_PER_INCH = 200


@cache
def _printer() -> Any:
    """WeasyPrint, loaded when first wanted; Refused ``pdf_unavailable`` where the system lacks what it draws letters with."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            import weasyprint
    except (OSError, DeprecationWarning) as lacking:
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


def printed(page: str, identifier: bytes) -> bytes:
    """HTML as PDF. ``identifier``: what tells the file from others, such as a digest of its facts."""
    made: bytes = (
        _printer().HTML(string=page, url_fetcher=_nothing, base_url=None).write_pdf(pdf_identifier=identifier)
    )
    return made


def pixels(picture: Markup, width_mm: float, height_mm: float) -> bytes:
    """An SVG as PNG: printed alone on a page of its size, and the page made into pixels."""
    import pypdfium2

    page = (
        f"<html><head><style>@page {{ size: {width_mm}mm {height_mm}mm; margin: 0 }} body {{ margin: 0 }} svg {{ display: block }}"
        f"</style></head><body>{picture}</body></html>"
    )
    sheet = pypdfium2.PdfDocument(printed(page, b"picture"))
    try:
        image = sheet[0].render(scale=DOTS_PER_INCH / 72).to_pil()
    finally:
        sheet.close()
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
