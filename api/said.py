"""What a form or a program says of a delivery beside its files: the fields there are, and how they become the words it is handed over with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from api.payload import Upload, parse
from db.actor import Actor
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map.model import SAID

SAYS: dict[str, Any] = {
    "source_crs": {"type": "string", "description": "for files that state none"},
    "answers": {
        "type": "string",
        "description": 'of single files, by their path in the delivery: {"roads.shp": "EPSG:4547"} as JSON text',
    },
    "nodata": {
        "type": "string",
        "description": "for rasters that declare none: the value that means no data, or the word none",
    },
    "status": {"type": "string", "enum": list(SAID), "description": "default: as the catalogue says"},
    "valid_from": {"type": "string", "format": "date", "description": "default: the day of publication"},
    "supplier": {
        "type": "string",
        "description": "who delivers; tasks go back there, quality is told of them",
    },
    "vouched_by": {
        "type": "string",
        "description": "who vouches that unknown layers cover the district; without it, no hit means no data",
    },
    "as_layer": {"type": "string", "description": "the layer of the catalogue that the one source is"},
    "delta": {"type": "string", "description": "yes: the files hold changes only"},
    "change_field": {"type": "string", "description": "the field that says what a change does"},
    "repair": {"type": "string", "description": "yes: invalid areas are mended and marked, not set aside"},
    "skip_refused": {"type": "string", "description": "yes: publish the rest where a source cannot be read"},
    "purpose": {
        "type": "string",
        "enum": ["publish", "check"],
        "description": "check: only the report stays",
    },
}
FIELDS = {"file": {"type": "string", "format": "binary"}, **SAYS}


def submitted(connection: Connection, actor: Actor, upload: Upload) -> int:
    """Number of the delivery that a form hands over; refused field by field before anything is kept."""
    if unknown := sorted(upload.fields.keys() - FIELDS.keys()):
        raise Refused("field_unknown", field=unknown[0][:80])
    words = meant({name: text.strip() for name, text in upload.fields.items() if text.strip()})
    return base_map.submit_import(connection, actor, upload.path, name=upload.name, **words)


def meant(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a form or a program wrote, as the words a delivery is handed over with."""
    words = {name: value for name, value in fields.items() if name != "purpose"}
    if "purpose" in fields:
        if fields["purpose"] not in ("publish", "check"):
            raise Refused("purpose_unknown", got=str(fields["purpose"])[:40])
        words["only_check"] = fields["purpose"] == "check"
    if isinstance(words.get("answers"), str):
        words["answers"] = parse(words["answers"].encode())
    return words
