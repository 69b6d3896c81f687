"""The one room that speaks: sentences by key in ``locales/*.yaml``, and which language a request asked for.

Everything below the api returns codes and parameters. This room refuses to know where a sentence is shown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from starlette.requests import Request

from layers import strict_yaml

LANGUAGES = ("zh-CN", "en")
COOKIE = "lang"
LOCALES = Path(__file__).parent / "locales"
MOST_LISTED = 12
LONGEST = 400

# Parameters that are codes themselves: refusal -> parameter -> the group that has words for them.
CODED: Mapping[str, Mapping[str, str]] = {
    "kind_differs": {"expected": "kind", "got": "kind"},
    "site_bad_feature": {"why": "set_aside"},
    "catalogue": {"fault": "catalogue_fault"},
    "proposal_figure": {"field": "figure"},
    "proposal_unit": {"field": "figure"},
    "proposal_range": {"field": "figure"},
    "delta_ident_unclear": {"where": "delta_where", "what": "delta_what"},
    "coordinates_maybe_shifted": {"because": "shift_because"},
}

Sentence = str | dict[str, str]  # a mapping {one, other} is chosen by the parameter n


class UnknownSentence(KeyError):
    """A page asked for a sentence that no catalogue holds: a mistake in the house, never of a visitor."""


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Sentence]]:
    for key, value in tree.items():
        path = f"{before}{key}"
        if isinstance(value, Mapping) and set(value) != {"one", "other"}:
            yield from _flat(value, f"{path}.")
        elif isinstance(value, Mapping):
            yield path, dict(value)
        else:
            yield path, str(value)


@functools.cache
def sentences(language: str) -> Mapping[str, Sentence]:
    """Every sentence of a language by its dotted key; a key that stands twice is refused, in one file or in two."""
    found: dict[str, Sentence] = {}
    for path in sorted(LOCALES.glob(f"{language}*.yaml")):
        for key, sentence in _flat(strict_yaml.read(path.read_bytes(), path.name)):
            if key in found:
                raise ValueError(f"{path.name}: {key} stands twice")
            found[key] = sentence
    return found


class _Told(dict[str, Any]):
    """Parameters of a refusal, which come from far away: one that is missing is shown as a gap, not as a crash."""

    def __missing__(self, key: str) -> str:
        return "…"


class _Figures(Formatter):
    """``{n}`` is written as people read it, ``{share:.1%}`` as the sentence says; what cannot be is written as it is."""

    def __init__(self, joined_by: str) -> None:
        self.joined_by = joined_by

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec:
            try:
                return format(value, format_spec)
            except (TypeError, ValueError):
                pass
        return self.readable(value)

    def readable(self, value: Any) -> str:
        if value is None:
            return "—"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            # Years, EPSG codes and row numbers are not counts: four digits and five stay as they are.
            return f"{value:,}" if abs(value) >= 1_000_000 else str(value)
        if isinstance(value, float):
            return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.1f}"
        if isinstance(value, (list, tuple)):
            return self.joined_by.join(
                [self.readable(each) for each in value[:MOST_LISTED]] + ["…"] * (len(value) > MOST_LISTED)
            )
        return str(value).encode("utf-8", "replace").decode()[:LONGEST]


@dataclass(frozen=True, slots=True)
class Speech:
    """One language, ready to speak."""

    language: str

    def say(self, key: str, /, **params: Any) -> str:
        try:
            sentence = sentences(self.language)[key]
        except KeyError:
            raise UnknownSentence(key) from None
        if isinstance(sentence, dict):
            sentence = sentence["one" if params.get("n") == 1 else "other"]
        return self._figures().vformat(sentence, (), params)

    def _figures(self) -> _Figures:
        return _Figures(str(sentences(self.language)["and"]))

    def has(self, key: str) -> bool:
        return key in sentences(self.language)

    def reason(self, code: str, params: Mapping[str, Any] | None = None, group: str = "refusal") -> str:
        """The sentence of a refusal, of a feature that was set aside, of a note or of a layer without an answer."""
        told = _Told(params or {})
        if "reason" in told:
            told["reason"] = self._fault(str(told["reason"]))
        for name, words in CODED.get(code, {}).items():
            if self.has(f"{words}.{told[name]}"):
                told[name] = self.reason(str(told[name]), {**told, name: None}, words)
        known = sentences(self.language)
        sentence = known.get(f"{group}.{code}", known.get(f"refusal.{code}"))
        if sentence is None:
            facts = self.list([f"{name} = {self._figures().readable(value)}" for name, value in told.items()])
            return self.say("refusal_unknown", code=code, facts=facts or "—")
        if isinstance(sentence, dict):
            sentence = sentence["one" if told.get("n") == 1 else "other"]
        return self._figures().vformat(sentence, (), told)

    def _fault(self, said: str) -> str:
        """What the geometry library and the readers say, they say in English: words, and after a colon what they are about."""
        words, colon, facts = said.partition(": ")
        for given, rest in ((words, colon + facts), (said, "")):
            fault = "fault." + re.sub(r"[^a-z]+", "_", given.lower()).strip("_")
            if self.has(fault):
                return self.say(fault) + rest
        return said

    def name(self, of: Mapping[str, Any]) -> str:
        """The name of a layer, theme or department in this language, or the one it has."""
        chinese, english = of.get("name") or of.get("code") or "", of.get("name_en")
        return str(english or chinese) if self.language == "en" else str(chinese)

    def list(self, parts: list[str]) -> str:
        return self.say("and").join(parts)


def of(request: Request) -> Speech:
    """The address says it (a copied link shows the same), else the cookie, else the browser; Chinese first."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return Speech(str(asked))
    accepted = request.headers.get("accept-language", "")
    best = max(
        ((_weight(part), -place, _known(part)) for place, part in enumerate(accepted.split(",")[:20])),
        default=None,
        key=lambda choice: (choice[2] is not None, choice[0], choice[1]),
    )
    if best is None or best[2] is None or best[0] <= 0:
        return Speech(LANGUAGES[0])
    return Speech(best[2])


def _known(part: str) -> str | None:
    tag = part.split(";")[0].strip().lower()
    return "zh-CN" if tag.startswith("zh") else "en" if tag.startswith("en") else None


def _weight(part: str) -> float:
    _, _, quality = part.partition("q=")
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
