"""What stands behind the conclusion, as rows: planned use patch by patch, layers hit and layers silent, every hit, editions and rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import marks
from api.documents.items import Telling, bracketed
from api.documents.printable import short
from api.findings import Wording, key
from api.legend import worded
from workflows.site_check.drawing import broken_by

Answer = Mapping[str, Any]
Layer = Mapping[str, Any]
DIGEST = 16


@dataclass(frozen=True, slots=True)
class Patch:
    """A planned class under the site against the intended use."""

    rule: str
    planned: str
    area: str
    mu: str
    result: str
    kind: str
    via: str
    why: str | None
    sliver: bool


@dataclass(frozen=True, slots=True)
class LayerRow:
    code: str
    name: str
    state: str
    kind: str
    measured: str
    share: str
    count: str
    edition: str
    why: str
    raw: Layer


@dataclass(frozen=True, slots=True)
class Silent:
    """Layers that are silent for one reason."""

    state: str
    kind: str
    why: str
    layers: str
    count: int


@dataclass(frozen=True, slots=True)
class HitRow:
    layer: str
    feature: str
    cls: str
    rule: str
    effect: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EditionRow:
    """``digest``: the first digits of the source's sha256; ``since``: what became of the edition after the check, or None."""

    layer: str
    code: str
    seq: int
    status: str
    valid_from: str
    published: str
    source: str
    crs: str
    coverage: str
    digest: str
    since: str | None
    since_kind: str | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleRow:
    code: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer as rows. ``rules``: names of the rulebook's rules by code."""

    answer: Answer
    marks: Sequence[Mapping[str, Any]]
    rule_names: Mapping[str, Mapping[str, Any]]
    wording: Wording
    telling: Telling

    def patches(self) -> tuple[Patch, ...]:
        return tuple(
            self._patch(finding, patch)
            for finding in self.answer.get("findings", [])
            for patch in finding["use"] or ()
        )

    def _patch(self, finding: Mapping[str, Any], patch: Mapping[str, Any]) -> Patch:
        speech, figures = self.wording.speech, self.wording.figures
        named, why = patch["class_name"], None
        cls = "—" if patch["class"] is None else str(patch["class"])
        if patch["result"] == "no rule":
            why = self.wording.why({"code": patch.get("why") or "use_unruled", "params": {"classes": [cls]}})
        via = speech.list(list(patch["via"]))
        return Patch(
            rule=self.wording.name(finding),
            planned=f"{cls} {worded(named, speech)}" if named else cls,
            area=figures.square_metres(patch["area_m2"]),
            mu=figures.mu(patch["area_m2"]),
            result=speech.say(f"use_result.{key(patch['result'])}"),
            kind={"conflict": "forbid", "conditional": "restrict", "conform": "conform"}.get(
                patch["result"], "cannot_say"
            ),
            via=bracketed(speech, via, patch["crosswalk"]) if patch["crosswalk"] else via or "—",
            why=why,
            sliver=bool(patch.get("sliver")),
        )

    def unruled(self) -> tuple[LayerRow, ...]:
        """Hit, and no rule that applies looks at it."""
        ruled = {each["layer"] for each in self.answer.get("findings", [])}
        found = [
            self._layer(layer)
            for layer in self.answer["layers"]
            if layer["state"] == "hit" and layer["code"] not in ruled
        ]
        return tuple(sorted(found, key=lambda row: (-(row.raw["area_m2"] or 0.0), row.code)))

    def layers(self) -> tuple[LayerRow, ...]:
        return tuple(self._layer(layer) for layer in self.answer["layers"])

    def _layer(self, layer: Layer) -> LayerRow:
        wording = self.wording
        return LayerRow(
            code=layer["code"],
            name=wording.speech.name(layer),
            state=wording.speech.say(f"state.{key(layer['state'])}"),
            kind=key(layer["state"]),
            measured=self._measured(layer),
            share=wording.figures.share(layer["share"]),
            count=wording.figures.count(layer["count"])
            if layer["kind"] != "raster" and layer["count"]
            else "—",
            edition=self.telling.edition(layer["code"]),
            why="" if layer["reason"] is None else wording.why(layer["reason"]),
            raw=layer,
        )

    def _measured(self, layer: Layer) -> str:
        say, figures = self.wording.speech.say, self.wording.figures
        values = layer["values"]
        if layer.get("withheld"):
            return say("report.not_shown")
        if layer["kind"] == "raster" and values and "mean" in values:
            unit = values.get("unit")
            told = [figures.value(values[name], unit) for name in ("min", "mean", "max")]
            return say("answer.values", least=told[0], mean=told[1], most=told[2])
        if layer["area_m2"] is not None:
            return f"{figures.square_metres(layer['area_m2'])} · {figures.mu(layer['area_m2'])}"
        return figures.length(layer["length_m"]) if layer["length_m"] is not None else "—"

    def silent(self) -> tuple[Silent, ...]:
        """Layers that say nothing, together where they are silent for the same reason, the rarest reason first."""
        groups: dict[tuple[str, str], list[str]] = {}
        for layer in self.answer["layers"]:
            if layer["state"] in ("no data", "failed"):
                why = "" if layer["reason"] is None else self.wording.why(layer["reason"])
                groups.setdefault((layer["state"], why), []).append(self.wording.speech.name(layer))
        speech = self.wording.speech
        return tuple(
            Silent(speech.say(f"state.{key(state)}"), key(state), why, speech.list(names), len(names))
            for (state, why), names in sorted(groups.items(), key=lambda group: len(group[1]))
        )

    def hits(self) -> tuple[HitRow, ...]:
        holding = [each for each in self.answer.get("findings", []) if each["state"] == "holds"]
        return tuple(
            self._hit(layer, hit, holding) for layer in self.answer["layers"] for hit in layer["hits"]
        )

    def _hit(self, layer: Layer, hit: Mapping[str, Any], holding: Sequence[Mapping[str, Any]]) -> HitRow:
        wording = self.wording
        named = (layer.get("class_names") or {}).get(hit["class"])
        broken = broken_by(layer["code"], hit, holding)
        return HitRow(
            layer=wording.speech.name(layer),
            feature=short(str(hit.get("name") or hit["ident"] or hit["id"])),
            cls=worded(named, wording.speech) if named else "",
            rule=wording.name(broken[0]) if broken else "",
            effect=wording.speech.say(f"effect.{broken[0]['effect']}") if broken else "",
            raw={**hit, "code": layer["code"], "kind": layer["kind"]},
        )

    def editions(self) -> tuple[EditionRow, ...]:
        names = {layer["code"]: layer for layer in self.answer["layers"]}
        since = {each["layer"]: each for each in self.marks}
        order = {code: place for place, code in enumerate(names)}
        pinned = sorted(self.answer["editions"].items(), key=lambda each: order.get(each[0], len(order)))
        return tuple(self._edition(code, each, names.get(code), since.get(code)) for code, each in pinned)

    def _edition(
        self, code: str, pinned: Mapping[str, Any], layer: Layer | None, since: Mapping[str, Any] | None
    ) -> EditionRow:
        say, figures = self.wording.speech.say, self.wording.figures
        status = pinned.get("status")
        return EditionRow(
            layer=self.wording.speech.name(layer) if layer else code,
            code=code,
            seq=pinned["seq"],
            status=say(f"status.{status}") if status else "—",
            valid_from=str(pinned.get("valid_from") or "—"),
            published=figures.day(pinned["published_at"])[:10],
            source=short(str(pinned["source"]), 80),
            crs=str(pinned.get("crs_in") or "—"),
            coverage=say(f"coverage.{pinned['coverage_basis']}") if pinned.get("coverage_basis") else "—",
            digest=(pinned["sha256"] or "—")[:DIGEST],
            since=marks.told(since, self.wording.speech) if since else None,
            since_kind=since["mark"] if since else None,
            raw=pinned,
        )

    def rules(self) -> tuple[RuleRow, ...]:
        versions = (self.answer.get("rules") or {}).get("versions", {})
        rows = []
        for code, version in versions.items():
            named = self.rule_names.get(code)
            rows.append(RuleRow(code, self.wording.speech.name(named) if named else code, version))
        order = {code: place for place, code in enumerate(self.rule_names)}
        return tuple(sorted(rows, key=lambda row: (order.get(row.code, len(order)), row.code)))
