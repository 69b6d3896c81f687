"""Deliveries and their reports for readers: what came of one in a sentence, what a fault is called, what a file asks of a person. The same on
pages, in the terminal and in the workbook.

It knows no markup and no file; counts, grades and geometry are decided in ``workflows.base_map``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.language import Speech, sentences
from api.numbers import Figures
from api.payload import LARGEST
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map.reports import service as reports

Told = Mapping[str, Any]

SEVERITIES = ("error", "warning", "note")
MARKS: Mapping[str, str] = {"error": "▲", "warning": "◆", "note": "○"}
STATES: Mapping[str, str] = {
    "waiting": "…",
    "reading": "…",
    "published": "●",
    "checked": "◇",
    "refused": "✕",
    "abandoned": "✕",
}
UNDER_WAY = ("waiting", "reading")
ASIDE = ("invalid_geometry", "null_geometry", "empty_geometry", "not_a_layer_kind", "outside_projection", "row_unreadable")  # fmt: skip
"""Faults for which a row was kept but not published."""

_UNTOLD_OF_A_LAYER: Mapping[str, Any] = {
    **dict.fromkeys(
        (
            "area",
            "classes",
            "compared",
            "quality",
            "follow_up",
            "encoding",
            "extent_degrees",
            "edition",
            "source_layer",
        )
    ),
    **dict.fromkeys(("notes", "samples", "fields", "faults"), ()),
    "withheld": False,
}

# Parameters of a fault that stand elsewhere: its place, and an area as it was written beside the same in m².
_UNTOLD = ("x", "y", "row", "layer", "unit", "declared")


def delivery_id(given: str) -> int:
    """A word that could be a delivery's number; anything else is a delivery that is not there."""
    return _number(given, "import_unknown", id=given[:40])


def part_id(given: str, delivery: int) -> int:
    return _number(given, "intake_layer_unknown", layer=given[:40], delivery=delivery)


def task_id(given: str) -> int:
    return _number(given, "task_unknown", task=given[:40])


def _number(given: str, code: str, **params: Any) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 19 or int(given) > LARGEST:
        raise Refused(code, **params)
    return int(given)


def part_of(connection: Connection, sees: Grade, delivery: int, part: int) -> dict[str, Any]:
    """The report of one layer of a delivery; Refused ``import_unknown``, ``intake_layer_unknown``."""
    told = reports.of_delivery(connection, delivery, sees)
    found: dict[str, Any] | None = next((each for each in told["layers"] if each["id"] == part), None)
    if found is None:
        raise Refused("intake_layer_unknown", layer=part, delivery=delivery)
    return found


def complete(report: Told) -> dict[str, Any]:
    """A report with every key that pages ask for: a raster has no classes, and a layer that is withheld has no samples."""
    return {**_UNTOLD_OF_A_LAYER, **report}


def by_severity(faults: Iterable[Told]) -> dict[str, int]:
    """How many faults of each severity; ``faults`` as a report lists them, one line per code."""
    counted: Counter[str] = Counter()
    for each in faults:
        counted[each["severity"]] += each["count"]
    return {severity: counted[severity] for severity in SEVERITIES}


def gravest(layers: Iterable[Told]) -> tuple[Told, Told] | None:
    """The fault to name first, and the layer it is of: the gravest kind, and of those the most frequent."""
    found = [(fault, layer) for layer in layers for fault in layer["faults"] if fault["count"]]
    return min(
        found, key=lambda each: (SEVERITIES.index(each[0]["severity"]), -each[0]["count"]), default=None
    )


def refused_sources(delivery: Told) -> list[dict[str, Any]]:
    """Sources that could not be taken, whether the rest was or not: path, code, params."""
    inside = (delivery.get("reason") or {}).get("params", {}).get("sources") or []
    return [*(delivery.get("refused") or []), *inside]


@dataclass(frozen=True, slots=True)
class Words:
    """Deliveries and reports in one language."""

    speech: Speech
    names: Mapping[str, Told]
    """Layers of the catalogue by code, with name and name_en."""

    @property
    def figures(self) -> Figures:
        return Figures(self.speech)

    def layer(self, code: str) -> str:
        known = self.names.get(code)
        return code if known is None else self.speech.name(known)

    def fault(self, code: str) -> str:
        key = f"intake.fault.{code}"
        return self.speech.say(key) if self.speech.has(key) else code

    def severity(self, severity: str) -> str:
        return self.speech.say(f"intake.severity.{severity}")

    def detail(self, params: Told | None) -> str:
        """What is known of one fault, as label and value; a label nobody foresaw stands as it came, and what is not so is not told."""
        told = []
        for name, value in sorted((params or {}).items(), key=lambda each: self._place(each[0])):
            if name not in _UNTOLD and value is not False and value not in (None, "", [], {}):
                key = f"intake.param.{name}"
                label = self.speech.say(key) if self.speech.has(key) else name
                told.append(label if value is True else f"{label} {self.value(name, value)}")
        return " · ".join(told)

    def _place(self, param: str) -> int:
        """Parameters stand in the order of their words: the database keeps none."""
        order = [key.rpartition(".")[2] for key in sentences("zh-CN") if key.startswith("intake.param.")]
        return order.index(param) if param in order else len(order)

    def value(self, name: str, value: Any) -> str:
        if isinstance(value, (int, float)):
            if name.endswith("_m2"):
                return self.figures.square_metres(value)
            if name.endswith("_ha"):
                return self.figures.square_metres(value * 10_000)
            if name.endswith("_m"):
                return f"{value:.2f} m" if abs(value) < 10 else self.figures.length(value)
            return f"{value:,.6g}" if isinstance(value, float) else str(value)
        if isinstance(value, Mapping):
            return self.speech.list([f"{key} × {count}" for key, count in list(value.items())[:12]])
        if isinstance(value, (list, tuple)):
            shown = [str(each) for each in value[:12]]
            return self.speech.list(shown + ["…"] * (len(value) > 12))
        # What the geometry library says, it says in English: the sentence "{reason}" puts it into words.
        return (
            self.speech.reason("as_said", {"reason": value}, "intake")
            if name == "reason"
            else str(value)[:300]
        )

    def counts(self, layers: Sequence[Told]) -> dict[str, int]:
        """Rows read, published and set aside over all layers; cells of rasters are not rows."""
        featured = [each for each in layers if each["kind"] != "raster"]
        return {
            key: sum(each["counts"].get(key) or 0 for each in featured)
            for key in ("read", "published", "set_aside", "repaired")
        }

    def lead(self, delivery: Told, layers: Sequence[Told]) -> str:
        """What came of a delivery, and the gravest fault, in one sentence."""
        say, state = self.speech.say, delivery["state"]
        if state in ("refused", "abandoned", *UNDER_WAY):
            return self.refusal(delivery) if state == "refused" else say(f"intake.lead.{state}")
        counted = {key: self.figures.count(n) for key, n in self.counts(layers).items()}
        told = say(f"intake.lead.{state}", n=len(layers), **counted)
        worst = gravest(layers)
        if worst is None:
            usable = any(each["counts"].get("published") for each in layers)
            return told + say(f"intake.lead.{'no_fault' if usable else 'nothing'}")
        fault, layer = worst
        named = {"severity": self.severity(fault["severity"]), "fault": self.fault(fault["code"])}
        return told + say(
            "intake.lead.gravest",
            **named,
            count=self.figures.count(fault["count"]),
            layer=self.layer(layer["layer"]),
        )

    def refusal(self, delivery: Told) -> str:
        """Why nothing of it was taken: of one source its own reason, of several how many and which is first."""
        sources = refused_sources(delivery)
        if len(sources) == 1:
            (one,) = sources
            return self.speech.say("intake.lead.refused_one", path=one["path"], reason=self.reason(one))
        if sources:
            return self.speech.say("intake.lead.refused_many", n=len(sources), path=sources[0]["path"])
        return self.reason(delivery["reason"] or {"code": "unexpected", "params": {}})

    def source(self, refused: Told) -> str:
        """Which file, and which layer of it where it holds several."""
        inside = (refused.get("params") or {}).get("layer")
        return f"{refused['path']} › {inside}" if inside and refused.get("path") else str(refused.get("path", ""))

    def reason(self, refused: Told) -> str:
        return self.speech.reason(refused["code"], refused.get("params") or {})

    def fate(self, report: Told, state: str) -> str:
        """One source in a few words: all of it read, some of it set aside, nothing published."""
        counted = report["counts"]
        if state != "published":
            return self.speech.say("intake.fate.checked")
        return self.speech.say(f"intake.fate.{'aside' if counted.get('set_aside') else 'read'}")

    def asides(self, report: Told) -> str:
        """Why rows were set aside, with how many for each reason, and the other faults behind them."""
        aside = [each for each in report["faults"] if each["code"] in ASIDE and each["count"]]
        return self.speech.list(
            [f"{self.fault(each['code'])} {self.figures.count(each['count'])}" for each in aside]
        )

    def faults(self, report: Told) -> str:
        rest = [each for each in report["faults"] if each["code"] not in ASIDE and each["count"]]
        return self.speech.list(
            [
                f"{MARKS[each['severity']]} {self.fault(each['code'])} {self.figures.count(each['count'])}"
                for each in rest
            ]
        )
