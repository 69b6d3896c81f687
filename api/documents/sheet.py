"""Excel: the same report as figures one can count with. Five sheets: conclusion, rules, layers, features, editions.

Numbers are numbers in their units, dates are dates, shares are shares. Everything else is text, whatever sign it begins with: a name that
came in a file is never a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.documents.items import Item
from api.documents.report import Report
from api.language import Speech
from api.numbers import BEIJING, MU
from api.sketch import INK

Cell = str | float | int | date | bool | None
ARITHMETIC = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
LONGEST = 32_000
"""Characters a cell may hold."""
FORMATS = {
    "number": "#,##0.00",
    "count": "#,##0",
    "share": "0.0%",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True, slots=True)
class Column:
    """``kind``: one of FORMATS, or "text", "long" (wrapped) or "effect" (in its colour)."""

    title: str
    width: float
    kind: str = "text"


def workbook(told: Report, answer: Mapping[str, Any], speech: Speech, moment: datetime) -> bytes:
    from xlsxwriter import Workbook

    written = io.BytesIO()
    book = Workbook(written, {"in_memory": True})
    local = moment.astimezone(BEIJING).replace(tzinfo=None)
    book.set_properties(
        {"title": f"{speech.say('report.title')} {told.number}", "author": told.district, "created": local}
    )
    pen = Pen(book)
    _conclusion(pen, told, answer, speech)
    _rules(pen, told, speech)
    _layers(pen, told, speech)
    _features(pen, told, speech)
    _editions(pen, told, speech)
    book.close()
    return written.getvalue()


class Pen:
    """Writes cells by what they are."""

    def __init__(self, book: Any) -> None:
        self.book = book
        plain = {"valign": "top", "font_name": "Microsoft YaHei", "font_size": 10}
        self.looks = {name: book.add_format({**plain, "num_format": told}) for name, told in FORMATS.items()}
        self.looks["text"] = book.add_format(plain)
        self.looks["long"] = book.add_format({**plain, "text_wrap": True})
        self.looks["head"] = book.add_format(
            {**plain, "bold": True, "bg_color": "#E6F0EE", "bottom": 1, "text_wrap": True}
        )
        self.looks["term"] = book.add_format({**plain, "font_color": "#566466"})
        self.looks["lead"] = book.add_format({**plain, "bold": True, "font_size": 13, "text_wrap": True})
        self.effects = {
            effect: book.add_format({**plain, "font_color": ink, "bold": True}) for effect, ink in INK.items()
        }
        self.quoted: dict[int, Any] = {}

    def write(self, sheet: Any, row: int, column: int, value: Cell, look: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            sheet.write_string(row, column, value[:LONGEST], self._as_text(value, look))
        elif isinstance(value, datetime | date):
            sheet.write_datetime(row, column, value, look)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, look)
        else:
            sheet.write_number(row, column, value, look)

    def _as_text(self, value: str, look: Any) -> Any:
        """With the sign of a spreadsheet that says "text", so that editing the cell makes no formula of it either."""
        if not value.startswith(ARITHMETIC):
            return look
        if id(look) not in self.quoted:
            quoted = self.book.add_format({"valign": "top", "font_name": "Microsoft YaHei", "font_size": 10})
            quoted.set_quote_prefix()
            quoted.set_num_format("@")
            self.quoted[id(look)] = quoted
        return self.quoted[id(look)]

    def table(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        effects: Iterable[str] | None = None,
    ) -> Any:
        sheet = self.book.add_worksheet(name)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.title, self.looks["head"])
        kinds = list(effects) if effects is not None else None
        last = 0
        for line, row in enumerate(rows, 1):
            last = line
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                look = self.looks.get(column.kind, self.looks["text"])
                if column.kind == "effect" and kinds is not None:
                    look = self.effects.get(kinds[line - 1], look)
                self.write(sheet, line, place, value, look)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
        _printed(sheet)
        return sheet


def _printed(sheet: Any) -> None:
    """A4, as wide as it is, its head on every page and the page's number below."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&R&P / &N")


def _conclusion(pen: Pen, told: Report, answer: Mapping[str, Any], speech: Speech) -> None:
    say = speech.say
    sheet = pen.book.add_worksheet(say("report.sheet_answer"))
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 110)
    site = answer["site"]
    lines: list[tuple[str, Cell, str]] = [
        (say("report.title"), told.district, "text"),
        (say("report.number"), told.number, "text"),
        (say("report.verdict"), f"{told.mark} {told.verdict}", "lead"),
        (say("report.lead"), told.lead, "lead"),
        *(("", each.text, "long") for each in told.warnings),
        *(("", each, "long") for each in (*told.withheld_in_full, *told.summary)),
        *(("", f"{_numbered(each.number)}{each.mark} {each.text}", "long") for each in told.reasons),
        *(("", each, "long") for each in told.others),
        *((say("report.questions"), each, "long") for each in told.questions),
        *((each.term, each.value, "text") for each in told.head),
        (f"{say('report.planar')} m²", site["area_m2"], "number"),
        (f"{say('report.ellipsoidal')} m²", site.get("area_ellipsoidal_m2"), "number"),
        *((each.term, each.value, "text") for each in (*told.site, *told.proposal)),
        (say("report.sha256"), answer["sha256"], "text"),
    ]
    if told.displayed is not None:
        lines.append((say("report.displayed"), told.displayed.lead, "long"))
    for row, (term, value, kind) in enumerate(lines):
        pen.write(sheet, row, 0, term, pen.looks["term"])
        pen.write(sheet, row, 1, value, pen.looks[kind])
    _printed(sheet)


def _numbered(number: int | None) -> str:
    return "" if number is None else f"{number} "


def _rules(pen: Pen, told: Report, speech: Speech) -> None:
    say = speech.say
    titles = (
        ("report.number", 6, "count"), ("report.rule", 30, "text"), ("report.state", 10, "text"), ("report.column_effect", 12, "effect"),
        ("report.layer", 22, "text"), ("report.edition_column", 26, "text"), ("report.column_low", 14, "number"), ("report.column_high", 14, "number"),
        ("report.column_unit", 8, "text"), ("report.share", 10, "share"), ("report.limit", 30, "text"), ("report.column_limit_value", 12, "number"),
        ("report.why", 36, "long"), ("report.basis", 44, "long"), ("report.column_standing", 20, "text"), ("report.office", 24, "text"),
        ("report.do", 50, "long"), ("report.exception", 36, "long"), ("report.features", 40, "long"), ("report.override", 50, "long"),
        ("report.column_displayed", 8, "text"), ("report.code", 28, "text"), ("report.version", 14, "text"),
    )  # fmt: skip
    displayed = () if told.displayed is None else (*told.displayed.findings, *told.displayed.unanswered)
    items = [*told.findings, *told.unanswered, *told.quiet]
    shown = [(item, "") for item in items] + [(item, say("report.displayed")) for item in displayed]
    pen.table(
        say("report.sheet_rules"),
        [Column(say(key), width, kind) for key, width, kind in titles],
        [_rule(item, apart) for item, apart in shown],
        [item.kind for item, _ in shown],
    )


def _rule(item: Item, apart: str) -> list[Cell]:
    raw = item.raw
    amount = raw["amount"]
    tags = list(dict.fromkeys(basis.tag for basis in item.bases if basis.tag))
    return [
        item.number,
        item.name,
        item.state,
        f"{item.mark} {item.effect}",
        item.layer,
        item.edition,
        amount["low"],
        amount["high"],
        amount["unit"],
        raw["share"],
        item.limit,
        raw["limit_applied"],
        item.why,
        "; ".join(basis.text for basis in item.bases),
        "; ".join(tags),
        item.office,
        item.do,
        item.exception,
        item.features,
        "\n".join(item.overrides),
        apart,
        item.rule,
        raw["version"],
    ]


def _layers(pen: Pen, told: Report, speech: Speech) -> None:
    say = speech.say
    titles = (
        ("report.layer", 26, "text"), ("report.state", 10, "text"), ("report.why", 44, "long"), ("report.amount", 30, "text"),
        ("report.column_area", 14, "number"), ("report.mu", 12, "number"), ("report.share", 10, "share"), ("report.column_length", 12, "number"),
        ("report.count", 10, "count"), ("report.column_covered", 12, "share"), ("report.edition_column", 26, "text"), ("report.code", 28, "text"),
    )  # fmt: skip
    pen.table(
        say("report.sheet_layers"),
        [Column(say(key), width, kind) for key, width, kind in titles],
        [
            [
                row.name, row.state, row.why, row.measured, row.raw["area_m2"], _mu(row.raw["area_m2"]), row.raw["share"],
                row.raw["length_m"], row.raw["count"] or None, row.raw["covered_share"], row.edition, row.code,
            ]
            for row in told.layers
        ],
    )  # fmt: skip


def _features(pen: Pen, told: Report, speech: Speech) -> None:
    say = speech.say
    titles = (
        ("report.layer", 26, "text"), ("report.column_feature", 26, "text"), ("layer.identify", 22, "text"), ("check.class", 14, "text"),
        ("report.class_name", 20, "text"), ("report.column_area", 14, "number"), ("report.mu", 12, "number"), ("report.share", 10, "share"),
        ("report.column_length", 12, "number"), ("report.sliver", 8, "text"), ("report.rule", 30, "text"), ("report.column_effect", 12, "text"),
        ("report.code", 28, "text"),
    )  # fmt: skip
    pen.table(
        say("report.sheet_hits"),
        [Column(say(key), width, kind) for key, width, kind in titles],
        [
            [
                row.layer, row.feature, row.raw["ident"], row.raw["class"], row.cls, row.raw["area_m2"], _mu(row.raw["area_m2"]),
                row.raw["share"], row.raw["length_m"], "≈" if row.raw["sliver"] else "", row.rule, row.effect, row.raw["code"],
            ]
            for row in told.hits
        ],
    )  # fmt: skip


def _editions(pen: Pen, told: Report, speech: Speech) -> None:
    say = speech.say
    titles = (
        ("report.layer", 26, "text"), ("layer.seq", 8, "count"), ("report.status", 10, "text"), ("report.valid_from", 12, "date"),
        ("report.published", 18, "moment"), ("report.source", 34, "text"), ("report.column_crs", 14, "text"), ("report.column_coverage", 14, "text"),
        ("report.sha256_source", 68, "text"), ("report.since_then", 26, "text"), ("report.column_displayed", 8, "text"), ("report.code", 28, "text"),
    )  # fmt: skip
    displayed = () if told.displayed is None else told.displayed.editions
    rows = [(row, "") for row in told.editions] + [(row, say("report.displayed")) for row in displayed]
    pen.table(
        say("report.sheet_editions"),
        [Column(say(key), width, kind) for key, width, kind in titles],
        [
            [
                row.layer, row.seq, row.status, _day(row.raw.get("valid_from")), _moment(row.raw["published_at"]), row.source, row.crs,
                row.coverage, row.raw["sha256"], row.since, apart, row.code,
            ]
            for row, apart in rows
        ],
    )  # fmt: skip


def _mu(area: float | None) -> float | None:
    return None if area is None else area / MU


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)


def _moment(told: str) -> datetime:
    return datetime.fromisoformat(told).astimezone(BEIJING).replace(tzinfo=None)
