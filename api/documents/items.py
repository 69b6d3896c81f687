"""One finding in words: what was found, against which limit, by which law, who answers for it, what to do, and what a person says beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import marks
from api.documents.printable import short
from api.findings import MARKS, Wording, key, kind_of
from api.language import Speech
from api.legend import Legend, worded

Answer = Mapping[str, Any]
Finding = Mapping[str, Any]
FEATURES_NAMED = 6


@dataclass(frozen=True, slots=True)
class Basis:
    """``tag``: 依据待核 in the reader's language, or None where somebody has seen the text."""

    text: str
    tag: str | None

    @property
    def seen(self) -> bool:
        return self.tag is None


@dataclass(frozen=True, slots=True)
class Item:
    """``number``: None where it is not counted; ``kind``: what it is drawn as (``findings.kind_of``, joined by underscores); ``effect``: the
    word for what it has or could have; ``sentence``: what was found, or why nobody can say; ``since``: what became of its edition; ``raw``: the finding itself, for figures.
    """

    number: int | None
    rule: str
    kind: str
    mark: str
    effect: str
    state: str
    name: str
    sentence: str
    measured: str
    limit: str
    why: str | None
    bases: tuple[Basis, ...]
    office: str
    layer: str
    edition: str
    since: str | None
    do: str | None
    exception: str | None
    features: str | None
    nearest: str | None
    sliver: bool
    overrides: tuple[str, ...]
    raw: Finding


@dataclass(frozen=True, slots=True)
class Telling:
    """An answer, what persons said beside it, what became of its editions, and how it is worded."""

    answer: Answer
    overrides: Sequence[Mapping[str, Any]]
    marks: Sequence[Mapping[str, Any]]
    wording: Wording
    book: Legend

    def item(self, finding: Finding, number: int | None) -> Item:
        wording, say = self.wording, self.wording.speech.say
        kind = kind_of(finding)
        effect = finding["effect"] if finding["state"] == "holds" else finding["worst"]
        conforms = kind == "conform"  # then there is nothing to be done
        return Item(
            number=number,
            rule=finding["rule"],
            kind=key(kind),
            mark=MARKS[kind],
            effect=say(f"effect.{effect}"),
            state=say(f"answered.{key(finding['state'])}"),
            name=wording.name(finding),
            sentence=colon(wording.speech, wording.name(finding), wording.whys(finding))
            if finding["why"]
            else wording.found(finding),
            measured=self.measured(finding),
            limit=wording.limit(finding),
            why=wording.whys(finding) if finding["why"] else None,
            bases=self.bases(finding["basis"]),
            office=wording.office(finding["department"]),
            layer=self.layer_name(finding),
            edition=self.edition(finding["layer"]),
            since=self.since(finding["layer"]),
            do=None if conforms else wording.do(finding),
            exception=None if conforms else wording.except_note(finding),
            features=self._features(finding),
            nearest=self._nearest(finding),
            sliver=bool(finding["sliver"]) and finding["state"] == "holds",
            overrides=self.said_beside(finding),
            raw=finding,
        )

    def measured(self, finding: Finding) -> str:
        """The amount in every unit officials read it in, and as a share of the site."""
        wording = self.wording
        amount, unit = finding["amount"], finding["amount"]["unit"]
        told = [wording.amount(finding)]
        if finding.get("withheld") or amount["low"] is None or amount["low"] != amount["high"]:
            return told[0]
        if unit == "m2":
            told += [wording.figures.hectares(amount["low"]), wording.figures.mu(amount["low"])]
        if finding["share"] is not None and unit != "%":
            told.append(wording.speech.say("report.of_site", share=wording.figures.share(finding["share"])))
        return " · ".join(told)

    def bases(self, references: Sequence[Mapping[str, Any]]) -> tuple[Basis, ...]:
        """Law and articles; those of one law that are known alike stand together."""
        articles: dict[tuple[str, str, str], list[str]] = {}
        for each in references:
            known = articles.setdefault((each["law"], str(each["title"]), each["standing"]), [])
            known += [each["article"]] if each["article"] else []
        return tuple(self._basis(*law, named) for law, named in articles.items())

    def _basis(self, law: str, title: str, standing: str, articles: list[str]) -> Basis:
        speech = self.wording.speech
        named = speech.list(articles)
        if speech.language == "en":
            text = f"{self.book.law(law, speech)} {named}".strip()
        else:
            text = f"{title if title.startswith('《') else f'《{title}》'}{named}"
        return Basis(text, None if standing == "seen" else speech.say(f"standing.{standing}"))

    def layer_name(self, finding: Finding) -> str:
        return self.wording.speech.name({"name": finding["layer_name"], "name_en": finding["layer_name_en"]})

    def edition(self, layer: str) -> str:
        """Which edition of a layer the answer rests on, its legal status and since when it holds."""
        pinned, say = self.answer["editions"].get(layer), self.wording.speech.say
        if pinned is None:
            return "—"
        parts = [say("report.edition", seq=pinned["seq"])]
        if pinned.get("status"):
            parts.append(say(f"status.{pinned['status']}"))
        if pinned.get("valid_from"):
            parts.append(say("report.holds_from", day=pinned["valid_from"]))
        return " · ".join(parts)

    def since(self, layer: str) -> str | None:
        """What became of a layer's edition after the check."""
        mark = next((each for each in self.marks if each["layer"] == layer), None)
        return None if mark is None else marks.told(mark, self.wording.speech)

    def said_beside(self, finding: Finding) -> tuple[str, ...]:
        say = self.wording.speech.say
        return tuple(
            say(
                "report.override_is",
                person=each["person"],
                day=self.wording.figures.moment(each["made_at"]),
                says=say(f"says.{key(each['says'])}"),
                reason=" ".join(each["reason"].split()),
            )
            for each in self.overrides
            if each["rule"] == finding["rule"]
        )

    def feature(self, feature: Mapping[str, Any], layer: Answer | None) -> str:
        """A feature as people call it, with its class."""
        name = short(str(feature["name"] or feature["ident"] or feature["id"]), 60)
        cls = feature["class"]
        if cls is None:
            return name
        named = ((layer or {}).get("class_names") or {}).get(cls)
        inside = f"{cls} {worded(named, self.wording.speech)}" if named else short(str(cls), 40)
        return bracketed(self.wording.speech, name, inside)

    def _features(self, finding: Finding) -> str | None:
        features = finding["features"]
        if not features or finding["measure"] == "distance" or finding["figure"] == "setback":
            return None
        layer = next((each for each in self.answer["layers"] if each["code"] == finding["layer"]), None)
        named = self.wording.speech.list([self.feature(each, layer) for each in features[:FEATURES_NAMED]])
        rest = len(features) - FEATURES_NAMED
        return (
            f"{named} {self.wording.speech.say('report.more_features', n=len(features))}"
            if rest > 0
            else named
        )

    def _nearest(self, finding: Finding) -> str | None:
        near = finding["nearest"]
        if near is None:
            return None
        return self.wording.speech.say(
            "report.nearest_is",
            name=self.feature(near, None),
            metres=self.wording.figures.length(near["metres"]),
        )


def bracketed(speech: Speech, what: str, inside: str) -> str:
    return f"{what} ({inside})" if speech.language == "en" else f"{what}（{inside}）"


def colon(speech: Speech, what: str, said: str) -> str:
    return f"{what}: {said}" if speech.language == "en" else f"{what}：{said}"
