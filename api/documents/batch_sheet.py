"""A batch to take away: a workbook with a row per site, the rules that hold row by row and what it all rests on; the same rows as text; the sites
on a map. Everything as its reader may see it.

Whatever a file brought is written as text, never as a formula: spreadsheets obey what begins with a sign of arithmetic.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from api.batches import Words, counted, wording
from api.language import Speech
from api.numbers import BEIJING, MU
from gis import hits_file
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.site_check.batches import service as batch
from workflows.site_check.rulebook.rule import EFFECTS

Row = Mapping[str, Any]
Cell = str | float | int | None
FIGURES = ("height", "floor_area_ratio", "floor_area", "setback")
COLUMNS = (
    *("number", "label", "place", "area", "mu", "use", *FIGURES, "verdict", "lead"),
    *(*EFFECTS, "cannot_say", "hit", "no_data", "holding", "questions", "displayed", "check", "reason"),
)
DETAILS = (
    "number",
    "label",
    "effect",
    "rule",
    "name",
    "layer",
    "amount",
    "unit",
    "share",
    "office",
    "law",
    "do",
)
WIDTHS = {
    "label": 22, "place": 26, "use": 10, "verdict": 14, "lead": 60, "holding": 60, "questions": 22, "reason": 40,
    "name": 34, "layer": 26, "office": 22, "law": 44, "do": 60, "check": 20, "displayed": 14, "rule": 28,
}  # fmt: skip
_ARITHMETIC = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(
    kind: Literal["xlsx", "csv", "gpkg"],
    connection: Connection,
    id: str,
    speech: Speech,
    sees: Grade = "secret",
) -> bytes:
    """Refused ``batch_unknown``."""
    progress = batch.progress(connection, id, sees)
    found = batch.lookup(connection, id, sees)
    tell = _Tell(Words(wording(connection, speech)))
    if kind == "gpkg":
        srid = base_map.workspace(connection)["srid"]
        return _package(found.rows(connection, shapes=True), tell, srid, progress)
    rows = found.rows(connection)
    return _text(rows, tell) if kind == "csv" else _workbook(rows, tell, progress, sees)


@dataclass(frozen=True, slots=True)
class _Tell:
    words: Words

    def row(self, row: Row) -> dict[str, Cell]:
        effects, answer = self.words.effects(row), row["answer"]
        layers = answer["summary"] if answer else {}
        proposal = row["proposal"] or {}
        return {
            "number": row["number"],
            "label": row["label"] or "",
            "place": self.words.place(row),
            "area": None if row["area"] is None else round(row["area"], 2),
            "mu": None if row["area"] is None else round(row["area"] / MU, 2),
            "use": proposal.get("use") or "",
            **{figure: proposal.get(figure) for figure in FIGURES},
            "verdict": f"{self.words.mark(row)} {self.words.verdict(row)}",
            "lead": self.words.lead(row) if answer else "",
            **{effect: effects[effect] if answer else None for effect in EFFECTS},
            "cannot_say": effects["cannot say"] if answer else None,
            "hit": layers.get("hit"),
            "no_data": layers.get("no data"),
            "holding": "\n".join(self.words.holding(row)),
            "questions": self.words.of.speech.list(self.words.questions(row)),
            "displayed": self.words.displayed(row),
            "check": row["check_id"] or "",
            "reason": "" if row["reason"] is None else self.words.reason(row),
        }

    def details(self, row: Row) -> Iterator[dict[str, Cell]]:
        """The rules that hold, but for those that only inform or conform."""
        of, speech = self.words.of, self.words.of.speech
        for each in (row["answer"] or {"findings": []})["findings"]:
            if each["state"] != "holds" or each["effect"] in ("inform", "conform"):
                continue
            layer = {"name": each["layer_name"], "name_en": each["layer_name_en"]}
            laws = [
                of.basis(basis)
                if basis["standing"] == "seen"
                else speech.say(
                    "batch.unseen", law=of.basis(basis), standing=speech.say(f"standing.{basis['standing']}")
                )
                for basis in each["basis"]
            ]
            yield {
                "number": row["number"],
                "label": row["label"] or "",
                "effect": speech.say(f"effect.{each['effect']}"),
                "rule": each["rule"],
                "name": of.name(each),
                "layer": speech.name(layer),
                "amount": each["amount"]["low"],
                "unit": each["amount"]["unit"] if each["amount"]["low"] is not None else "",
                "share": each["share"],
                "office": of.office(each["department"]),
                "law": speech.list(laws),
                "do": of.do(each),
            }

    def head(self, names: Sequence[str]) -> list[str]:
        return [self.words.of.speech.say(f"batch.column.{name}") for name in names]


def _text(rows: Iterable[Row], tell: _Tell) -> bytes:
    """UTF-8 with the sign at its head by which spreadsheets know it."""
    out = io.StringIO(newline="")
    book = csv.writer(out)
    book.writerow(tell.head(COLUMNS))
    for row in rows:
        cells = tell.row(row)
        book.writerow([_harmless(cells[name]) for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: Cell) -> Cell:
    """One line, and text where a spreadsheet would see a formula."""
    if not isinstance(cell, str):
        return cell
    line = cell.replace("\n", " / ")
    return f"'{line}" if line.startswith(_ARITHMETIC) else line


def _workbook(rows: Iterable[Row], tell: _Tell, progress: Row, sees: Grade) -> bytes:
    from xlsxwriter import Workbook

    out, say = io.BytesIO(), tell.words.of.speech.say
    book = Workbook(out, {"in_memory": True, "constant_memory": False})
    book.set_properties(
        {"title": say("batch.title", name=progress["name"]), "created": _naive(progress["made_at"])}
    )
    sheets = [book.add_worksheet(say(f"batch.sheet.{name}")) for name in ("sites", "holding", "basis")]
    styles = _Styles(book)
    for sheet, names in zip(sheets, (COLUMNS, DETAILS), strict=False):
        styles.head(sheet, names, tell.head(names))
    line, detail, cut = 1, 1, 0
    for row in rows:
        styles.line(sheets[0], line, COLUMNS, tell.row(row))
        line += 1
        for each in tell.details(row):
            if detail < _MOST_LINES:
                styles.line(sheets[1], detail, DETAILS, each)
                detail += 1
            else:
                cut += 1
    basis = [*_basis(progress, tell, sees)]
    if cut:
        basis.append((say("batch.sheet.holding"), say("batch.cut", n=cut, most=_MOST_LINES)))
    for at, (term, value) in enumerate(basis):
        sheets[2].write_string(at, 0, _plain(term), styles.bold)
        sheets[2].write_string(at, 1, _plain(value))
    sheets[2].set_column(0, 0, 24)
    sheets[2].set_column(1, 1, 80)
    book.close()
    return out.getvalue()


_MOST_LINES = 1_000_000
"""Of a sheet that spreadsheets open."""


class _Styles:
    def __init__(self, book: Any) -> None:
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.head_ = book.add_format({"bold": True, "bg_color": "#E6EFEE", "border": 1, "valign": "top"})
        self.text = book.add_format({"valign": "top"})
        self.long = book.add_format({"valign": "top", "text_wrap": True})
        self.area = book.add_format({"valign": "top", "num_format": "#,##0.00"})
        self.share = book.add_format({"valign": "top", "num_format": "0.0%"})

    def head(self, sheet: Any, names: Sequence[str], words: Sequence[str]) -> None:
        for at, (name, word) in enumerate(zip(names, words, strict=True)):
            sheet.write_string(0, at, word, self.head_)
            sheet.set_column(at, at, WIDTHS.get(name, 11))
        sheet.freeze_panes(1, 2)

    def line(self, sheet: Any, line: int, names: Sequence[str], cells: Mapping[str, Cell]) -> None:
        for at, name in enumerate(names):
            cell = cells[name]
            if isinstance(cell, str):
                long = name in ("lead", "holding", "reason", "law", "do")
                sheet.write_string(line, at, _plain(cell), self.long if long else self.text)
            elif cell is not None:
                style = {"area": self.area, "mu": self.area, "amount": self.area, "share": self.share}
                sheet.write_number(line, at, cell, style.get(name, self.text))


def _basis(progress: Row, tell: _Tell, sees: Grade) -> Iterator[tuple[str, str]]:
    """What the whole table rests on."""
    say, figures = tell.words.of.speech.say, tell.words.of.figures
    yield say("batch.id"), progress["id"]
    yield say("batch.file"), progress["name"]
    yield "SHA-256", progress["sha256"]
    yield say("batch.made"), figures.moment(progress["made_at"])
    yield say("batch.valid_on"), figures.day(progress["valid_on"])
    yield say("batch.known_at"), figures.moment(progress["known_at"])
    yield say("batch.rulebook"), "—" if progress["rulebook"] is None else str(progress["rulebook"])
    yield say("batch.seen_by"), say(f"grade.{sees}")
    yield say("batch.product"), progress["product"]
    yield say("batch.rows"), figures.count(progress["rows"])
    for key, mark, n in counted(progress):
        yield f"{mark} {say(key)}", figures.count(n)
    for each in progress["left_out"]:
        yield each["path"], tell.words.of.speech.reason(each["code"], each["params"])


def _package(rows: Iterable[Row], tell: _Tell, srid: int, progress: Row) -> bytes:
    shapes: list[Any] = []
    columns: dict[str, list[Cell]] = {name: [] for name in (*COLUMNS, "verdict_code")}
    for row in rows:
        if row["site"] is None:
            continue
        shapes.append(row["site"])
        for name, cell in tell.row(row).items():
            columns[name].append(_plain(cell) if isinstance(cell, str) else cell)
        columns["verdict_code"].append((row["answer"] or {}).get("verdict"))
    return hits_file.one_layer("sites", shapes, columns, f"EPSG:{srid}", progress["made_at"])


def _plain(text: str) -> str:
    """Text that every file can hold: no control signs, no halves of signs."""
    kept = "".join(sign for sign in text if sign == "\n" or sign.isprintable())
    return kept.encode("utf-8", "replace").decode()[:32_000]


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(BEIJING).replace(tzinfo=None)
