"""From the number of a check to a document: what is read for it, and which room makes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import Connection

from api import keepsake, legend, overrides
from api.documents import charting, pdf, sheet, word
from api.documents.printable import fit
from api.documents.report import Record, Report, arranged
from api.language import Speech
from db.settings import Web, read
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.site_check import drawing, later, service
from workflows.site_check.rulebook import book as rulebook

Kind = Literal["pdf", "docx", "xlsx", "gpkg", "geojson", "txt", "map"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PORT = 8600
"""Where a server of this machine is found unless HETU_HOST names its proxy."""

_MEDIA: Mapping[Kind, tuple[str, str, str]] = {
    "pdf": ("application/pdf", "report.file_name", ".pdf"),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "report.file_name",
        ".docx",
    ),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "report.file_name",
        ".xlsx",
    ),
    "gpkg": ("application/geopackage+sqlite3", "report.hits_name", ".gpkg"),
    "geojson": ("application/geo+json", "report.hits_name", ".geojson"),
    "txt": ("text/plain; charset=gb18030", "report.site_name", ".txt"),
    "map": ("text/html; charset=utf-8", "report.map_name", ".html"),
}


class Written(NamedTuple):
    """A document, how it is announced, and what its file is called in the reader's language."""

    content: bytes
    media_type: str
    file_name: str


def write(kind: Kind, connection: Connection, id: str, speech: Speech, sees: Grade = "secret") -> Written:
    """The document of a stored check, for readers who see up to ``sees``. Refused ``check_unknown``, ``pdf_unavailable``,
    ``template_unreadable``.
    """
    return prepared(kind, connection, id, speech, sees)()


def prepared(
    kind: Kind, connection: Connection, id: str, speech: Speech, sees: Grade = "secret"
) -> Callable[[], Written]:
    """Everything is read; what is given back makes the document and needs no connection, for setting a page takes seconds."""
    answer = service.reissue(connection, id, sees)
    media, name, ending = _MEDIA[kind]
    make = _maker(kind, connection, answer, speech, sees)
    return lambda: Written(make(), media, speech.say(name, check=answer["id"]) + ending)


def address(id: str) -> str:
    """Where a check is found: under the first name of the proxy, else on this machine."""
    web = read(Web)
    for host in sorted(web.hosts):
        return f"https://{host}/checks/{id}"
    return f"http://127.0.0.1:{web.port or PORT}/checks/{id}"


def _maker(
    kind: Kind, connection: Connection, answer: Mapping[str, Any], speech: Speech, sees: Grade
) -> Callable[[], bytes]:
    if kind in ("geojson", "map"):
        found = drawing.hits_geojson(connection, answer["id"], None, sees)
        if kind == "map":
            return lambda: keepsake.check_map(answer, found, speech).encode()
        return json.dumps(found, ensure_ascii=False, allow_nan=False).encode
    if kind == "txt":
        return charting.boundary_text(answer)
    if kind == "gpkg":
        return charting.geopackage(connection, answer, speech, sees)
    told, moment = _report(connection, answer, speech, sees), datetime.fromisoformat(answer["checked_at"])
    if kind == "xlsx":
        return lambda: sheet.workbook(told, answer, speech, moment)
    picture = charting.picture(connection, answer, told, speech, sees)
    if kind == "pdf":
        return lambda: pdf.report(told, picture, speech, answer["checked_at"], str(answer["product"]))
    return lambda: word.document(told, picture, speech, moment)


def _report(connection: Connection, answer: Mapping[str, Any], speech: Speech, sees: Grade) -> Report:
    rules = answer.get("rules")
    book = None if rules is None else rulebook.by_id(connection, rules["rulebook"])
    record = Record(
        answer=fit(answer),
        overrides=fit(overrides.of(connection, answer["id"], sees)),
        marks=fit(later.marks(connection, answer)),
        rules={}
        if book is None
        else {rule.code: {"name": rule.name, "name_en": rule.name_en} for rule in book.rules},
        district=fit(base_map.workspace(connection)["title"]),
        grade=sees,
        address=address(answer["id"]),
    )
    return arranged(record, legend.as_then(connection, answer.get("catalogue")), speech)
