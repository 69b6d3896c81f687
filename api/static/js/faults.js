// The faults of one layer on the map: each where it lies, told by shape as well as by colour; the list beside the map flies to them.

import * as address from "./address.js";
import * as atlas from "./map.js";

const house = JSON.parse(document.getElementById("house").textContent);
const words = house.words;
const stage = document.querySelector("[data-places]");
const at = (id) => document.getElementById(id);
const INK = { error: "#b3261e", warning: "#8a5a00", note: "#1d4f91" };
const CHOSEN = "#b4541a";
const SIDE = 28;
const asked = new URLSearchParams(location.search);
let places = new Map(); // number of the fault -> its feature

function note(text) {
  at("map-note").textContent = text ?? "";
  at("map-note").hidden = !text;
}

// A filled triangle, a diamond, a ring: who sees no colour sees these.
function sign(severity) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  const trace = (...corners) => { pen.beginPath(); corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y))); pen.closePath(); };
  if (severity === "error") trace([14, 3], [26, 25], [2, 25]);
  else if (severity === "warning") trace([14, 2], [26, 14], [14, 26], [2, 14]);
  else { pen.beginPath(); pen.arc(14, 14, 9, 0, 7); }
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = severity === "note" ? INK.note : "#fff";
  pen.fillStyle = severity === "note" ? "#fff" : INK[severity];
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, SIDE, SIDE);
}

function prepare(map) {
  for (const severity of Object.keys(INK)) map.addImage(`fault-${severity}`, sign(severity), { pixelRatio: 2 });
  const nothing = { type: "FeatureCollection", features: [] };
  map.addSource("faults", { type: "geojson", data: nothing });
  map.addSource("fault-signs", { type: "geojson", data: nothing });
  const ink = ["match", ["get", "severity"], "error", INK.error, "warning", INK.warning, INK.note];
  const area = ["==", ["geometry-type"], "Polygon"];
  const none = ["==", ["get", "n"], -1];
  map.addLayer({ id: "faults:fill", type: "fill", source: "faults", filter: area, paint: { "fill-color": ink, "fill-opacity": 0.35 } });
  map.addLayer({ id: "faults:line", type: "line", source: "faults", paint: { "line-color": ink, "line-width": 2 } });
  map.addLayer({ id: "faults:chosen", type: "line", source: "faults", filter: none, paint: { "line-color": CHOSEN, "line-width": 5 } });
  map.addLayer({ id: "faults:ring", type: "circle", source: "fault-signs", filter: none, paint: { "circle-radius": 14, "circle-color": CHOSEN, "circle-opacity": 0.25, "circle-stroke-color": CHOSEN, "circle-stroke-width": 2 } });
  map.addLayer({ id: "faults:sign", type: "symbol", source: "fault-signs", layout: { "icon-image": ["concat", "fault-", ["get", "severity"]], "icon-allow-overlap": true, "symbol-sort-key": ["match", ["get", "severity"], "error", 3, "warning", 2, 1] } });
}

function signs(found) {
  const features = found.features.map((feature) => {
    const box = atlas.extent(feature.geometry);
    return { type: "Feature", properties: feature.properties, geometry: { type: "Point", coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] } };
  });
  return { type: "FeatureCollection", features };
}

async function load(map) {
  const where = new URL(stage.dataset.places, location.href);
  where.searchParams.set("limit", house.most);
  const response = await fetch(where).catch(() => null);
  if (!response?.ok) return note(words.lost);
  const found = await response.json();
  found.features = found.features.filter((feature) => feature.geometry && atlas.extent(feature.geometry));
  places = new Map(found.features.map((feature) => [feature.properties.n, feature]));
  map.getSource("faults").setData(found);
  map.getSource("fault-signs").setData(signs(found));
  stage.dataset.drawn = found.features.length;
  for (const button of document.querySelectorAll("[data-fly]")) {
    button.hidden = false;
    button.disabled = !places.has(Number(button.dataset.fly));
  }
  if (!found.features.length) note(words.no_place);
  if (found.features.length >= house.most) note(words.cut);
  const wanted = Number(asked.get("fault"));
  if (wanted) choose(map, wanted);
  else if (found.features.length) fit(map, found);
}

function fit(map, found) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const feature of found.features) {
    const [west, south, east, north] = atlas.extent(feature.geometry);
    box[0] = Math.min(box[0], west); box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east); box[3] = Math.max(box[3], north);
  }
  map.fitBounds(atlas.bounds(box), { padding: 48, maxZoom: 17, animate: false });
}

function choose(map, n) {
  const feature = places.get(n);
  if (!feature) return;
  map.setFilter("faults:chosen", ["==", ["get", "n"], n]);
  map.setFilter("faults:ring", ["==", ["get", "n"], n]);
  atlas.fly(map, feature.geometry, 18);
  told(feature.properties);
  address.write({ fault: n });
  for (const row of document.querySelectorAll("[data-fault]")) row.classList.toggle("current", Number(row.dataset.fault) === n);
}

// As text, never as markup: what a file brought stays what it is.
function told({ code, row }) {
  note(`${words.fault[code] ?? code}${row === null || row === undefined ? "" : ` · ${words.row} ${row}`}`);
}

if (!atlas.canDraw()) {
  at("map").replaceChildren();
  note(words.no_webgl);
} else {
  at("map").replaceChildren();
  const map = atlas.open(house, null);
  globalThis.hetuMap = map; // for tests and for the curious
  map.once("load", () => {
    for (const [code, layer] of Object.entries(house.layers)) atlas.show(map, code, layer);
    prepare(map);
    load(map);
  });
  map.on("mousemove", ({ lngLat }) => { at("coordinates").textContent = `${lngLat.lng.toFixed(6)}°, ${lngLat.lat.toFixed(6)}°`; });
  map.on("mouseout", () => { at("coordinates").textContent = ""; });
  map.on("click", "faults:sign", ({ features }) => {
    const { n } = features[0].properties;
    choose(map, n);
    document.getElementById(`fault-${n}`)?.scrollIntoView({ block: "nearest" });
  });
  map.on("mouseenter", "faults:sign", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "faults:sign", () => { map.getCanvas().style.cursor = ""; });
  map.getCanvas().setAttribute("aria-label", words.map_label);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-fly]");
    if (!button) return;
    choose(map, Number(button.dataset.fly));
    if (matchMedia("(max-width: 760px)").matches) stage.scrollIntoView({ block: "start" });
  });
}
address.keepLanguageLink();
