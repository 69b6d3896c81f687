"""The first page of a report in words: whose, which, when; the conclusion with its reasons; what is open; the site and the proposal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.documents.items import Item, bracketed
from api.findings import MARKS, VERDICT_MARKS, Wording
from api.language import Speech
from api.legend import worded
from api.marks import named
from api.numbers import Figures
from layers.model import Grade
from workflows.site_check.rulebook.rule import FIGURES

Answer = Mapping[str, Any]

DECISIVE = {
    "cannot be built": ("forbidden",),
    "only under conditions": ("restricted", "opinion_needed"),
    "cannot say": ("unanswered",),
    "conforms": ("conforming", "nothing_stands_against"),
}
"""By verdict the reasons that decide it: these are told one by one, the others by name."""
_EFFECT = {
    "forbidden": "forbid",
    "restricted": "restrict",
    "opinion_needed": "needs_opinion",
    "conforming": "conform",
}
_KIND = {
    "cannot be built": "forbid", "only under conditions": "restrict", "conforms": "conform", "cannot say": "cannot_say",
    "no rule": "cannot_say",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    term: str
    value: str


@dataclass(frozen=True, slots=True)
class Notice:
    """``kind``: withdrawn or superseded."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """``number``: of the finding it stands for, where it has one."""

    number: int | None
    kind: str
    mark: str
    text: str


def kind(answer: Answer) -> str:
    return _KIND[answer["verdict"]]


def mark(answer: Answer) -> str:
    return VERDICT_MARKS[answer["verdict"]]


def head(answer: Answer, grade: Grade, speech: Speech) -> tuple[Fact, ...]:
    say, figures = speech.say, Figures(speech)
    facts = [Fact(say("report.checked_at"), figures.moment(answer["checked_at"]))]
    if answer.get("valid_on"):
        facts.append(Fact(say("report.valid_on"), figures.day(answer["valid_on"])))
    if answer.get("known_at"):
        facts.append(Fact(say("report.known_at"), figures.moment(answer["known_at"])))
    facts += [
        Fact(say("report.checker"), checker(answer, speech)),
        Fact(say("report.audience"), say("report.audience_is", grade=say(f"grade.{grade}"))),
        Fact(say("report.product"), str(answer["product"])),
    ]
    return tuple(facts)


def checker(answer: Answer, speech: Speech) -> str:
    who = str(answer["checked_by"])
    if who == "demo":
        return speech.say("frame.demo_actor")
    return speech.say("report.account", name=who[3:]) if who.startswith("os:") else who


def warnings(answer: Answer, marks: Sequence[Mapping[str, Any]], speech: Speech) -> tuple[Notice, ...]:
    """What became of the editions since: withdrawn ones first, for they take the ground away."""
    names = {layer["code"]: speech.name(layer) for layer in answer["layers"]}
    told = []
    for what in ("withdrawn", "superseded"):
        layers = [
            named(each, names.get(each["layer"], each["layer"]), speech)
            for each in marks
            if each["mark"] == what
        ]
        if layers:
            text = speech.say(f"report.since_{what}", n=len(layers), layers=speech.list(layers))
            told.append(Notice(what, text))
    return tuple(told)


def withheld(answer: Answer, wording: Wording, most: int | None = None) -> tuple[str, ...]:
    """What is not told to readers of this grade, and whom they may ask; of many layers the first ``most``."""
    how = answer.get("withheld", {}).get("layers", {})
    if not how:
        return ()
    speech, told = wording.speech, []
    for word in ("hit", "ask"):
        layers = [layer for layer in answer["layers"] if how.get(layer["code"]) == word]
        if layers:
            offices = list(dict.fromkeys(wording.office(layer["department"]) for layer in layers))
            named = speech.list([speech.name(layer) for layer in layers[:most]])
            if most is not None and len(layers) > most:
                named = speech.say("report.and_so_on", names=named)
            params = {"offices": speech.list(offices)} if word == "ask" else {}
            told.append(speech.say(f"report.withheld_{word}", n=len(layers), layers=named, **params))
    return (*told, speech.say("report.withheld_note"))


def summary(answer: Answer, speech: Speech) -> tuple[str, ...]:
    """How many rules and layers say what; silence is said to be none."""
    counts, say = answer["summary"], speech.say
    lines = []
    if answer.get("rules") is not None:
        states = [each["state"] for each in answer["findings"]]
        lines.append(
            say(
                "report.counts",
                rules=len(states),
                holds=states.count("holds"),
                unsure=states.count("cannot say"),
                quiet=states.count("holds not"),
            )
        )
    of_layers = say(
        "summary.line",
        layers=len(answer["layers"]),
        hit=counts["hit"],
        clear=counts["clear"],
        no_data=counts["no data"],
        failed=counts["failed"],
    )
    if counts["no data"]:
        of_layers = f"{of_layers}{' ' if speech.language == 'en' else ''}{say('summary.silence')}"
    return (*lines, of_layers)


def reasons(
    answer: Answer, findings: Sequence[Item], unanswered: Sequence[Item], wording: Wording
) -> tuple[Reason, ...]:
    """The chain, strongest first: what decides the verdict, each with its figures."""
    by_rule = {each.rule: each for each in (*findings, *unanswered)}
    told = []
    for each in answer["reasons"]:
        code, rule = each["code"], each["params"].get("rule")
        if code not in DECISIVE.get(answer["verdict"], ()) or not _decides(answer, each):
            continue
        item = by_rule.get(rule)
        if item is None:
            told.append(
                Reason(
                    None,
                    "conform",
                    MARKS["conform"],
                    wording.speech.say("lead.nothing_against", rules=each["params"]["rules"]),
                )
            )
        else:
            told.append(Reason(item.number, item.kind, item.mark, item.sentence))
    return tuple(told)


def _decides(answer: Answer, reason: Mapping[str, Any]) -> bool:
    if reason["code"] != "unanswered" or answer["verdict"] != "cannot say":
        return True
    return str(reason["params"]["worst"]) == "forbid"


def others(answer: Answer, wording: Wording) -> tuple[str, ...]:
    """The rest of the chain by name, a line for each effect."""
    groups: dict[str, list[str]] = {}
    findings = {each["rule"]: each for each in answer.get("findings", [])}
    for each in answer["reasons"]:
        decides = each["code"] in DECISIVE.get(answer["verdict"], ()) and _decides(answer, each)
        if not decides and each["params"].get("rule"):
            groups.setdefault(each["code"], []).append(wording.name(findings[each["params"]["rule"]]))
    say, lines = wording.speech.say, []
    for code, names in groups.items():
        joined = wording.speech.list(names)
        if code == "unanswered":
            lines.append(say("report.others_unanswered", n=len(names), names=joined))
        else:
            lines.append(
                say("report.others", effect=say(f"effect.{_EFFECT[code]}"), n=len(names), names=joined)
            )
    return tuple(lines)


def site(site: Mapping[str, Any], speech: Speech) -> tuple[Fact, ...]:
    """Areas on the plane and on the ellipsoid, in the three units officials read, where it lies and how it was given."""
    say, figures = speech.say, Figures(speech)
    facts = [Fact(say("report.planar"), _area(site["area_m2"], figures))]
    if site.get("area_ellipsoidal_m2") is not None:
        facts.append(Fact(say("report.ellipsoidal"), _area(site["area_ellipsoidal_m2"], figures)))
    if site.get("width_m"):
        facts.append(Fact(say("report.width"), figures.length(site["width_m"])))
    if site.get("axis_length_m"):
        facts.append(Fact(say("report.axis"), figures.length(site["axis_length_m"])))
    crs = site["crs"]
    if site.get("source_crs") and site["source_crs"] != crs:
        crs = bracketed(speech, crs, site["source_crs"])
    facts.append(Fact(say("report.crs"), crs))
    given = _given(site.get("given") or {}, speech)
    if given is not None:
        facts.append(Fact(say("report.given"), given))
    return tuple(facts)


def _area(size: float, figures: Figures) -> str:
    return " · ".join((figures.square_metres(size), figures.hectares(size), figures.mu(size)))


def _given(given: Mapping[str, Any], speech: Speech) -> str | None:
    if "file" in given:
        return speech.say("report.given_as.file", name=given["file"])
    if "check" in given:
        return speech.say("report.given_as.check", name=given["check"])
    for way in ("box", "geojson", "geojson_sha256", "boundary_text", "boundary_text_sha256"):
        if way in given:
            return speech.say(f"report.given_as.{way}")
    return None


def proposal(answer: Answer, speech: Speech) -> tuple[Fact, ...]:
    """What was told of it, and what was not: silence about a figure is what a rule may ask about."""
    told = answer.get("proposal")
    if told is None:
        return ()
    say, wording = speech.say, Wording(speech, str)
    facts = [Fact(begun(say("figure.use")), use(answer, speech))]
    for name in FIGURES:
        unit = {"height": "m", "setback": "m", "floor_area": "m2"}.get(name, "ratio")
        value = told.get(name)
        facts.append(
            Fact(
                begun(say(f"figure.{name}")),
                say("report.not_told") if value is None else wording.quantity(value, unit),
            )
        )
    return tuple(facts)


def questions(answer: Answer, wording: Wording) -> tuple[str, ...]:
    return tuple(begun(wording.question(each)) for each in answer.get("questions", []))


def begun(text: str) -> str:
    """A part of a sentence that stands alone."""
    return text[:1].upper() + text[1:]


def use(answer: Answer, speech: Speech) -> str:
    told = (answer.get("proposal") or {}).get("use")
    if told is None:
        return speech.say("report.not_told")
    named = answer.get("use_name")
    return f"{told} {worded(named, speech)}" if named else str(told)


def issue(answer: Answer, speech: Speech) -> tuple[Fact, ...]:
    say = speech.say
    return (
        Fact(say("report.checker"), checker(answer, speech)),
        Fact(say("report.checked_at"), Figures(speech).moment(answer["checked_at"])),
        Fact(say("report.number"), str(answer["id"])),
        Fact(say("report.sha256"), str(answer["sha256"])),
        Fact(say("report.product"), str(answer["product"])),
    )
