"""Findings in words: one sentence for a verdict, one for what a rule found, its limit, why nobody can say, what changed it.

Pages, documents and the terminal say the same because they all ask here. It knows no markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.language import Speech
from api.numbers import Figures

Finding = Mapping[str, Any]
Answer = Mapping[str, Any]
MARKS = {
    "forbid": "▲",
    "restrict": "◆",
    "needs_opinion": "◇",
    "inform": "ℹ",
    "conform": "●",
    "cannot say": "?",
    "holds not": "○",
}
"""State and effect by shape, so that colour never speaks alone."""
VERDICT_MARKS = {
    "cannot be built": "▲", "only under conditions": "◆", "conforms": "●", "cannot say": "?", "no rule": "?",
}  # fmt: skip
_BARE = {"m2": "m²", "m": "m", "km": "km", "%": "%"}
"""Nothing needs no digits."""
_BINDING = {"cannot be built": ("forbidden",), "only under conditions": ("restricted", "opinion_needed")}


def key(word: str) -> str:
    return word.replace(" ", "_")


def kind_of(finding: Finding) -> str:
    """What a finding is drawn as: its effect where it holds, else its state."""
    return str(finding["effect"] if finding["state"] == "holds" else finding["state"])


def use_result(finding: Finding) -> str | None:
    """conflict, conditional or conform: what a rule about uses found; None of another rule, and of one that does not hold."""
    if not finding.get("use") or finding["state"] != "holds":
        return None
    areas: dict[str, float] = {}
    for patch in finding["use"]:
        if not patch.get("sliver"):
            areas[patch["result"]] = areas.get(patch["result"], 0.0) + patch["area_m2"]
    if areas.get("conflict", 0.0) > finding["limit"]["value"]:
        return "conflict"
    return "conditional" if areas.get("conditional") else "conform"


@dataclass(frozen=True, slots=True)
class Wording:
    """``office``: the name of a department by its code, as the reader's language has it."""

    speech: Speech
    office: Callable[[str | None], str]

    @property
    def figures(self) -> Figures:
        return Figures(self.speech)

    def verdict(self, answer: Answer) -> str:
        return self.speech.say(f"verdict.{key(answer['verdict'])}")

    def lead(self, answer: Answer) -> str:
        """The answer in one sentence, the gravest reason with its figures."""
        verdict = answer["verdict"]
        if verdict == "no rule":
            loaded = bool(answer.get("rules"))
            return self.speech.say("lead.no_rule_applies" if loaded else "lead.no_rule")
        if verdict == "cannot say":
            parts = self._open(answer)
        else:
            parts = self._reasons(answer)
        more = len(parts) - 1
        rest = self.speech.say("lead.and_more", n=more) if more > 0 else ""
        return self.speech.say(f"lead.{key(verdict)}", first=parts[0], rest=rest)

    def _reasons(self, answer: Answer) -> list[str]:
        codes = _BINDING.get(answer["verdict"], ("conforming",))
        holding = {each["rule"]: each for each in answer["findings"] if each["state"] == "holds"}
        told = [
            self.found(holding[each["params"]["rule"]]) for each in answer["reasons"] if each["code"] in codes
        ]
        if told:
            return told
        if answer["verdict"] == "conforms":
            return [self.speech.say("lead.nothing_against", rules=len(answer["findings"]))]
        return self._open(answer)

    def _open(self, answer: Answer) -> list[str]:
        """What would have to be told or known, the proposal's own figures first."""
        figures = [
            each["params"]["figure"] for each in answer["questions"] if each["code"] == "figure_missing"
        ]
        silent: dict[str, str] = {}
        for each in answer["questions"]:
            if each["code"] == "layer_silent":
                silent[each["params"]["layer"]] = self._layer(each["params"])
        parts = []
        if figures:
            names = self.speech.list([self.speech.say(f"figure.{figure}") for figure in figures])
            parts.append(self.speech.say("lead.give", figures=names))
        parts += [self.speech.say("lead.silent", layers=name) for name in silent.values()]
        return parts or [self.verdict(answer)]

    def question(self, question: Mapping[str, Any]) -> str:
        params = question["params"]
        if question["code"] == "figure_missing":
            return self.why({"code": "figure_missing", "params": params})
        return (
            f"{self._layer(params)}：{self.why(params['why'])}"
            if self.speech.language != "en"
            else f"{self._layer(params)}: {self.why(params['why'])}"
        )

    def _layer(self, params: Mapping[str, Any]) -> str:
        return self.speech.name({"name": params["layer_name"], "name_en": params["layer_name_en"]})

    def name(self, finding: Finding) -> str:
        """By the name of the rule; a rule that compares uses is called by what it found."""
        result = use_result(finding)
        if result is not None:
            return self.speech.say(f"finding.use_{result}", layer=self._layer(finding))
        return self.speech.name(finding)

    def found(self, finding: Finding) -> str:
        """What a rule found, with its figures as officials read them."""
        say, figures, name = self.speech.say, self.figures, self.name(finding)
        low, measure = finding["amount"]["low"], finding["measure"]
        if finding.get("withheld") and finding["state"] == "holds":
            return say("finding.withheld", name=name)
        if low is None:
            return name
        share = figures.share(finding["share"])
        if measure in ("area", "use"):
            return say(
                "finding.area", name=name, area=figures.square_metres(low), mu=figures.mu(low), share=share
            )
        if measure == "share":
            return self._shared(finding, name)
        if measure == "length":
            return say("finding.length", name=name, length=figures.length(low))
        if measure == "count":
            return say("finding.count", name=name, n=int(low))
        if measure == "share_above":
            return say("finding.share_above", name=name, share=share, above=self._above(finding))
        if measure == "distance":
            near = finding["nearest"]
            if near is None:
                return name
            met = near["metres"] == 0
            return (
                say("finding.distance_met", name=name)
                if met
                else say("finding.distance", name=name, length=figures.length(near["metres"]))
            )
        if measure == "comparison":
            return self._compared(finding, name)
        return say("finding.attribute", name=name, amount=self.quantity(low, finding["amount"]["unit"]))

    def _shared(self, finding: Finding, name: str) -> str:
        """Of a layer that the site must lie within, what lies outside is the trouble."""
        low, share = finding["amount"]["low"], self.figures.share(finding["share"])
        if finding["limit"]["op"] in ("under", "at most"):
            rest = self.figures.share(1 - low / 100)
            return self.speech.say("finding.share_within", name=name, share=share, rest=rest)
        return self.speech.say("finding.share", name=name, share=share)

    def _compared(self, finding: Finding, name: str) -> str:
        """A figure against its limit; of a height above the sea, the ground it stands on is told apart."""
        low, unit = finding["amount"]["low"], finding["amount"]["unit"]
        limit = self.quantity(finding["limit_applied"], unit)
        ground = (finding.get("plus") or {}).get("metres")
        if ground is None:
            amount = self.quantity(low, unit)
            return self.speech.say("finding.comparison", name=name, amount=amount, limit=limit)
        length = self.figures.length
        parts = {"top": length(low), "height": length(low - ground), "ground": length(ground)}
        return self.speech.say("finding.top", name=name, limit=limit, **parts)

    def amount(self, finding: Finding) -> str:
        """The interval: one figure where both ends are the same, else what is the least or the most that it can be."""
        low, high, unit = (finding["amount"][end] for end in ("low", "high", "unit"))
        if finding.get("withheld") or (low is None and high is None):
            return "—"
        if low is not None and low == high:
            return self.quantity(low, unit)
        if high is None:
            return self.speech.say("finding.at_least", amount=self.quantity(low, unit))
        if low is None:
            return self.speech.say("finding.at_most", amount=self.quantity(high, unit))
        return f"{self.quantity(low, unit)} – {self.quantity(high, unit)}"

    def quantity(self, value: float | None, unit: str) -> str:
        """A value with its unit: m2 with separators, shares in per cent, ratios bare."""
        if value is None:
            return "—"
        figures = self.figures
        if value == 0 and unit in _BARE:
            return f"0 {_BARE[unit]}"
        if unit == "m2":
            return figures.square_metres(value)
        if unit in ("m", "km"):
            return figures.length(value)
        if unit == "%":
            return figures.share(value / 100.0)
        number = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        return number if unit in ("ratio", "features") else f"{number} {unit}"

    def _above(self, finding: Finding) -> str:
        above = finding["above"]
        return self.figures.value(above["value"], above["unit"])

    def limit(self, finding: Finding) -> str:
        """What would break the rule, as a sentence part: "area covered over 0 m2"."""
        limit, say = finding["limit"], self.speech.say
        compared = finding["measure"] == "comparison"
        measure = say(f"figure.{finding['figure']}" if compared else f"measure.{finding['measure']}")
        if finding.get("plus"):
            measure = say("finding.measure_top")
        if finding["measure"] == "share_above":
            measure = say("finding.measure_above", above=self._above(finding))
        op = say(f"op.{key(limit['op'])}")
        unit = finding["amount"]["unit"] or limit["unit"]
        if finding["measure"] == "use":
            return say("finding.limit_of_use", op=op, value=self.quantity(limit["value"], "m2"))
        if limit["attribute"] is None:
            return say("finding.limit", measure=measure, op=op, value=self.quantity(limit["value"], unit))
        if finding["limit_applied"] is None:
            return say("finding.limit_of_feature", measure=measure, op=op, attribute=limit["attribute"])
        value = self.quantity(finding["limit_applied"], unit)
        return say(
            "finding.limit_of_feature_known",
            measure=measure,
            op=op,
            value=value,
            attribute=limit["attribute"],
        )

    def why(self, why: Mapping[str, Any]) -> str:
        """Why nobody can say, as a sentence part."""
        params = dict(why["params"])
        if "figure" in params:
            params["figure"] = self.speech.say(f"figure.{params['figure']}")
        if "department" in params:
            params["department"] = self.office(params["department"])
        if "covered" in params:
            params["covered"] = self.figures.share(params["covered"])
        if "clear_share" in params:
            covered, rest = (
                self.figures.share(params["clear_share"]),
                self.figures.share(params["no_data_share"]),
            )
            return self.speech.say("answer.partly_clear", covered=covered, uncovered=rest)
        return self.speech.reason(why["code"], params, "why").rstrip("。.")

    def whys(self, finding: Finding) -> str:
        return self.speech.list([self.why(each) for each in finding["why"]])

    def cause(self, because: Mapping[str, Any], layers: Mapping[str, str]) -> str:
        """What made a difference between two answers. ``layers``: names by code."""
        code, params = because["code"], dict(because["params"])
        if code == "edition":
            params["layer"] = layers.get(params["layer"], params["layer"])
            code = (
                "edition_new"
                if params["was"] is None
                else "edition_gone"
                if params["now"] is None
                else "edition"
            )
        return self.speech.say(f"cause.{code}", **params)

    def basis(self, basis: Mapping[str, Any]) -> str:
        """Law and article; who prints it puts its standing beside it."""
        return f"{basis['title']}{basis['article'] or ''}"

    def do(self, finding: Finding) -> str:
        return str((finding["do_en"] if self.speech.language == "en" else finding["do"]) or finding["do"])

    def except_note(self, finding: Finding) -> str | None:
        told: str | None = (
            finding["except_note_en"] if self.speech.language == "en" else finding["except_note"]
        )
        return told or finding["except_note"]


def unseen(findings: Sequence[Finding]) -> int:
    """How many legal references behind findings nobody has seen: they print as still to be verified."""
    return sum(basis["standing"] != "seen" for finding in findings for basis in finding["basis"])
