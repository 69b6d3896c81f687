"""From an answer to its map picture and to its hits as a file: what is asked of the base map, and what numbers and words go with each shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection

from api import sketch
from api.documents import picture as pictures
from api.documents.items import Item
from api.documents.map_key import Entry, Key
from api.documents.picture import Marked, Sheet
from api.documents.printable import fit
from api.documents.report import Report
from api.findings import Wording
from api.language import Speech
from gis import boundary_site, hits_file, labels
from layers.model import Grade
from workflows.site_check import drawing

Answer = Mapping[str, Any]
NUMBERED_OF_LAYER = {"forbid": 2}
"""The largest shapes of a layer get its numbers (else one does): more would hide what they name."""
WHOLE = 0.999
"""From here on a finding concerns all of the site: it is told in the legend, for drawn it would hide what concerns a part."""


@dataclass(frozen=True, slots=True)
class Told:
    """A shape to be drawn, of which layer, and the findings that hold because of it and concern a part of the site."""

    layer: Answer
    items: tuple[Item, ...]
    shape: dict[str, Any]

    @property
    def effect(self) -> str:
        return sketch.known(self.items[0].kind) if self.items else ""

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(item.number for item in self.items if item.number is not None)


def picture(connection: Connection, answer: Answer, report: Report, speech: Speech, sees: Grade) -> Markup:
    """The site and its hits on a sheet, numbered as the report's findings are."""
    site = answer["site"]["project_geometry"]
    on = pictures.view(site)
    items = {item.rule: item for item in report.findings}
    cut = drawing.hits(connection, answer["id"], sees)
    ruled = any(rules for _, _, rules, _ in cut.shapes)
    told: list[Told] = []
    whole: dict[int, Item] = {}
    for layer, _, rules, shape in cut.shapes:
        mine = [items[rule["rule"]] for rule in rules]
        whole |= {item.number: item for item in mine if _is_whole(item) and item.number is not None}
        part = tuple(item for item in mine if not _is_whole(item))
        if part or not ruled:  # what no rule speaks of would cover what one does
            told.append(Told(layer, part, shape))
    wanted = _to_number(told)
    places = dict(
        zip(wanted, labels.places([told[place].shape for place in wanted], on.letters_apart), strict=True)
    )
    marked = [
        Marked(sketch.Drawn(each.shape, each.effect), each.numbers, places.get(place))
        for place, each in enumerate(told)
    ]
    notes = [speech.say("picture.grid", crs=answer["site"]["crs"])]
    if cut.left_out:
        notes.insert(0, speech.say("picture.left_out", n=drawing.MOST_DRAWN))
    beneath = drawing.beneath(connection, answer, on.window, on.finest, sees)
    if beneath:
        notes.insert(0, speech.say("picture.beneath"))
    key = Key(
        entries=_entries(told, report, speech),
        whole=sorted(whole),
        whole_effect=sketch.known(whole[min(whole)].kind) if whole else "",
        notes=notes,
    )
    sheet = Sheet(site, marked, beneath, key)
    return pictures.draw(on, sheet, speech)


def _is_whole(item: Item) -> bool:
    return (item.raw["share"] or 0.0) >= WHOLE


def _to_number(told: Sequence[Told]) -> list[int]:
    """Which shapes get their numbers written, the gravest first and of these the smallest, which have the least room."""
    seen: dict[tuple[str, tuple[int, ...]], int] = {}
    chosen = []
    for place, each in enumerate(told):
        key = (each.layer["code"], each.numbers)
        seen[key] = seen.get(key, 0) + 1
        if each.numbers and seen[key] <= NUMBERED_OF_LAYER.get(each.effect, 1):
            chosen.append(place)
    return sorted(chosen, key=lambda place: (-sketch.ORDER.index(told[place].effect), -place))


def _entries(told: Sequence[Told], report: Report, speech: Speech) -> list[Entry]:
    """The findings that are on the sheet, in their order; without rules, the layers."""
    drawn = {number for each in told for number in each.numbers}
    entries = [
        Entry(item.number, sketch.known(item.kind), item.name)
        for item in report.findings
        if item.number in drawn
    ]
    if entries or report.judged:
        return entries
    names = list(dict.fromkeys(fit(speech.name(each.layer)) for each in told))
    return [Entry(None, "", name) for name in names]


def geopackage(connection: Connection, answer: Answer, speech: Speech, sees: Grade) -> Callable[[], bytes]:
    """Layers ``site`` and ``hits`` in the project CRS. Codes stay codes; a rule is named as the report names what it found.
    What is given back writes the file and needs no connection.
    """
    answer = fit(answer)
    cut = drawing.hits(connection, answer["id"], sees)
    wording = Wording(speech, str)
    rows = [_row(fit(layer), fit(hit), rules, wording) for layer, hit, rules, _ in cut.shapes]
    site = answer["site"]
    told = {
        "check_id": answer["id"],
        "verdict": answer["verdict"],
        "valid_on": answer.get("valid_on"),
        "checked_at": answer["checked_at"],
        "area_m2": site["area_m2"],
        "area_ellipsoidal_m2": site.get("area_ellipsoidal_m2"),
        "use": (answer.get("proposal") or {}).get("use"),
        "issued_for": sees,
        "layers_withheld": len(answer.get("withheld", {}).get("layers", {})),
        "hits_left_out": cut.left_out,
        "sha256": answer["sha256"],
        "product": answer["product"],
    }
    names = _row_names(wording)
    columns = {name: [row[name] for row in rows] for name in names}
    return partial(
        hits_file.geopackage,
        site["project_geometry"],
        told,
        [shape for _, _, _, shape in cut.shapes],
        columns,
        site["crs"],
        datetime.fromisoformat(answer["checked_at"]),
    )


def boundary_text(answer: Answer) -> Callable[[], bytes]:
    """The site alone, for a land office: refused ``boundary_text_other_system`` where the project is in no national grid."""
    site = answer["site"]
    return partial(boundary_site.text, site["project_geometry"], site["crs"], answer["id"])


def _row(layer: Answer, hit: Answer, rules: Sequence[Answer], wording: Wording) -> dict[str, Any]:
    named = (layer.get("class_names") or {}).get(hit["class"]) or {}
    rule = rules[0] if rules else None
    bases = [] if rule is None else rule["basis"]
    law = "; ".join(f"{each['title']}{each['article'] or ''}" for each in bases)
    return {
        "layer": layer["code"],
        "layer_name": layer["name"],
        "layer_name_en": layer.get("name_en"),
        "edition": hit["edition"],
        "feature": hit["id"],
        "ident": hit["ident"],
        "name": hit.get("name"),
        "class": hit["class"],
        "class_name": named.get("zh"),
        "class_name_en": named.get("en"),
        "area_m2": hit["area_m2"],
        "share": hit.get("share"),
        "length_m": hit["length_m"],
        "sliver": bool(hit["sliver"]),
        "effect": rule and rule["effect"],
        "rule": rule and rule["rule"],
        "rule_name": rule and wording.name(rule),
        "law": law or None,
        "law_seen": all(each["standing"] == "seen" for each in bases) if bases else None,
    }


def _row_names(wording: Wording) -> list[str]:
    nothing: dict[str, Any] = dict.fromkeys(
        ("class", "edition", "id", "ident", "area_m2", "length_m", "sliver")
    )
    return list(_row({"code": "", "name": ""}, nothing, (), wording))
