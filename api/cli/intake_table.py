"""Deliveries in a terminal: one line per source with what became of it and why, the list of deliveries, and the report of one as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.intake import MARKS, SEVERITIES, STATES, Words, by_severity, refused_sources
from api.language import Speech

if TYPE_CHECKING:
    from sqlalchemy import Engine

Told = Mapping[str, Any]
INK = {"error": "red", "warning": "yellow", "note": "blue"}
STATE_INK = {"published": "green", "checked": "blue", "refused": "magenta", "abandoned": "magenta"}


def words(engine: Engine, speech: Speech) -> Words:
    from db import session
    from workflows.base_map import service

    with session.read(engine) as connection:
        return Words(speech, {each["code"]: each for each in service.layers(connection)})


def sources(console: Console, told: Told, words: Words) -> None:
    """Read, set aside or refused, and why: one line per source, then the sentence of the whole."""
    speech, delivery = words.speech, told["delivery"]
    made = _table()
    for column in ("state", "source", "layer"):
        made.add_column(speech.say(f"cli.intake_{column}"), overflow="fold", no_wrap=column == "state")
    for column in ("read", "published", "set_aside"):
        made.add_column(speech.say(f"cli.column_{column}"), justify="right", no_wrap=True)
    made.add_column(speech.say("cli.intake_why"), overflow="fold", ratio=1)
    for report in told["layers"]:
        made.add_row(*_line(report, delivery["state"], words))
    if told["layers"]:
        console.print(made)
    for each in refused_sources(delivery):
        fate = f"[magenta]✕ {speech.say('intake.fate.refused')}[/]"
        console.print(f"{fate}  {escape(words.source(each))}: {escape(words.reason(each))}", soft_wrap=True)
    console.print(f"[bold]{escape(words.lead(delivery, told['layers']))}[/]")


def _line(report: Told, state: str, words: Words) -> Iterable[str]:
    counts = report["counts"]
    aside, rest = words.asides(report), words.faults(report)
    mark = "[blue]◇[/]" if state != "published" else "[yellow]◆[/]" if counts["set_aside"] else "[green]●[/]"
    source = report["source"]
    if report["source_layer"] and report["source_layer"] not in source:
        source = f"{source}:{report['source_layer']}"
    return (
        f"{mark} {words.fate(report, state)}",
        escape(source),
        escape(report["layer"]),
        *(words.figures.count(counts[key]) for key in ("read", "published", "set_aside")),
        " · ".join(part for part in (escape(aside), _inked(report["faults"], rest)) if part),
    )


def _inked(faults: Sequence[Told], text: str) -> str:
    worst = next((each for each in SEVERITIES if by_severity(faults)[each]), None)
    return f"[{INK[worst]}]{escape(text)}[/]" if text and worst else escape(text)


def deliveries(console: Console, found: Sequence[Told], words: Words) -> None:
    speech = words.speech
    if not found:
        console.print(speech.say("cli.intake_none"))
        return
    made = _table()
    for column, kind in (("number", "right"), ("state_column", "left"), ("file", "left"), ("supplier", "left"), ("layers", "right"), ("faults", "left"), ("score", "right"), ("when", "left")):  # fmt: skip
        made.add_column(speech.say(f"intake.{column}"), justify=kind, overflow="fold")  # type: ignore[arg-type]
    for each in found:
        ink = STATE_INK.get(each["state"], "dim")
        made.add_row(
            str(each["id"]),
            f"[{ink}]{STATES[each['state']]} {speech.say('intake.state.' + each['state'])}[/]",
            escape(each["name"]),
            escape(each["supplier"] or "—"),
            str(each["layers"] or "—"),
            tally(each["faults"]),
            "—" if each["score"] is None else f"{each['score']:.0f}",
            words.figures.moment(each["received_at"]),
        )
    console.print(made)


def tally(counted: Mapping[str, int]) -> str:
    return " ".join(
        f"[{INK[each]}]{MARKS[each]} {counted[each]:,}[/]" for each in SEVERITIES if counted.get(each)
    )


def report(console: Console, told: Told, words: Words) -> None:
    """All of it but single faults: the line of each source, then each layer's systems, faults, changes, follow-up and quality."""
    sources(console, told, words)
    for each in told["layers"]:
        console.print()
        console.print(f"[bold]{escape(words.layer(each['layer']))}[/] [dim]{escape(each['layer'])}[/]")
        facts = Table(box=None, pad_edge=False, show_header=False)
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold")
        for term, value in _facts(each, words):
            if value:
                facts.add_row(term, value)
        console.print(facts)


def _facts(report: Told, words: Words) -> Iterable[tuple[str, str]]:
    speech, figures, crs = words.speech, words.figures, report["crs"]
    yield speech.say("check.crs_in"), escape(f"{crs['in']} → {crs['out']} ({crs['operation']})")
    yield speech.say("intake.encoding"), escape(report["encoding"] or "")
    for severity in SEVERITIES:
        of = [each for each in report["faults"] if each["severity"] == severity and each["count"]]
        listed = [f"{words.fault(each['code'])} {figures.count(each['count'])}" for each in of]
        yield (
            f"[{INK[severity]}]{MARKS[severity]} {words.severity(severity)}[/]",
            escape(words.speech.list(listed)),
        )
    area = report.get("area")
    if area:
        told = f"{figures.square_metres(area['declared_m2'])} / {figures.square_metres(area['computed_m2'])}"
        yield speech.say("intake.area_declared"), escape(f"{told} ({area['declared_attribute']})")
    compared = report.get("compared")
    if compared:
        changes = [
            f"{speech.say(f'intake.compared.{key}')} {figures.count(compared[key])}"
            for key in ("added", "gone", "changed", "moved", "same")
        ]
        yield (
            speech.say("intake.compared.heading"),
            escape(f"#{compared['seq']}: {words.speech.list(changes)}"),
        )
    following = report.get("follow_up")
    if following:
        found = [
            f"{words.fault(code)} {figures.count(following[key])}"
            for code, key in (("overlap", "overlaps"), ("gap", "gaps"))
            if following.get(key) is not None
        ]
        state = speech.say(f"intake.follow_up.{following['state']}")
        yield speech.say("intake.follow_up.heading"), escape(words.speech.list([state, *found]))
    quality = report.get("quality")
    yield speech.say("intake.score"), "" if not quality else f"{quality['score']:.0f}"


def faults(console: Console, found: Sequence[tuple[Told, Told]], words: Words) -> None:
    """Single faults, each with the layer it is of."""
    speech = words.speech
    made = _table()
    made.add_column(speech.say("check.layer"), overflow="fold")
    made.add_column(speech.say("intake.row"), justify="right")
    made.add_column(speech.say("intake.fault_column"), no_wrap=True)
    made.add_column(speech.say("intake.what_is_known"), overflow="fold", ratio=1)
    for of, each in found:
        row = "—" if each["row"] is None else str(each["row"])
        name = f"[{INK[each['severity']]}]{MARKS[each['severity']]}[/] {escape(words.fault(each['code']))}"
        made.add_row(escape(of["layer"]), row, name, escape(words.detail(each["params"])))
    console.print(made)


def _table() -> Table:
    return Table(box=None, pad_edge=False, header_style="dim")
