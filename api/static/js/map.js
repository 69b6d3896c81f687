// The map: the district's outline, the layers that are shown as vector tiles, the site and what it hits.
// No glyph server and no base map from outside: letters are drawn from the fonts of this machine.

import * as maplibre from "maplibre-gl";

maplibre.setWorkerUrl(new URL("/static/vendor/maplibre-gl/maplibre-gl-worker.mjs", location.href).href);

const LETTERS = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const NOTHING = { type: "FeatureCollection", features: [] };
const INK = { site: "#083c3f", hit: "#1d4f91", chosen: "#b4541a", outline: "#566466", forbid: "#b3261e", condition: "#8a5a00" };
const NAMED_AT = 8; // a tile of some 140 km
const RANK = { polygon: 1, line: 2, point: 3 };

export function canDraw() {
  const gl = document.createElement("canvas").getContext("webgl2");
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(gl);
}

export function open(house, view) {
  const map = new maplibre.Map({
    container: "map",
    style: blank(house),
    localIdeographFontFamily: LETTERS,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: 21,
    locale: house.words.map,
    fadeDuration: 0,
    zoomLevelsToOverscale: undefined, // tiles are stretched, not split: a name is written once
    ...(view ?? { bounds: bounds(house.extent), fitBoundsOptions: { padding: 24 } }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 120 }), "bottom-left");
  return map;
}

export const bounds = ([west, south, east, north]) => [[west, south], [east, north]];

const POINT = ["==", ["geometry-type"], "Point"];
const EFFECT = ["coalesce", ["get", "effect"], ""];
const CONDITIONS = ["restrict", "needs_opinion"];
const OF_EFFECT = {
  forbid: ["==", EFFECT, "forbid"],
  condition: ["in", EFFECT, ["literal", CONDITIONS]],
  other: ["!", ["in", EFFECT, ["literal", ["forbid", ...CONDITIONS]]]],
};
const BY_EFFECT = ["match", EFFECT, "forbid", INK.forbid, CONDITIONS, INK.condition, INK.hit];

// The order of drawing: outline, polygons, lines, points, the site and its hits, then letters.
function blank(house) {
  const empty = (id, type, paint, filter) => ({ id, type, source: id.split(":")[0], paint, ...(filter ? { filter } : {}) });
  const outline = house.outline ?? NOTHING;
  return {
    version: 8,
    sources: {
      outline: { type: "geojson", data: outline },
      site: { type: "geojson", data: NOTHING },
      hits: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "paper", type: "background", paint: { "background-color": house.outline ? "#e9ebe5" : "#fdfdfb" } },
      empty("outline:fill", "fill", { "fill-color": "#fdfdfb" }),
      empty("outline:line", "line", { "line-color": INK.outline, "line-width": 1.5, "line-dasharray": [6, 2, 1, 2] }),
      { id: "above:1", type: "background", layout: { visibility: "none" } },
      { id: "above:2", type: "background", layout: { visibility: "none" } },
      { id: "above:3", type: "background", layout: { visibility: "none" } },
      empty("site:fill", "fill", { "fill-color": INK.site, "fill-opacity": 0.06 }),
      empty("hits:chosen-fill", "fill", { "fill-color": INK.chosen, "fill-opacity": 0.25 }, ["==", ["get", "_key"], ""]),
      // Outlines only: fifty layers that cover a site would otherwise paint it shut. The chosen one is filled.
      empty("hits:line", "line", { "line-color": INK.hit, "line-width": 1.2, "line-opacity": 0.8 }, OF_EFFECT.other),
      // What a rule makes of a hit is told by line and hatch as well as by colour.
      empty("hits:condition", "line", { "line-color": INK.condition, "line-width": 2, "line-dasharray": [4, 2] }, OF_EFFECT.condition),
      empty("hits:forbid", "line", { "line-color": INK.forbid, "line-width": 2.5 }, OF_EFFECT.forbid),
      empty("hits:point", "circle", { "circle-color": BY_EFFECT, "circle-radius": ["match", EFFECT, "forbid", 6, 4], "circle-stroke-color": "#fff", "circle-stroke-width": 1 }, POINT),
      empty("hits:chosen", "line", { "line-color": INK.chosen, "line-width": 4 }, ["==", ["get", "_key"], ""]),
      empty("hits:chosen-point", "circle", { "circle-color": INK.chosen, "circle-radius": 8 }, ["==", ["get", "_key"], ""]),
      empty("site:line", "line", { "line-color": INK.site, "line-width": 2.5 }),
      { id: "above:4", type: "background", layout: { visibility: "none" } },
    ],
  };
}

const tiles = (layer, deepest) => ({
  type: "vector",
  tiles: [`${location.origin}/api/editions/${layer.edition}/tiles/{z}/{x}/{y}`],
  minzoom: 0,
  maxzoom: deepest,
});

export function show(map, code, layer) {
  if (map.getSource(code)) return;
  const s = layer.style;
  map.addSource(code, tiles(layer, 16));
  const common = { source: code, "source-layer": layer.tiles };
  const above = `above:${RANK[layer.kind]}`;
  const wider = ["interpolate", ["linear"], ["zoom"], 10, s.width * 0.5, 16, s.width * 1.5];
  if (layer.kind === "polygon") {
    if (s.opacity > 0) map.addLayer({ ...common, id: `${code}:fill`, type: "fill", paint: { "fill-color": colour(s), "fill-opacity": s.opacity, "fill-antialias": false } }, above);
    if (s.pattern) map.addLayer({ ...common, id: `${code}:pattern`, type: "fill", paint: { "fill-pattern": hatch(map, s.pattern, s.line), "fill-opacity": 0.7 } }, above);
    map.addLayer({ ...common, id: `${code}:line`, type: "line", paint: { "line-color": s.line, "line-width": wider, ...(s.dash ? { "line-dasharray": s.dash } : {}) } }, above);
  } else if (layer.kind === "line") {
    map.addLayer({ ...common, id: `${code}:line`, type: "line", layout: { "line-join": "round", "line-cap": s.dash ? "butt" : "round" }, paint: { "line-color": s.line, "line-width": wider, ...(s.dash ? { "line-dasharray": s.dash } : {}) } }, above);
  } else {
    map.addLayer({ ...common, id: `${code}:point`, type: "circle", paint: { "circle-color": colour(s), "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2, 16, 5], "circle-stroke-color": s.line, "circle-stroke-width": 1 } }, above);
  }
  if (s.label) {
    // A polygon is named once per tile it lies in, so its name comes from tiles that hold most of the district at once.
    const named = layer.kind === "polygon" ? `${code}:names` : code;
    if (named !== code) map.addSource(named, tiles(layer, NAMED_AT));
    map.addLayer({ ...common, source: named, id: `${code}:label`, type: "symbol", minzoom: s.label.from, layout: labelled(layer), paint: { "text-color": letters(s), "text-halo-color": "#ffffff", "text-halo-width": 1.5 } });
  }
}

// What people call it; a bare code says nothing to anybody, so a feature without a name has no letters.
const NAME = ["coalesce", ["get", "name"], ""];

// A Chinese name is never broken inside: the widest a line may be is wider than any name.
function labelled(layer) {
  const size = layer.style.label.size;
  const common = { "text-field": NAME, "text-size": size, "text-max-width": 60, "text-font": ["sans"], "text-padding": 6 };
  if (layer.kind === "line") return { ...common, "symbol-placement": "line" };
  return layer.kind === "point" ? { ...common, "text-offset": [0, 0.9], "text-anchor": "top" } : common;
}

const letters = (s) => (s.line.toLowerCase() === "#ffffff" ? "#1c2829" : s.line);

function colour(s) {
  const pairs = Object.entries(s.classes).flat();
  return pairs.length ? ["match", ["to-string", ["get", "class"]], ...pairs, s.fill] : s.fill;
}

// Colour never speaks alone: layers that lie over one another differ in their hatching too.
function hatch(map, kind, ink) {
  const name = `${kind}/${ink}`;
  if (map.hasImage(name)) return name;
  const side = 16;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 1.5;
  pen.lineCap = "square";
  const draw = (...points) => { pen.beginPath(); pen.moveTo(points[0], points[1]); pen.lineTo(points[2], points[3]); pen.stroke(); };
  if (kind === "diagonal" || kind === "cross") { draw(0, side, side, 0); draw(-1, 1, 1, -1); draw(side - 1, side + 1, side + 1, side - 1); }
  if (kind === "backdiagonal" || kind === "cross") { draw(0, 0, side, side); draw(side - 1, -1, side + 1, 1); draw(-1, side - 1, 1, side + 1); }
  if (kind === "horizontal") draw(0, side / 2, side, side / 2);
  if (kind === "vertical") draw(side / 2, 0, side / 2, side);
  if (kind === "dots") for (const [x, y] of [[4, 4], [12, 12]]) { pen.beginPath(); pen.arc(x, y, 1.4, 0, 7); pen.fill(); }
  map.addImage(name, pen.getImageData(0, 0, side, side), { pixelRatio: 2 });
  return name;
}

export function hide(map, code) {
  if (!map.getSource(code)) return;
  for (const part of ["fill", "pattern", "line", "point", "label"]) if (map.getLayer(`${code}:${part}`)) map.removeLayer(`${code}:${part}`);
  map.removeSource(code);
  if (map.getSource(`${code}:names`)) map.removeSource(`${code}:names`);
}

export const put = (map, source, data) => map.getSource(source).setData(data ?? NOTHING);

const AREA = ["==", ["geometry-type"], "Polygon"];
const HITS = {
  "hits:line": OF_EFFECT.other,
  "hits:condition": OF_EFFECT.condition,
  "hits:forbid": OF_EFFECT.forbid,
  "hits:condition-hatch": ["all", OF_EFFECT.condition, AREA],
  "hits:forbid-hatch": ["all", OF_EFFECT.forbid, AREA],
  "hits:point": POINT,
};

// Hatches of hits: images can only be made once the map stands.
export function hatchHits(map) {
  const hatched = (id, kind, ink) => map.addLayer({ id, type: "fill", source: "hits", paint: { "fill-pattern": hatch(map, kind, ink), "fill-opacity": 0.4 }, filter: HITS[id] }, "hits:line");
  hatched("hits:condition-hatch", "backdiagonal", INK.condition);
  hatched("hits:forbid-hatch", "diagonal", INK.forbid);
}

// Only the hits of these layers; null draws all of them.
export function only(map, codes) {
  const wanted = codes === null ? null : ["in", ["get", "code"], ["literal", codes]];
  for (const [id, kind] of Object.entries(HITS)) {
    const parts = [kind, wanted].filter(Boolean);
    map.setFilter(id, parts.length ? ["all", ...parts] : null);
  }
}

export function choose(map, key) {
  map.setFilter("hits:chosen", ["==", ["get", "_key"], key]);
  map.setFilter("hits:chosen-fill", ["all", ["==", ["get", "_key"], key], ["==", ["geometry-type"], "Polygon"]]);
  map.setFilter("hits:chosen-point", ["all", ["==", ["get", "_key"], key], ["==", ["geometry-type"], "Point"]]);
}

export function fly(map, geometry, widest = 18) {
  const box = extent(geometry);
  if (box) map.fitBounds(bounds(box), { padding: 64, maxZoom: widest, duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 600 });
}

export function extent(of) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]); box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]); box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  };
  for (const geometry of geometries(of)) if (geometry.coordinates) walk(geometry.coordinates);
  return box.every(Number.isFinite) ? box : null;
}

function* geometries(of) {
  if (!of) return;
  if (of.type === "FeatureCollection") for (const each of of.features) yield* geometries(each.geometry);
  else if (of.type === "Feature") yield* geometries(of.geometry);
  else if (of.type === "GeometryCollection") for (const each of of.geometries) yield* geometries(each);
  else yield of;
}
