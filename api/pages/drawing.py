"""How a layer is drawn on the web map, from the style its stanza names. Pure: a style goes in, a few plain values come out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from api.language import Speech

# Layers whose style nobody wrote (guessed from a file) get one of these, the same one every time.
UNSTYLED = (
    "#2f6f8f",
    "#8a5a2b",
    "#5b6abf",
    "#7a7a1f",
    "#8c3f6e",
    "#3f7f5f",
    "#a0522d",
    "#54708a",
    "#6f4fa0",
    "#946c00",
)
DASHES = {"dash": [4, 2], "dot": [1, 2], "rail": [6, 1.5]}
FAINT = 0.12  # nobody said which of them matter, and many lie over one another
FILLED = frozenset({"diagonal", "backdiagonal", "cross", "dots", "horizontal", "vertical"})

# Layers whose features are called by their names on the map: from which zoom, and how large.
CALLED = {
    "subdistrict": (9, 14),
    "community": (12.5, 12),
    "place_name": (11.5, 12),
    "road_centreline": (15, 11),
    "water_body": (14, 11),
}


def drawn(
    layer: Mapping[str, Any], style: Mapping[str, Any] | None, palette: Mapping[str, str]
) -> dict[str, Any]:
    """fill, line, width (px), opacity, dash, pattern, classes (class -> colour), label: when and how large, or None."""
    code, kind = str(layer["code"]), layer["kind"]
    unstyled = style is None
    if style is None:
        colour = UNSTYLED[int(hashlib.sha256(code.encode()).hexdigest(), 16) % len(UNSTYLED)]
        style = {"fill": colour, "outline": "#ffffff" if kind == "point" else colour, "width": 1.2}
    fill, line = style.get("fill"), style.get("outline") or style.get("fill") or "#555555"
    pattern = style.get("pattern")
    called = CALLED.get(code)
    return {
        "fill": fill or line,
        "line": line,
        "width": float(style.get("width") or 1.0),
        "opacity": 0.0 if kind == "polygon" and not fill and not palette else FAINT if unstyled else 0.45,
        "dash": DASHES.get(str(pattern)),
        "pattern": pattern if pattern in FILLED else None,
        "classes": dict(palette),
        "label": None if called is None else {"from": called[0], "size": called[1]},
    }


def map_words(speech: Speech) -> dict[str, Any]:
    """What every map says by itself."""
    say = speech.say
    return {
        "no_webgl": say("map.no_webgl"),
        "map_label": say("map.label"),
        "map": {
            "NavigationControl.ZoomIn": say("map.zoom_in"),
            "NavigationControl.ZoomOut": say("map.zoom_out"),
            "Map.Title": say("map.label"),
            "ScaleControl.Meters": "m",
            "ScaleControl.Kilometers": "km",
        },
    }
