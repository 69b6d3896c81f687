"""A check as one HTML file with a Leaflet map, to be kept and opened anywhere without a network. The only door to folium."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import folium
import shapely
from shapely.geometry import shape

SCRIPTS = {"leaflet": "leaflet/leaflet.js", "jquery": "jquery/jquery.min.js"}
SHEETS = {"leaflet_css": "leaflet/leaflet.css"}
SITE_STYLE = {"color": "#12323b", "weight": 3, "fill": False, "dashArray": "6 4"}
COLOURS = ("#c8372d", "#b26a00", "#6d4aa3", "#1f6f78", "#8a5a2b", "#2f5fb3", "#7a7a1f", "#a0327c")
NO_INKS: Mapping[str, str] = {}
Styler = Callable[[Mapping[str, Any]], dict[str, Any]]
_BY_CHANCE = re.compile(r"(?<=\bmap_)[0-9a-f]{32}|(?<=\bgeo_json_)[0-9a-f]{32}|(?<=\blayer_control_)[0-9a-f]{32}")
FIELDS = ("name", "called", "class", "ident", "area_m2", "length_m")


def check_map(
    answer: Mapping[str, Any], hits: Mapping[str, Any], assets: Path, words: Mapping[str, str], inks: Mapping[str, str] = NO_INKS
) -> str:
    """HTML of the site and of what it hits, by layer. ``hits``: FeatureCollection in degrees; ``assets``: the folder of Leaflet and
    jQuery; ``words``: what to call "site" and each of ``FIELDS``; ``inks``: colour by effect (a layer without a rule has one of its own).
    The same check gives the same page.
    """
    drawn = folium.Map(tiles=None, control_scale=True, zoom_snap=0.25)
    drawn.default_js = [(name, name) for name in SCRIPTS]
    drawn.default_css = [(name, name) for name in SHEETS]
    site = answer["site"]["geometry"]
    _layer(drawn, words["site"], [{"type": "Feature", "geometry": site, "properties": {}}], lambda _: SITE_STYLE, None)
    by_layer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for feature in hits["features"]:
        by_layer[feature["properties"]["code"]].append(_told(feature))
    for place, (code, features) in enumerate(by_layer.items()):
        colour = COLOURS[place % len(COLOURS)]
        name = features[0]["properties"]["name"] or html.escape(code)
        _layer(drawn, f"{name} ({len(features)})", features, _inked(colour, inks), words)
    folium.LayerControl(collapsed=False).add_to(drawn)
    west, south, east, north = shapely.bounds(shape(site)).tolist()
    drawn.fit_bounds([(south, west), (north, east)], padding=(40, 40))
    return _self_contained(_counted(drawn.get_root().render()), assets)


def _inked(colour: str, inks: Mapping[str, str]) -> Styler:
    def style(feature: Mapping[str, Any]) -> dict[str, Any]:
        ink = inks.get(feature["properties"]["effect"] or "none", colour)
        return {"color": ink, "fillColor": ink, "weight": 2, "fillOpacity": 0.35}

    return style


def _layer(
    drawn: Any, name: str, features: list[dict[str, Any]], style: Styler, words: Mapping[str, str] | None
) -> None:
    tooltip = None
    if words is not None:
        tooltip = folium.GeoJsonTooltip(fields=list(FIELDS), aliases=[words[field] for field in FIELDS])
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=name,
        style_function=style,
        marker=folium.CircleMarker(radius=6, fill=True, fill_opacity=0.8),
        tooltip=tooltip,
    ).add_to(drawn)


def _told(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is shown, and escaped: Leaflet writes it into the page as HTML."""
    said = feature["properties"]
    properties = {field: "" if said[field] is None else html.escape(_figure(said[field])) for field in FIELDS}
    properties["effect"] = str(said.get("effect") or "")
    return {"type": "Feature", "geometry": feature["geometry"], "properties": properties}


def _figure(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _counted(page: str) -> str:
    """Folium calls its parts by chance; here they are counted."""
    found = list(dict.fromkeys(_BY_CHANCE.findall(page)))
    return _BY_CHANCE.sub(lambda name: f"{found.index(name[0]):032x}", page)


def _self_contained(page: str, assets: Path) -> str:
    """The libraries inside the page: nothing is fetched when it is opened."""
    for name, file in SCRIPTS.items():
        source = (assets / file).read_text(encoding="utf-8").replace("</script", "<\\/script")
        page = page.replace(f'<script src="{name}"></script>', f"<script>{source}</script>")
    for name, file in SHEETS.items():
        source = (assets / file).read_text(encoding="utf-8").replace("</style", "<\\/style")
        page = page.replace(f'<link rel="stylesheet" href="{name}"/>', f"<style>{source}</style>")
    return page
