"""Which layer of the catalogue a delivered source is, and what is guessed about one that the catalogue does not know. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from layers.codes import ClassSystem
from layers.model import Layer, by_word, folded
from layers.refusal import Refused

COVERAGE_SUFFIX = ".coverage"
"""``<stem>.coverage.geojson`` beside a file declares where that file says anything."""

_IDENTIFYING = re.compile(
    r"(^|_)(id|gid|fid|objectid|globalid|code|bsm|name|mc|编号|名称|代码|标识码)$|id$", re.IGNORECASE
)
_CLASSIFYING = re.compile(
    r"(class|type|zone|zoning|category|landuse|land_use|use_code|dlbm|dlmc|lx$|status|类型|类别|用途|性质|地类)",
    re.IGNORECASE,
)
SAID = ("draft", "on_display", "in_force")
"""The legal statuses that whoever hands a delivery over may say it has; what is superseded or withdrawn, Hetu says."""

TOLERANCE_M = 0.1
"""Of a layer that the catalogue does not know: what is thinner is a sliver, what lies nearer lies where it lay."""
ENOUGH = 5_000
"""Rows looked at for a guess."""
_MOST_CLASSES = 60


@dataclass(frozen=True, slots=True)
class Source:
    """What the matching needs to know of a source: path in the delivery, stem, layer in the file, kind, how many share the file."""

    path: str
    stem: str
    layer: str
    kind: str
    layers_in_file: int
    kinds_in_layer: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What is published as guessed and marked so; no rule applies to it."""

    code: str
    name: str
    kind: str
    identify: tuple[str, ...]
    classify: str | None
    source: str

    def stanza(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "identify": list(self.identify),
            "classify": self.classify,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Legal:
    """What is said of a whole delivery: its legal status and the first day on which it holds. None: as the stanza says, and from the day of
    publication.
    """

    status: str | None = None
    valid_from: date | None = None

    def status_of(self, stanza: Layer | None) -> str:
        return self.status or (stanza.status if stanza else "unknown")


def legal(status: str | None, valid_from: date | None) -> Legal:
    """Refused ``status_unknown``."""
    if status is not None and status not in SAID:
        raise Refused("status_unknown", got=status[:40], known=list(SAID))
    return Legal(status, valid_from)


def slug(text: str) -> str:
    """A layer code from a file name: letters (of any script) and digits in lower case, joined by ``_``."""
    return re.sub(r"[\W_]+", "_", text.lower()).strip("_") or "layer"


def known(source: Source, meant: Mapping[str, Layer]) -> Layer | None:
    """The catalogue's layer whose code, name or alias is the file's stem, or the name of a layer among several in the file. ``meant``:
    layers by every word that means them (``layers.model.by_word``), made once for a delivery.
    """
    names = [source.layer] if source.layers_in_file > 1 else [source.stem, source.layer]
    return next((meant[folded(name)] for name in names if folded(name) in meant), None)


def named(word: str, layers: Mapping[str, Layer]) -> Layer:
    """The layer of the catalogue that a person means by ``word``: code, name or alias. Refused ``layer_unknown``."""
    layer = by_word(layers.values()).get(folded(word))
    if layer is None:
        raise Refused("layer_unknown", layer=word)
    return layer


def codes(sources: Sequence[Source]) -> list[str]:
    """One code per source, the same for the same delivery: stem, then layer and kind where they tell apart, then folders."""
    named = []
    for source in sources:
        parts = [source.stem]
        if source.layers_in_file > 1 and slug(source.layer) != slug(source.stem):
            parts = [source.layer]
        if source.kinds_in_layer > 1:
            parts.append(source.kind)
        named.append(slug("_".join(parts)))
    plain = list(named)
    for depth in range(1, 12):
        twice = {code for code, count in Counter(named).items() if count > 1}
        if not twice:
            return named
        shared = {plain[at] for at, code in enumerate(named) if code in twice}
        named = [
            slug("_".join([*_folders(source, depth), code])) if code in shared else code
            for source, code in zip(sources, plain, strict=True)
        ]
    seen: Counter[str] = Counter()
    numbered = []
    for code in named:
        seen[code] += 1
        numbered.append(code if seen[code] == 1 else f"{code}_{seen[code]}")
    return numbered


def _folders(source: Source, depth: int) -> list[str]:
    """The nearest ``depth`` folders of the file, the file itself counting where it holds several layers."""
    around = source.path.split("/")[:-1] + ([source.stem] if source.layers_in_file > 1 else [])
    return around[-depth:]


def guess(code: str, source: Source, fields: Iterable[tuple[str, str]], attributes: Sequence[str]) -> Guess:
    """Identifying and class attributes of an unknown layer, from names and from how the values of the first rows repeat."""
    rows = [json.loads(text) for text in attributes[:ENOUGH]]
    identify: str | None = None
    classify: str | None = None
    for name, _ in fields:
        values = [row.get(name) for row in rows]
        told = [str(value) for value in values if value not in (None, "")]
        distinct = len(set(told))
        if identify is None and told and len(told) == len(values) == distinct and _IDENTIFYING.search(name):
            identify = name
        if (
            classify is None
            and _CLASSIFYING.search(name)
            and 1 < distinct <= min(_MOST_CLASSES, max(2, len(told) // 2))
        ):
            classify = name
    shown = source.layer if source.layers_in_file > 1 else source.stem
    return Guess(code, shown, source.kind, (identify,) if identify else (), classify, source.path)


class Coding:
    """Values of a class attribute as codes of its system, whether a department wrote the code or the name. ``unknown``: how often each value came
    that the system does not know: those stay as they were written.
    """

    def __init__(self, system: ClassSystem | None) -> None:
        self.system = system
        self.unknown: Counter[str] = Counter()
        self._codes: dict[str | None, str | None] = {None: None}

    def coded(self, values: Sequence[str | None]) -> list[str | None]:
        if self.system is None:
            return list(values)
        strangers = Counter(value for value in values if value is not None)
        for value in strangers:
            entry = self.system.find(value)
            self._codes[value] = value if entry is None else entry.code
            if entry is None:
                self.unknown[value] += strangers[value]
        return [self._codes[value] for value in values]


def column(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str | None]:
    """The first of ``names`` that a row tells, as text; None where it tells none."""
    if not names:
        return [None] * len(rows)
    if len(names) == 1:  # the rule, and three times as quick
        values = [row.get(names[0]) for row in rows]
    else:
        values = [
            next((value for name in names if (value := row.get(name)) not in (None, "")), None)
            for row in rows
        ]
    return [None if value in (None, "") else str(value) for value in values]
