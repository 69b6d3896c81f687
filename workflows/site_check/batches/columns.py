"""Which columns of a file say what is proposed on each row, and what a row says with them. Pure.

A column counts by its name, in Chinese or English; what a name cut short by its format could mean in two ways is refused, never chosen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from layers.refusal import Refused

WIDTH = "width_m"
LABEL = "label"
NAMES: Mapping[str, tuple[str, ...]] = {
    "use": ("use", "intended_use", "用途", "拟用途", "规划用途"),
    "height": ("height", "建筑高度", "高度"),
    "floor_area_ratio": ("floor_area_ratio", "far", "plot_ratio", "容积率"),
    "floor_area": ("floor_area", "建筑面积"),
    "setback": ("setback", "退线", "退让", "建筑退让", "建筑退线"),
    WIDTH: ("width_m", "width", "宽度"),
    LABEL: (
        "name",
        "label",
        "名称",
        "地块名称",
        "项目名称",
        "编号",
        "地块编号",
        "code",
        "id",
        "objectid",
        "fid",
    ),
}
"""Column names by what they tell. Of the label the first that a file has counts; of the others there can be one."""

_CUT = 10
"""Bytes of a column's name that a shapefile keeps."""


def columns(fields: Iterable[str], format: str) -> dict[str, str]:
    """What is told by which column. Refused ``column_twice``, ``column_cut``."""
    known = {_folded(name): name for name in fields}
    cut = "shapefile" in format.casefold()
    found: dict[str, str] = {}
    for figure, words in NAMES.items():
        told = [known[word] for word in _written(figure, words, cut) if word in known]
        if len(set(told)) > 1 and figure != LABEL:
            raise Refused("column_twice", figure=figure, columns=sorted(set(told)))
        if told:
            found[figure] = told[0]
    # floor_area_ratio cut at ten bytes is floor_area: a ratio taken for square metres would answer, and wrongly.
    if cut and _folded(found.get("floor_area", "")) == "floor_area":
        raise Refused("column_cut", column=found["floor_area"], instead=["far", "容积率", "建筑面积"])
    return found


def said(
    attributes: Mapping[str, Any], told_by: Mapping[str, str], common: Mapping[str, Any]
) -> dict[str, Any]:
    """What a row proposes: its own words, and where a cell is empty those said for all."""
    own = {
        figure: attributes.get(column) for figure, column in told_by.items() if figure not in (WIDTH, LABEL)
    }
    return {**common, **{figure: word for figure, word in own.items() if word not in (None, "")}}


def width(attributes: Mapping[str, Any], told_by: Mapping[str, str], common: float | None) -> Any:
    """In metres, as it is told; whether it can be one is for whoever widens to say."""
    own = attributes.get(told_by.get(WIDTH, ""))
    if own in (None, ""):
        return common
    try:
        return float(own) if isinstance(own, str) else own
    except ValueError:
        return own


def label(attributes: Mapping[str, Any], told_by: Mapping[str, str]) -> str | None:
    """How the file calls a row, short enough for a list and without what a terminal would obey."""
    word = attributes.get(told_by.get(LABEL, ""))
    if word is None or isinstance(word, (bool, list, dict)):
        return None
    text = "".join(sign if sign.isprintable() else " " for sign in str(word)).strip()
    return text[:120] or None


def _written(figure: str, words: Iterable[str], cut: bool) -> list[str]:
    """The names as a file may have them; a cut one only where it can mean nothing else."""
    names = [_folded(word) for word in words]
    if not cut:
        return names
    every = {_folded(word) for of, some in NAMES.items() for word in some if of != figure}
    for word in [*names]:
        short = word.encode()[:_CUT].decode("utf-8", "ignore")
        if short != word and short not in every and short not in names:
            names.append(short)
    return names


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold().replace(" ", "_")
