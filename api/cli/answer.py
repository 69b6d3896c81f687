"""A check's answer in a terminal, answer first: the verdict with its reason, what to tell or ask, what holds, what nobody can say, plans on display.

The words of findings are those of ``api.findings``; this room only sets them out in lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from api.cli import layer_table
from api.findings import MARKS, VERDICT_MARKS, Wording, kind_of
from api.marks import named
from api.numbers import Figures

COLOUR = {
    "forbid": "red", "restrict": "yellow", "needs_opinion": "yellow", "inform": "blue", "conform": "green",
    "cannot say": "magenta", "holds not": "dim",
    "cannot be built": "bold red", "only under conditions": "bold yellow", "conforms": "bold green", "no rule": "bold",
}  # fmt: skip
NAMED = 6
"""Rules named in a line unless all are asked for."""

Answer = Mapping[str, Any]
Finding = Mapping[str, Any]


def width() -> Console:
    return Console(highlight=False, width=None if Console().is_terminal else 140)


def show(answer: Answer, words: Wording, everything: bool, marks: Sequence[Mapping[str, Any]] = ()) -> None:
    """``marks``: editions that were withdrawn or followed since (``later.marks``)."""
    console = width()
    console.print()
    _lead(console, answer, words)
    _marks(console, answer, words, marks)
    findings = answer.get("findings") or []
    _questions(console, answer, words)
    _holding(console, findings, answer["editions"], words, everything)
    _open(console, findings, words, everything)
    _quiet(console, findings, words, everything)
    _displayed(console, answer, words)
    console.print()
    layer_table.show(console, answer, words.speech, everything)


def mark(kind: str) -> str:
    sign = MARKS.get(kind) or VERDICT_MARKS.get(kind, "?")
    return f"[{COLOUR.get(kind, 'bold')}]{sign}[/]"


def _lead(console: Console, answer: Answer, words: Wording) -> None:
    verdict = answer["verdict"]
    sign = VERDICT_MARKS.get(verdict, "?")
    console.print(f"[{COLOUR.get(verdict, 'bold')}]{sign} {escape(words.lead(answer))}[/]", soft_wrap=True)
    speech, figures = words.speech, words.figures
    told = speech.say(
        "cli.answer_site",
        area=layer_table.area(answer["site"]["area_m2"], figures),
        crs=answer["site"]["crs"],
        check=answer["id"],
    )
    console.print(" · ".join([told, *proposal(answer, words)]), soft_wrap=True)
    if answer.get("valid_on"):
        rules = answer.get("rules")
        counted = speech.say("cli.answer_rules", n=rules["count"], applied=rules["applied"]) if rules else ""
        known = speech.say(
            "cli.answer_moment", day=figures.day(answer["valid_on"]), known=figures.moment(answer["known_at"])
        )
        console.print(f"{known}{counted}", style="dim", soft_wrap=True)
    if answer.get("withheld"):
        held = answer["withheld"]
        console.print(
            speech.say("cli.withheld", grade=speech.say(f"grade.{held['grade']}"), n=len(held["layers"])),
            style="magenta",
        )


def proposal(answer: Answer, words: Wording) -> list[str]:
    """What was proposed, figure by figure."""
    told = answer.get("proposal") or {}
    found = []
    if told.get("use"):
        name = answer.get("use_name") or {}
        called = (name.get("en") if words.speech.language == "en" else name.get("zh")) or ""
        found.append(f"{words.speech.say('figure.use')} {told['use']} {called}".strip())
    units = {"height": "m", "floor_area_ratio": "ratio", "floor_area": "m2", "setback": "m"}
    for figure, unit in units.items():
        if told.get(figure) is not None:
            found.append(f"{words.speech.say(f'figure.{figure}')} {words.quantity(told[figure], unit)}")
    return found


def _marks(console: Console, answer: Answer, words: Wording, marks: Sequence[Mapping[str, Any]]) -> None:
    names = {layer["code"]: words.speech.name(layer) for layer in answer["layers"]}
    for kind in ("withdrawn", "superseded"):
        told = [
            named(each, names.get(each["layer"], each["layer"]), words.speech)
            for each in marks
            if each["mark"] == kind
        ]
        if told:
            some = words.speech.list(told[:NAMED]) + (" …" if len(told) > NAMED else "")
            said = words.speech.say(f"cli.since_{kind}", n=len(told), editions=some)
            console.print(
                f"! {escape(said)}", style="magenta" if kind == "withdrawn" else "dim", soft_wrap=True
            )


def _questions(console: Console, answer: Answer, words: Wording) -> None:
    figures = [each for each in answer.get("questions", []) if each["code"] == "figure_missing"]
    if not figures:
        return
    told = [
        words.speech.say(
            "cli.question_figure",
            figure=words.speech.say(f"figure.{each['params']['figure']}"),
            option="--" + OPTION[each["params"]["figure"]],
            n=len(each["params"]["rules"]),
        )
        for each in figures
    ]
    console.print(f"{mark('cannot say')} {words.speech.list(told)}", soft_wrap=True)


OPTION = {
    "use": "use",
    "height": "height",
    "floor_area_ratio": "far",
    "floor_area": "floor-area",
    "setback": "setback",
}


def _holding(
    console: Console,
    findings: Sequence[Finding],
    editions: Mapping[str, Any],
    words: Wording,
    everything: bool,
) -> None:
    holding = [each for each in findings if each["state"] == "holds"]
    if not holding:
        return
    console.print()
    console.print(f"[bold]{words.speech.say('cli.holding', n=len(holding))}[/]")
    for each in holding:
        finding(console, each, editions, words, everything or each["effect"] != "inform")


def finding(
    console: Console, each: Finding, editions: Mapping[str, Any], words: Wording, whole: bool = True
) -> None:
    """What holds and how grave it is; then, unless it only informs, limit, layer, law and office, and what to do."""
    effect = words.speech.say(f"effect.{each['effect']}")
    sliver = " ≈" if each["sliver"] else ""
    console.print(
        f"{mark(kind_of(each))} [bold]{escape(words.found(each))}[/]{sliver}  [{COLOUR[kind_of(each)]}]{effect}[/]",
        soft_wrap=True,
    )
    if not whole:
        return
    edition = editions.get(each["layer"])
    layer = words.speech.name({"name": each["layer_name"], "name_en": each["layer_name_en"]})
    laws = [words.basis(basis) + _standing(basis, words) for basis in each["basis"]]
    facts = [
        words.limit(each),
        layer if edition is None else f"{layer} #{edition['seq']}",
        *laws,
        words.office(each["department"]),
    ]
    console.print(_under(" · ".join(facts)), style="dim")
    note = words.except_note(each)
    if note:
        console.print(_under(note), style="dim")
    console.print(_under(f"→ {words.do(each)}"))


def _under(text: str) -> Padding:
    """Set in under a mark, every line of it."""
    return Padding(escape(text), (0, 0, 0, 2), expand=False)


def _standing(basis: Mapping[str, Any], words: Wording) -> str:
    if basis["standing"] == "seen":
        return ""
    return words.speech.say("cli.unseen", standing=words.speech.say(f"standing.{basis['standing']}"))


def _open(console: Console, findings: Sequence[Finding], words: Wording, everything: bool) -> None:
    """What nobody can say, told together where it is for the same reason; the gravest first."""
    groups: dict[str, list[Finding]] = {}
    for each in findings:
        if each["state"] == "cannot say":
            groups.setdefault(words.whys(each), []).append(each)
    if not groups:
        return
    console.print()
    console.print(f"[bold]{words.speech.say('cli.open', n=sum(len(some) for some in groups.values()))}[/]")
    for why, some in groups.items():
        # The mark says how grave each could be.
        names = [f"{mark(each['worst'])} {escape(words.name(each))}" for each in some]
        shown = names if everything else names[:NAMED]
        rest = "" if len(shown) == len(names) else words.speech.say("cli.and_more", n=len(names) - len(shown))
        console.print(f"{mark('cannot say')} {escape(why)}", soft_wrap=True)
        console.print(Padding("  ".join(shown) + rest, (0, 0, 0, 2), expand=False))


def _quiet(console: Console, findings: Sequence[Finding], words: Wording, everything: bool) -> None:
    quiet = [each for each in findings if each["state"] == "holds not"]
    if not quiet:
        return
    names = words.speech.list([words.name(each) for each in quiet]) if everything else ""
    said = words.speech.say("cli.quiet", n=len(quiet))
    console.print(
        f"{mark('holds not')} {said}{'：' if names else ''}{escape(names)}", style="dim", soft_wrap=True
    )


def _displayed(console: Console, answer: Answer, words: Wording) -> None:
    displayed = answer.get("displayed")
    if not displayed:
        return
    console.print()
    verdict = displayed["verdict"]
    said = words.speech.say("cli.displayed", n=len(displayed["editions"]), verdict=words.verdict(displayed))
    console.print(f"{mark(verdict)} [bold]{escape(said)}[/]", soft_wrap=True)
    for each in displayed["findings"]:
        if each["state"] == "holds" and each["layer"] in displayed["editions"]:
            finding(console, each, displayed["editions"], words)


def show_changes(told: Mapping[str, Any], words: Wording) -> None:
    """Two answers for one site: what is different now, and which edition or rule made it so."""
    console = width()
    then, now = told["then"], told["now"]
    speech = words.speech
    names = {layer["code"]: words.speech.name(layer) for answer in (then, now) for layer in answer["layers"]}
    console.print()
    console.print(
        f"[bold]{speech.say('cli.changes', n=len(told['changes']), check=then['id'], day=Figures(words.speech).moment(then['checked_at']))}[/]"
    )
    for each in told["changes"]:
        name = speech.say("cli.verdict") if each["what"] == "verdict" else words.speech.name(each)
        if each["what"] == "layer":
            name = names.get(each["layer"], name)
        because = words.speech.list([words.cause(one, names) for one in each["because"]])
        was, now_ = (_side(each["what"], each[side], words) for side in ("was", "now"))
        console.print(f"  {escape(name)}: {escape(was)} → {escape(now_)}", soft_wrap=True)
        if because:
            console.print(Padding(escape(because), (0, 0, 0, 4), expand=False), style="dim")


def _side(what: str, side: Any, words: Wording) -> str:
    if side is None:
        return "—"
    if what == "verdict":
        return words.verdict({"verdict": side})
    if what == "layer":
        figures = words.figures
        size = figures.square_metres(side["area_m2"]) if side["area_m2"] is not None else ""
        size = size or (figures.length(side["length_m"]) if side["length_m"] is not None else "")
        return f"{words.speech.say('state.' + side['state'].replace(' ', '_'))} {size}".strip()
    state = words.speech.say("answered." + side["state"].replace(" ", "_"))
    effect = f" {words.speech.say('effect.' + side['effect'])}" if side["state"] == "holds" else ""
    return f"{state}{effect} {words.amount({**side, 'withheld': None})}".strip()
