"""One rule: its page in the manual with the drawings as pictures, the law it rests on, and what it said over time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api import language, legend, rules
from api.auth import CheckRead
from api.findings import VERDICT_MARKS, Wording, key
from api.ground import Workspace
from api.legend import classed
from api.numbers import BEIJING
from api.pages import plate
from api.pages.findings import spoken
from api.pages.frame import page
from workflows.base_map import service as base_map
from workflows.site_check.judging.proposal import UNIT
from workflows.site_check.judging.verdict import VERDICTS
from workflows.site_check.rulebook import manual
from workflows.site_check.rulebook.rule import Rule
from workflows.site_check.rulebook.uses import USES

router = APIRouter(include_in_schema=False)

HAN = re.compile(r"[\u4e00-\u9fff]")
_SAYS = re.compile(r"(holds not|holds|cannot say|conflict|conditional|conform)(?: (\S+)(?: (\S+))?)?")


@router.get("/rules/{code}")
def one(actor: CheckRead, ground: Workspace, request: Request, code: str) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        looked = rules.one(rules.read(connection), code, datetime.now(BEIJING).date())
        known = {each["code"]: each for each in base_map.layers(connection)}
        names = legend.read(connection)
    speech = language.of(request)
    entry = manual.entries().get(code)
    told = spoken(names, speech)
    hand = _Hand(looked.rule, known, names, speech, told["words"])
    return page(
        request,
        "rule.html",
        looked=looked,
        rule=looked.rule,
        paragraphs=_paragraphs(entry, speech),
        drawings=[hand.drawn(text) for text in entry.drawings] if entry else [],
        layer_name=lambda code: speech.name(known[code]) if code in known else code,
        uses_of=lambda codes: [hand.use(each) for each in codes],
        classes_of=lambda codes: [hand.cls(looked.rule.layer, each) for each in codes],
        verdict_marks=VERDICT_MARKS,
        **told,
    )


def _paragraphs(entry: manual.Entry | None, speech: language.Speech) -> list[str]:
    """Those in the reader's language; all of them where there is none."""
    if entry is None:
        return []
    english = [each for each in entry.paragraphs if not HAN.search(each)]
    chosen = (
        english if speech.language == "en" else [each for each in entry.paragraphs if each not in english]
    )
    return chosen or list(entry.paragraphs)


class _Hand:
    """Draws the drawings of one rule, and says in words what stands beside them."""

    def __init__(
        self,
        rule: Rule,
        layers: Mapping[str, Mapping[str, Any]],
        names: legend.Legend,
        speech: language.Speech,
        words: Wording,
    ) -> None:
        self.rule, self.layers, self.names, self.speech, self.words = rule, layers, names, speech, words

    def layer(self, code: str) -> str:
        return self.speech.name(self.layers[code]) if code in self.layers else code

    def use(self, code: str) -> str:
        return self._named(USES, code)

    def cls(self, layer: str, code: str) -> str:
        return self._named(self.names.systems.get(layer, ""), code)

    def _named(self, system: str, code: str) -> str:
        classes = self.names.body.get("classes", {}).get(system, {}).get("classes", {})
        return classed(code, classes.get(code), self.speech)

    def drawn(self, text: str) -> dict[str, Any]:
        """picture, side, letters, rest, facts, outcome; or the ``text`` alone where it cannot be read."""
        read = plate.read(text, {code: layer["kind"] for code, layer in self.layers.items()})
        if read is None:
            return {"text": text, "picture": None}
        say = self.speech.say
        layers = list(dict.fromkeys(self.layer(each.layer) for each in read.letters.values()))
        return {
            "picture": plate.picture(read, say("drawing.label", layers=self.speech.list(layers) or "—")),
            "plate": read,
            "letters": [(each, self._letter(each)) for each in read.letters.values()],
            "both": [
                (letter, say("drawing.overlap", first=pair[0], second=self.speech.list(pair[1:])))
                for letter, pair in read.both.items()
            ],
            "rest": [
                (self.layer(code), say("drawing.rest", value=self._value(code, value)))
                for code, value in read.rest.items()
            ],
            "proposal": [self._figure(name, value) for name, value in read.proposal.items()],
            "outcome": [self._outcome(line, read) for line in read.outcome],
        }

    def _letter(self, each: plate.Letter) -> str:
        said = [self.layer(each.layer)]
        if each.cls is not None:
            said.append(self.speech.say("drawing.class", code=self.cls(each.layer, each.cls)))
        if (
            each.drawn_as in ("line", "point")
            and self.layers.get(each.layer, {}).get("kind") != each.drawn_as
        ):
            said.append(self.speech.say(f"drawing.{each.drawn_as}"))
        for name, value in each.attributes.items():
            said.append(self._value(each.layer, value) if name == "value" else f"{name} = {value}")
        return " · ".join(said)

    def _value(self, layer: str, value: str) -> str:
        unit = self.rule.above.unit if self.rule.above and layer == self.rule.layer else "m"
        try:
            return self.words.figures.value(float(value), unit)
        except ValueError:
            return value

    def _figure(self, name: str, value: str) -> str:
        known = self.speech.has(f"figure.{name}")
        if name == "use":
            value = self.use(value)
        elif name in UNIT:
            value = self._quantity(value, UNIT[name])  # type: ignore[index]
        return f"{self.speech.say(f'figure.{name}') if known else name} {value}"

    def _quantity(self, number: str, unit: str) -> str:
        try:
            return self.words.quantity(float(number), unit)
        except ValueError:
            return f"{number} {unit}"

    def _outcome(self, line: str, read: plate.Plate) -> dict[str, str]:
        """kind: what it is marked as; said: in words."""
        verdict = line.removeprefix("verdict ")
        if verdict in VERDICTS:
            return {"verdict": verdict, "said": self.speech.say(f"verdict.{key(verdict)}")}
        found = _SAYS.fullmatch(line)
        if found is None:
            return {"kind": "holds not", "said": line}
        state, first, unit = found[1], found[2], found[3]
        if state == "cannot say":
            return {"kind": "cannot say", "said": self._cannot_say(first, read)}
        kinds = {
            "holds": self.rule.effect,
            "holds not": "holds not",
            "conform": "conform",
            "conflict": self.rule.on_conflict or self.rule.worst,
            "conditional": self.rule.on_conditional or self.rule.effect,
        }
        group = "use_result" if state in ("conform", "conflict", "conditional") else "answered"
        said = self.speech.say(f"{group}.{key(state)}")
        if first is not None:
            said = f"{said} {self._quantity(first, unit or '')}"
        return {"kind": kinds[state], "said": said}

    def _cannot_say(self, code: str | None, read: plate.Plate) -> str:
        said = self.speech.say("answered.cannot_say")
        if code is None:
            return said
        lacking = self.rule.figure if self.rule.figure and self.rule.figure not in read.proposal else "use"
        params = {
            "figure": self.speech.say(f"figure.{lacking}"),
            "attribute": self.rule.attribute or self.rule.limit.attribute,
            "classes": sorted({each.cls for each in read.letters.values() if each.cls}),
            "within_m": self.rule.limit.value,
        }
        return f"{said}{self.speech.say('colon')}{self.speech.reason(code, params, 'why').rstrip('。.')}"
