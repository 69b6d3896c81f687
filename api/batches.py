"""Rows of a batch for readers: what is told of a row in a few words and figures, the same on pages, in tables and for programs.

It knows no markup and no file; findings are worded in ``api.findings``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api import legend
from api.findings import MARKS, VERDICT_MARKS, Wording, key
from api.language import Speech
from api.payload import CHECK_ID
from layers.refusal import Refused
from workflows.site_check.rulebook.rule import EFFECTS

Row = Mapping[str, Any]
GRAVE = ("forbid", "restrict", "needs_opinion")
"""Effects that make a verdict; rules of others are counted and not named."""


def batch_id(given: str) -> str:
    """A word that could be a batch's number; anything else is a batch that is not there."""
    if not CHECK_ID.fullmatch(given):
        raise Refused("batch_unknown", batch=given[:80])
    return given


def row_number(id: str, given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Refused("batch_row_unknown", batch=id, number=given[:40])
    return int(given)


def wording(connection: Connection, speech: Speech) -> Wording:
    book = legend.read(connection)
    return Wording(speech, lambda code: book.department(code, speech))


@dataclass(frozen=True, slots=True)
class Words:
    """A row in one language. Every method takes a row as ``batch.Lookup.rows`` gives it."""

    of: Wording

    def place(self, row: Row, one_source: bool = False) -> str:
        """Where in the file it stands; rows are counted from one, as people count."""
        if one_source:
            return self.of.speech.say("batch.place_in_one", row=row["row"] + 1)
        return self.of.speech.say("batch.place", source=row["source"], row=row["row"] + 1)

    def mark(self, row: Row) -> str:
        if row["answer"] is None:
            return "✕" if row["state"] == "refused" else "…"
        return VERDICT_MARKS[row["answer"]["verdict"]]

    def verdict(self, row: Row) -> str:
        if row["answer"] is None:
            return self.of.speech.say(f"batch.state.{row['state']}")
        return self.of.verdict(row["answer"])

    def lead(self, row: Row) -> str:
        """One sentence: the answer with its gravest reason, or why there is none."""
        answer = row["answer"]
        if answer is None:
            return "" if row["reason"] is None else self.reason(row)
        # What holds not was only counted, and a sentence may count it.
        uncounted: list[dict[str, Any]] = [{"state": "holds not"}] * answer["states"]["holds not"]
        return self.of.lead({**answer, "findings": [*answer["findings"], *uncounted]})

    def reason(self, row: Row) -> str:
        told: str = self.of.speech.reason(row["reason"]["code"], row["reason"]["params"], "set_aside")
        return told

    def effects(self, row: Row) -> dict[str, int]:
        """How many rules hold, by effect, and under "cannot say" for how many nobody can tell."""
        answer = row["answer"] or {"findings": []}
        counted = Counter(
            each["effect"] if each["state"] == "holds" else each["state"] for each in answer["findings"]
        )
        return {effect: counted[effect] for effect in (*EFFECTS, "cannot say")}

    def holding(self, row: Row) -> list[str]:
        """What makes the verdict, each with its amount, the gravest first."""
        return [
            f"{MARKS[each['effect']]} {self.of.name(each)} {self.of.amount(each)}"
            for each in (row["answer"] or {"findings": []})["findings"]
            if each["state"] == "holds" and each["effect"] in GRAVE
        ]

    def questions(self, row: Row) -> list[str]:
        """The proposal's own figures that are missing."""
        asked = (row["answer"] or {"questions": []})["questions"]
        return [
            self.of.speech.say(f"figure.{each['params']['figure']}")
            for each in asked
            if each["code"] == "figure_missing"
        ]

    def displayed(self, row: Row) -> str:
        shown = (row["answer"] or {}).get("displayed")
        return self.of.verdict(shown) if shown else ""


def told(row: Row) -> dict[str, Any]:
    """A row for programs: codes and figures, no words."""
    kept = {name: row[name] for name in ("number", "label", "source", "row", "state", "reason", "proposal")}
    answer = row["answer"]
    return {
        **kept,
        "check": row["check_id"],
        "area_m2": row["area"],
        "answer": answer
        and {
            "verdict": answer["verdict"],
            "reasons": [
                {"code": each["code"], "rule": each["params"].get("rule")} for each in answer["reasons"]
            ],
            "questions": answer["questions"],
            "layers": answer["summary"],
            "rules": answer["states"],
            "findings": [_finding(each) for each in answer["findings"]],
            "displayed": answer["displayed"]
            and {
                "verdict": answer["displayed"]["verdict"],
                "findings": [_finding(each) for each in answer["displayed"]["findings"]],
            },
            "withheld": answer["withheld"],
        },
    }


def _finding(finding: Row) -> dict[str, Any]:
    names = ("rule", "name", "name_en", "layer", "state", "effect", "amount", "share", "why", "withheld")
    return {name: finding[name] for name in names if name in finding}


def counted(progress: Row) -> list[tuple[str, str, int]]:
    """Verdicts with their marks and how many rows have each, the gravest first; then those that could not be answered, and those that wait."""
    verdicts = [
        (f"verdict.{key(verdict)}", mark, progress["verdicts"].get(verdict, 0))
        for verdict, mark in VERDICT_MARKS.items()
    ]
    states = progress["states"]
    rest = [("batch.state.refused", "✕", states["refused"]), ("batch.state.waiting", "…", states["waiting"])]
    return [each for each in (*verdicts, *rest) if each[2]]
