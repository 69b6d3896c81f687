"""What a person says of a delivery as a whole, whichever way they say it: at the command line, in a form, in the arguments of a job. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gis import cells, placing
from gis.cells import Nodata
from gis.crs import Crs
from layers.days import day
from layers.refusal import Refused
from workflows.base_map import model

WORDS = (
    *("source_crs", "answers", "vouched_by", "nodata", "as_layer", "status", "valid_from", "supplier"),
    *("delta", "change_field", "repair", "skip_refused", "only_check"),
)
"""The names under which a form, a job or a program says it."""
_YES = ("1", "true", "yes", "on", "y", "t", "是")
_NO = ("", "0", "false", "no", "off", "n", "f", "none", "否")
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Said:
    """Nothing said: everything as the files, the catalogue and the day say.

    ``source_crs``: of files that state none; ``answers``: of single ones of them, by their path in the delivery. ``vouched_by``: the person who vouches that
    unknown layers speak for the whole district. ``nodata``: of grids that declare no such value. ``as_layer``: the layer of the catalogue that the
    delivery's one source is. ``status`` (draft, on_display, in_force) and ``valid_from``, the first day on which it holds, are said of all its layers;
    so is ``supplier``. ``delta``: the files hold changes only, told apart by ``change_field``. ``repair``: invalid areas are mended and marked.
    ``skip_refused``: the rest is published where a source cannot be read. ``only_check``: nothing is published, only the report stays.
    """

    source_crs: Crs | None = None
    answers: Mapping[str, Crs] = field(default_factory=dict)
    vouched_by: str | None = None
    nodata: Nodata | None = None
    as_layer: str | None = None
    status: str | None = None
    valid_from: date | None = None
    supplier: str | None = None
    delta: bool = False
    change_field: str | None = None
    repair: bool = False
    skip_refused: bool = False
    only_check: bool = False

    @property
    def legal(self) -> model.Legal:
        """Refused ``status_unknown``."""
        return model.legal(self.status, self.valid_from)


def understood(words: Mapping[str, Any], system: Callable[[str], Crs] = placing.answered) -> Said:
    """What words mean, refused while somebody listens: ``crs_unknown``, ``nodata_not_a_number``, ``status_unknown``, ``day_unknown``, ``answer_unclear``.

    ``words``: some of WORDS; what is empty is not said. ``system``: how this place reads the name of a coordinate system.
    """
    told = {name: value for name in WORDS if (value := words.get(name)) not in (None, "", {}, False)}
    answers = told.get("answers", {})
    if not isinstance(answers, Mapping) or not all(isinstance(value, str) for value in answers.values()):
        raise Refused("answer_unclear")
    said = Said(
        source_crs=system(told["source_crs"]) if "source_crs" in told else None,
        answers={str(path): system(value) for path, value in answers.items()},
        vouched_by=_words(told, "vouched_by"),
        nodata=cells.answered(told["nodata"]) if "nodata" in told else None,
        as_layer=_words(told, "as_layer"),
        status=_words(told, "status"),
        valid_from=day(str(told["valid_from"])) if "valid_from" in told else None,
        supplier=_words(told, "supplier"),
        change_field=_words(told, "change_field"),
        **{
            name: _yes(name, told.get(name, "")) for name in ("delta", "repair", "skip_refused", "only_check")
        },
    )
    _ = said.legal
    return said


def _words(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    return None if value is None else str(value).strip()[:MOST_WORDS] or None


def _yes(name: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in (*_YES, *_NO):
        raise Refused("yes_or_no", word=name, got=word[:40])
    return word in _YES
