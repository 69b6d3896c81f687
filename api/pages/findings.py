"""Findings put in the order in which they are read: what holds, the gravest first, what nobody can say, what does not hold; beside each the
features behind it and what persons said.

Sentences are ``api.findings``'s; here is only what stands where. Answers of before there were rules have none of it, and open all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api import rules
from api.findings import MARKS, VERDICT_MARKS, Wording, kind_of
from api.language import Speech
from api.legend import Legend, classed, worded
from layers.model import GRADES
from workflows.site_check.judging.proposal import NOTHING, UNIT
from workflows.site_check.judging.verdict import questions_of
from workflows.site_check.rulebook.rule import EFFECTS

Answer = Mapping[str, Any]
Finding = Mapping[str, Any]

_BEFORE_RULES: Mapping[str, Any] = {
    "format": 1,
    "findings": [],
    "questions": [],
    "proposal": NOTHING.body(),
    "use_name": None,
    "valid_on": None,
    "known_at": None,
    "rules": None,
    "displayed": None,
    "withheld": None,
}


def complete(answer: Answer) -> dict[str, Any]:
    """The answer with every key the pages ask for, of whichever format it is."""
    return {**_BEFORE_RULES, **answer}


def wording(book: Legend, speech: Speech) -> Wording:
    return Wording(speech, lambda code: book.department(code, speech))


def ruled(
    answer: Answer, book: Legend, speech: Speech, overrides: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What the templates of findings need, by the names they use. ``answer``: a ``complete`` one."""
    findings = answer["findings"]
    return {
        "words": wording(book, speech),
        "effect_marks": MARKS,
        "verdict_marks": VERDICT_MARKS,
        "kind_of": kind_of,
        "holding": by_effect(findings),
        "unanswered": [each for each in findings if each["state"] == "cannot say"],
        "quiet_rules": [each for each in findings if each["state"] == "holds not"],
        "patched": [each for each in findings if each["use"]],
        "proposed": proposed(answer, speech),
        "asked": asked(answer, wording(book, speech)),
        "said": _by_rule(overrides),
        "law": lambda basis: article(book.law(basis["law"], speech), basis["article"], speech),
        "office": lambda code: book.department(code, speech),
        "rows_of": lambda finding, layers=None: rows_of(finding, layers or answer["layers"]),
        "hidden": _hidden(answer, book, speech),
        "ruled_layers": {
            each["layer"]: each["effect"] for each in reversed(findings) if each["state"] == "holds"
        },
        "on_display": _displayed(answer, speech),
        "classed": lambda code, told: classed(code, told, speech),
        "class_of": lambda layer, code: _class(answer, layer, code, speech),
    }


def article(law: str, number: str | None, speech: Speech) -> str:
    between = " " if speech.language == "en" else ""
    return f"{law}{between}{number}" if number else law


def by_effect(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """What holds, under its effect, the gravest first."""
    groups: dict[str, list[Finding]] = {effect: [] for effect in EFFECTS}
    for each in findings:
        if each["state"] == "holds":
            groups[each["effect"]].append(each)
    return [(effect, found) for effect, found in groups.items() if found]


def asked(answer: Answer, words: Wording) -> dict[str, Any]:
    """figures (with how many rules ask), and silent layers under why they are silent: those that could forbid apart where they leave the
    verdict open.
    """
    could = {each["rule"]: each["worst"] for each in answer["findings"]}
    figures = []
    groups: dict[bool, dict[str, list[Mapping[str, Any]]]] = {True: {}, False: {}}
    count = 0
    for each in answer["questions"]:
        params = each["params"]
        if each["code"] == "figure_missing":
            figures.append((params["figure"], len(params["rules"])))
            continue
        decides = answer["verdict"] == "cannot say" and any(
            could[rule] == "forbid" for rule in params["rules"]
        )
        count += not decides
        groups[decides].setdefault(words.why(params["why"]), []).append(params)
    return {
        "figures": figures,
        "decisive": list(groups[True].items()),
        "silent": list(groups[False].items()),
        "silent_count": count,
    }


def proposed(answer: Answer, speech: Speech) -> list[tuple[str, str | None]]:
    """Every figure of the proposal with its name; None where nobody told it."""
    said, words = answer["proposal"], Wording(speech, str)
    use = said["use"]
    if use is not None and answer["use_name"]:
        use = f"{worded(answer['use_name'], speech)} {use}"
    rows: list[tuple[str, str | None]] = [(speech.say("figure.use"), use)]
    for figure, unit in UNIT.items():
        value = said[figure]
        rows.append((speech.say(f"figure.{figure}"), None if value is None else words.quantity(value, unit)))
    return rows


def rows_of(finding: Finding, layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The features that made a finding hold, with what each shares with the site where it was measured."""
    layer = next((each for each in layers if each["code"] == finding["layer"]), None)
    hits = {hit["id"]: hit for hit in layer["hits"]} if layer else {}
    blank = {"area_m2": None, "length_m": None, "sliver": False}
    return [{**blank, **hits.get(each["id"], {}), **each} for each in finding["features"]]


def _class(answer: Answer, layer: str, code: str, speech: Speech) -> str:
    displayed = answer["displayed"] or {"layers": []}
    told = (
        each.get("class_names", {})
        for each in [*answer["layers"], *displayed["layers"]]
        if each["code"] == layer
    )
    return classed(code, next((names[code] for names in told if code in names), None), speech)


def _by_rule(overrides: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in overrides:
        found.setdefault(each["rule"], []).append(each)
    return found


def _hidden(answer: Answer, book: Legend, speech: Speech) -> dict[str, Any] | None:
    """What is withheld from this reader: the grade, and the layers under what is told of them and whom to ask."""
    withheld = answer["withheld"]
    if withheld is None:
        return None
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for layer in answer["layers"]:
        how = withheld["layers"].get(layer["code"])
        if how is not None:
            groups.setdefault((how, book.department(layer["department"], speech)), []).append(layer)
    return {
        "grade": withheld["grade"],
        "count": len(withheld["layers"]),
        "groups": sorted(
            ((how, office, found) for (how, office), found in groups.items()),
            key=lambda each: (each[0] != "ask", -len(each[2])),
        ),
    }


def _displayed(answer: Answer, speech: Speech) -> dict[str, Any] | None:
    """Plans on display, apart from those in force."""
    displayed = answer["displayed"]
    if displayed is None:
        return None
    findings = displayed["findings"]
    open_ones = [each for each in findings if each["state"] == "cannot say"]
    return {
        "verdict": displayed["verdict"],
        "holding": by_effect(findings),
        "unanswered": open_ones,
        "questions": questions_of(open_ones),
        "layers": displayed["layers"],
        "editions": displayed["editions"],
        "seqs": {each["id"]: each["seq"] for each in displayed["editions"].values()},
        "names": {layer["code"]: speech.name(layer) for layer in displayed["layers"]},
    }


def grades_below(grade: str) -> list[str]:
    """The grades at which somebody of ``grade`` may look at an answer, the own first."""
    return list(reversed(GRADES[: GRADES.index(grade) + 1]))


def spoken(book: Legend, speech: Speech) -> dict[str, Any]:
    """What the templates need to put rules into words: a rule itself, without a site."""
    words = wording(book, speech)
    return {
        "words": words,
        "effect_marks": MARKS,
        "law": lambda basis: article(book.law(basis.law, speech), basis.article, speech),
        "rule_name": lambda rule: speech.name({"name": rule.name, "name_en": rule.name_en}),
        "rule_limit": lambda rule: words.limit(rules.as_finding(rule)),
        "office": lambda code: book.department(code, speech),
    }
