"""What a request for a check says: the site in one of four ways, the proposal, the layers, the two times. Read strictly, judged nowhere.

It knows no database: whether a use is one, and what stands under the number of an earlier check, is asked where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from api.numbers import BEIJING
from api.payload import Upload, check_id, number
from gis import crs, site
from layers.days import EARLIEST, day
from layers.refusal import Refused

WIDEST_M = 1000.0
WAYS = ("site", "box", "boundary_text", "check")
FIGURES: Mapping[str, str] = {
    "use": "a land and sea use code or name, such as 0804",
    "height": "metres above the ground outside: 60, or “60 m”",
    "floor_area_ratio": "floor area above ground over the area of the site",
    "floor_area": "m² above ground, or with a unit: “1.2 ha”",
    "setback": "metres that buildings keep inside the boundary",
}
LATEST_YEAR = 9000
"""Beyond it a moment in another zone may fall out of every calendar."""

_TIMES: dict[str, Any] = {
    "valid_on": {
        "type": "string",
        "format": "date",
        "description": "whose plans and rules hold; default: today",
    },
    "known_at": {
        "type": "string",
        "format": "date-time",
        "description": "only what was known then; Beijing time where no zone is said; default: now",
    },
}
_PROPOSAL: dict[str, Any] = {
    name: {"type": "string" if name == "use" else ["number", "string", "null"], "description": said}
    for name, said in FIGURES.items()
}

SITE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The site in one of four ways, and what is to be built on it.",
    "properties": {
        "site": {
            "type": "object",
            "description": "GeoJSON geometry, Feature or FeatureCollection, in degrees",
        },
        "box": {"type": "string", "description": "west,south,east,north in degrees"},
        "boundary_text": {"type": "string", "description": "the whole of a boundary text (国土 TXT)"},
        "check": {"type": "string", "description": "the number of an earlier check: its site"},
        "width_m": {"type": "number", "exclusiveMinimum": 0, "maximum": WIDEST_M, "description": "for lines"},
        "proposal": {
            "type": "object",
            "description": "All optional; what a rule needs and this lacks is asked for in the answer.",
            "properties": _PROPOSAL,
            "additionalProperties": False,
        },
        "layers": {"type": "array", "items": {"type": "string"}, "description": "only these layers"},
        **_TIMES,
    },
    "examples": [
        {
            "box": "114.20,22.70,114.21,22.71",
            "proposal": {"use": "0804", "height": 60},
            "valid_on": "2026-06-01",
        }
    ],
}
JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": SITE_SCHEMA}}}}
_FILE_FIELDS: dict[str, Any] = {
    "width_m": {"type": "number"},
    "source_crs": {"type": "string", "description": "for files that state none"},
    **{name: {"type": "string", "description": said} for name, said in FIGURES.items()},
    **_TIMES,
}
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}, **_FILE_FIELDS},
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Asked:
    """``site``: a site, or the number of the check whose site it is; ``proposal``: as it was written."""

    site: site.Site | str
    proposal: Mapping[str, Any] = field(default_factory=dict)
    layers: list[str] | None = None
    valid_on: date | None = None
    known_at: datetime | None = None


def of_body(said: dict[str, Any], project: crs.Crs) -> Asked:
    if unknown := sorted(set(said) - SITE_SCHEMA["properties"].keys()):
        raise Refused("field_unknown", field=unknown[0])
    return Asked(
        site=given_site(said, project),
        proposal=_proposal(said.get("proposal")),
        layers=chosen_layers(said),
        valid_on=_day(said.get("valid_on")),
        known_at=moment(said.get("known_at")),
    )


def of_file(upload: Upload, project: crs.Crs, system: Callable[[str], crs.Crs]) -> Asked:
    """``system``: how the workspace reads the name of a coordinate system."""
    fields = upload.fields
    if unknown := sorted(set(fields) - _FILE_FIELDS.keys()):
        raise Refused("field_unknown", field=unknown[0][:80])
    valid_on, known_at = _day(fields.get("valid_on")), moment(fields.get("known_at"))
    declared = fields.get("source_crs")
    found = site.from_file(
        upload.path,
        project,
        source_crs=system(declared) if declared else None,
        width_m=number(fields.get("width_m"), "width_m", most=WIDEST_M),
    )
    figures = {name: fields[name] for name in FIGURES if name in fields}
    return Asked(found, figures, None, valid_on, known_at)


def given_site(said: dict[str, Any], project: crs.Crs) -> site.Site | str:
    ways = [way for way in WAYS if said.get(way) is not None]
    if not ways:
        raise Refused("site_missing")
    if len(ways) > 1:
        raise Refused("site_twice", got=ways)
    width = number(said.get("width_m"), "width_m", most=WIDEST_M)
    what = said[ways[0]]
    if ways[0] == "site":
        return site.from_geojson(what, project, width_m=width)
    if not isinstance(what, str):
        raise Refused("field_text", field=ways[0])
    if ways[0] == "check":
        if width is not None:
            raise Refused("width_without_line", width_m=width)
        return check_id(what)
    if ways[0] == "box":
        return site.from_box(what, project, width)
    return site.from_boundary_text(what, project, width_m=width)


def chosen_layers(said: dict[str, Any]) -> list[str] | None:
    chosen = said.get("layers")
    if chosen is None:
        return None
    if (
        not isinstance(chosen, list)
        or not all(isinstance(code, str) for code in chosen)
        or not 0 < len(chosen) <= 2000
    ):
        raise Refused("field_text", field="layers")
    return chosen


def _proposal(said: Any) -> Mapping[str, Any]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise Refused("field_object", field="proposal")
    return said


def _day(given: Any) -> date | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise Refused("date_unreadable", got=str(given)[:40])
    return day(given)


def moment(given: Any) -> datetime | None:
    """A day with its time, in Beijing where no zone is said; Refused ``moment_unreadable``: a day alone is no moment."""
    if given is None or given == "":
        return None
    try:
        found = datetime.fromisoformat(given.strip()) if isinstance(given, str) and ":" in given else None
    except ValueError:
        found = None
    if found is None or not EARLIEST.year <= found.year <= LATEST_YEAR:
        raise Refused("moment_unreadable", got=str(given)[:40])
    return found if found.tzinfo else found.replace(tzinfo=BEIJING)
