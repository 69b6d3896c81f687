"""The report of a delivery as a workbook: what came of it, every fault that was kept, the rows set aside, what changed, the first rows of the sources.

Whatever a file brought is text, whatever sign it begins with; figures are figures in their units.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.documents.sheet import Column, Pen
from api.intake import ASIDE, MARKS, Words, gravest, refused_sources
from api.language import Speech
from api.numbers import BEIJING
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.base_map.reports import service as reports

Told = Mapping[str, Any]
Row = list[Any]
MOST_FAULTS = 50_000
"""Lines of the sheet of faults; counts are whole all the same."""
_AT_ONCE = 2_000


def write(
    connection: Connection, delivery: int, speech: Speech, sees: Grade = "secret", viewer: str = ""
) -> tuple[bytes, str]:
    """The workbook and what its file is called. Refused ``import_unknown``."""
    told = reports.of_delivery(connection, delivery, sees, viewer)
    words = Words(speech, {each["code"]: each for each in base_map.layers(connection)})
    listed = [(report, fault) for report in told["layers"] for fault in _faults(connection, report, sees)]
    return workbook(
        told, listed[:MOST_FAULTS], words
    ), f"{speech.say('intake.sheet_title', id=delivery)}.xlsx"


def _faults(connection: Connection, report: Told, sees: Grade) -> Iterator[Told]:
    after = 0
    while True:
        page = reports.faults(connection, report["id"], None, _AT_ONCE, after, sees)
        yield from page
        if len(page) < _AT_ONCE:
            return
        after = page[-1]["n"]


def workbook(told: Told, listed: Sequence[tuple[Told, Told]], words: Words) -> bytes:
    """``listed``: every fault that is written, with the report it is of. The same report gives the same bytes."""
    from xlsxwriter import Workbook

    out, say = io.BytesIO(), words.speech.say
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    delivery, layers = told["delivery"], told["layers"]
    title = say("intake.sheet_title", id=delivery["id"])
    book.set_properties({"title": title, "created": _local(delivery["received_at"])})
    pen = Pen(book)
    _summary(pen, delivery, layers, words)
    aside = [(report, fault) for report, fault in listed if fault["code"] in ASIDE]
    rest = [(report, fault) for report, fault in listed if fault["code"] not in ASIDE]
    _listed(pen, say("intake.sheet.faults"), rest, words)
    _listed(pen, say("intake.sheet.set_aside"), aside, words)
    _compared(pen, layers, words)
    _samples(pen, layers, words)
    book.close()
    return out.getvalue()


def _summary(pen: Pen, delivery: Told, layers: Sequence[Told], words: Words) -> None:
    say, looks = words.speech.say, pen.looks
    sheet = pen.book.add_worksheet(say("intake.sheet.summary"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 12, 14)
    sheet.merge_range(0, 0, 0, 9, "", looks["lead"])
    pen.write(sheet, 0, 0, words.lead(delivery, layers), looks["lead"])
    sheet.set_row(0, 44)
    facts: list[tuple[str, Any]] = [
        (say("intake.number"), delivery["id"]),
        (say("intake.file"), delivery["name"]),
        ("SHA-256", delivery["sha256"]),
        (say("intake.state_column"), say(f"intake.state.{delivery['state']}")),
        (say("intake.supplier"), delivery.get("supplier")),
        (say("intake.when"), words.figures.moment(delivery["received_at"])),
        (say("intake.who"), delivery["handed_over_by"]),
    ]
    facts += [(each["path"], words.reason(each)) for each in refused_sources(delivery)]
    line = 2
    for term, value in facts:
        pen.write(sheet, line, 0, term, looks["term"])
        pen.write(sheet, line, 1, value, looks["text"])
        line += 1
    line += 1
    heads = (
        *(
            "check.layer",
            "layer.read",
            "layer.published",
            "layer.set_aside",
            "intake.fault.repaired",
            "intake.score",
        ),
        *("check.crs_in", "intake.crs_out", "intake.encoding", "intake.fault_column", "layer.file"),
    )
    for place, key in enumerate(heads):
        pen.write(sheet, line, place, say(key), looks["head"])
    for report in layers:
        line += 1
        worst, counts = gravest([report]), report["counts"]
        cells = [
            words.layer(report["layer"]), counts["read"], counts["published"], counts["set_aside"], counts.get("repaired"),
            (report.get("quality") or {}).get("score"), report["crs"]["in"], report["crs"]["out"], report["encoding"],
            f"{MARKS[worst[0]['severity']]} {words.fault(worst[0]['code'])}" if worst else None, report["source"],
        ]  # fmt: skip
        for place, value in enumerate(cells):
            pen.write(
                sheet,
                line,
                place,
                value,
                looks[
                    "count" if isinstance(value, int) else "number" if isinstance(value, float) else "text"
                ],
            )
    line += 2
    for place, key in enumerate(
        ("check.layer", "intake.fault_column", "intake.state_column", "intake.how_many", "intake.kept")
    ):
        pen.write(sheet, line, place, say(key), looks["head"])
    for report in layers:
        for fault in report["faults"]:
            if fault["count"]:
                line += 1
                told = (
                    words.layer(report["layer"]),
                    words.fault(fault["code"]),
                    words.severity(fault["severity"]),
                    fault["count"],
                    fault["stored"],
                )
                for place, value in enumerate(told):
                    pen.write(sheet, line, place, value, looks["count" if isinstance(value, int) else "text"])


def _listed(pen: Pen, name: str, listed: Sequence[tuple[Told, Told]], words: Words) -> None:
    say = words.speech.say
    columns = [
        Column(say("check.layer"), 26), Column(say("intake.row"), 10, "count"), Column(say("intake.fault_column"), 16),
        Column(say("intake.state_column"), 10), Column(say("intake.what_is_known"), 60, "long"), Column("X", 16, "number"),
        Column("Y", 16, "number"), Column(say("layer.file"), 34), Column(say("report.code"), 20),
    ]  # fmt: skip
    rows: list[Row] = [
        [
            words.layer(report["layer"]), fault["row"], words.fault(fault["code"]), words.severity(fault["severity"]),
            words.detail(fault["params"]), fault["x"], fault["y"], report["source"], fault["code"],
        ]
        for report, fault in listed
    ]  # fmt: skip
    pen.table(name, columns, rows)


def _compared(pen: Pen, layers: Sequence[Told], words: Words) -> None:
    say = words.speech.say
    columns = [
        Column(say("check.layer"), 26), Column(say("layer.seq"), 10, "count"), Column(say("intake.what"), 14), Column(say("intake.compared.from"), 16),
        Column(say("intake.compared.to"), 16), Column(say("intake.compared.features"), 12, "count"), Column(say("intake.area_m2"), 16, "number"),
    ]  # fmt: skip
    rows: list[Row] = []
    for report in layers:
        told = report.get("compared")
        if not told:
            continue
        name = words.layer(report["layer"])
        kinds = ("same", "added", "gone", "changed", "moved")
        rows += [
            [name, told["seq"], say(f"intake.compared.{kind}"), None, None, told[kind], None]
            for kind in kinds
        ]
        word = say("intake.compared.classes")
        rows += [
            [name, told["seq"], word, each["from"], each["to"], each["count"], each["area_m2"]]
            for each in told["classes_moved"]
        ]
    pen.table(say("intake.sheet.compared"), columns, rows)


def _samples(pen: Pen, layers: Sequence[Told], words: Words) -> None:
    say = words.speech.say
    columns = [
        Column(say("check.layer"), 26),
        Column(say("intake.row"), 8, "count"),
        Column(say("intake.field"), 22),
        Column(say("intake.value"), 60, "long"),
    ]
    rows: list[Row] = [
        [words.layer(report["layer"]), number, name, _cell(value)]
        for report in layers
        for number, sample in enumerate(report.get("samples") or [])
        for name, value in sample.items()
    ]
    pen.table(say("intake.sheet.samples"), columns, rows)


def _cell(value: Any) -> str | float | int | None:
    if value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _local(moment: datetime | str) -> datetime:
    told = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return told.astimezone(BEIJING).replace(tzinfo=None)
