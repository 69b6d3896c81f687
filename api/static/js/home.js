// The first page: layers on the left, the map in the middle, a site and its answer on the right.

import * as address from "./address.js";
import * as ask from "./ask.js";
import * as atlas from "./map.js";
import { drawing } from "./draw.js";
import * as proposal from "./proposal.js";
import { tree } from "./tree.js";

const house = JSON.parse(document.getElementById("house").textContent);
const words = house.words;
const asked = address.read();
const at = (id) => document.getElementById(id);
const form = at("site");

let map = null;
let draw = null;
const CROWDED = 400;
let crowded = false;
let places = new Map(); // "layer/feature" -> the geometry that is hit
let same = null; // the number of the check whose site is asked about again, where nothing else was given

// ---- the map ----
function note(text) {
  at("map-note").textContent = text ?? "";
  at("map-note").hidden = !text;
}

if (atlas.canDraw()) {
  at("map").replaceChildren();
  map = atlas.open(house, asked.view);
  const loaded = new Promise((done) => map.once("load", done));
  const whenReady = (act) => loaded.then(act);
  globalThis.hetuMap = map; // for tests and for the curious
  const shown = (asked.layers ?? house.shown).filter((code) => code in house.layers);
  tree(house, shown, (code, on, codes) => {
    if (on) whenReady(() => atlas.show(map, code, house.layers[code]));
    else whenReady(() => atlas.hide(map, code));
    address.write({ layers: codes.join(",") });
  });
  whenReady(() => {
    for (const code of shown) atlas.show(map, code, house.layers[code]);
    atlas.hatchHits(map);
    draw = drawing(map, drawn);
    for (const tool of document.querySelectorAll("[data-tool]")) tool.disabled = false;
    if (asked.check) reopen(asked.check);
  });
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    address.write({ view: `${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}` });
  });
  map.on("mousemove", ({ lngLat }) => { at("coordinates").textContent = `${lngLat.lng.toFixed(6)}°, ${lngLat.lat.toFixed(6)}°`; });
  map.on("mouseout", () => { at("coordinates").textContent = ""; });
  map.on("error", ({ sourceId }) => {
    const layer = house.layers[sourceId];
    if (layer) note(words.tile_failed.replace("{layer}", layer.name));
  });
  // A keyboard cannot reach into a canvas it has not been told of.
  map.getCanvas().setAttribute("aria-label", words.map_label);
} else {
  at("map").replaceChildren();
  note(words.no_webgl);
  tree(house, [], () => {});
  form.elements.way.value = "paste";
  if (asked.check) reopen(asked.check);
}


// ---- the site ----
function drawn({ tool, geometry }) {
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  if (tool) at("tool-hint").textContent = words.hints[tool];
  const vertices = geometry ? geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 0).length - (geometry.type === "Polygon" ? 1 : 0) : 0;
  if (tool || geometry) {
    clearErrors();
    same = null;
    if (map) atlas.put(map, "site", null);
  }
  at("drawn").textContent = vertices ? words.vertices.replace("{n}", vertices) : same ? words.same_site.replace("{check}", same) : words.drawn_none;
  at("clear").hidden = !vertices && !same;
  arrange(tool);
}

// The site of a check that stands open is given already: it need not be drawn again to be asked about with another proposal.
function keepSite(id) {
  same = id;
  drawn({ tool: null, geometry: null });
}

function way() {
  return form.elements.way.value;
}

function isLine(tool) {
  return tool === "line" || (!tool && draw?.geometry?.type === "LineString");
}

function arrange(tool = null) {
  for (const part of form.querySelectorAll("[data-way]")) part.hidden = part.dataset.way !== way();
  form.querySelector("[data-width]").hidden = way() === "draw" && !isLine(tool);
}

// While typing, not on leaving the field: then the button would move away from under the finger that presses it.
form.addEventListener("input", clearErrors);
form.addEventListener("change", ({ target }) => {
  if (target.name === "way") {
    draw?.stop();
    arrange();
  }
});

for (const button of document.querySelectorAll("[data-tool]")) {
  button.disabled = true;
  button.addEventListener("click", () => (button.getAttribute("aria-pressed") === "true" ? draw.stop() : draw.begin(button.dataset.tool)));
}
at("clear").addEventListener("click", () => {
  if (same && map) atlas.put(map, "site", null);
  same = null;
  if (draw) draw.clear();
  else drawn({ tool: null, geometry: null });
});
addEventListener("keydown", ({ key }) => { if (key === "Escape" && draw && !draw.geometry) draw.stop(); });

function clearErrors() {
  for (const error of form.querySelectorAll(".error")) error.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function refuse(where, sentence) {
  const place = at(`${where}-error`);
  place.textContent = sentence;
  place.hidden = false;
  const field = form.elements[where];
  field?.closest?.("details")?.setAttribute("open", "");
  field?.setAttribute?.("aria-invalid", "true");
  field?.focus?.();
}

class Lacking extends Error {
  constructor(where, sentence) {
    super(sentence);
    this.where = where;
  }
}

function width(needed) {
  const typed = form.elements.width.value.trim();
  const metres = Number(typed);
  if (!typed && !needed && !form.elements.width.validity.badInput) return null;
  if (!(metres > 0 && metres <= 1000)) throw new Lacking("width", words.width_needed);
  return metres;
}

function given() {
  if (way() === "draw") {
    if (!draw?.geometry && same) return { check: same };
    if (!draw?.geometry) throw new Lacking("site", words.draw_needed);
    return isLine() ? { site: draw.geometry, width_m: width(true) } : { site: draw.geometry };
  }
  const text = form.elements.text.value.trim();
  if (!text) throw new Lacking("text", words.text_needed);
  const across = width(false);
  const extra = across ? { width_m: across } : {};
  if (/^[[{]/.test(text) && !/^\[[^\]{]+\]\s*\S/.test(text)) {
    try {
      return { site: JSON.parse(text), ...extra };
    } catch {
      throw new Lacking("text", words.bad_json);
    }
  }
  if (/^[-+\d.\s,，eE]+$/.test(text) && text.split(/[,，]/).length === 4) return { box: text.replaceAll("，", ","), ...extra };
  return { boundary_text: form.elements.text.value, ...extra };
}

// ---- the check ----
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearErrors();
  const button = at("check");
  const before = [...at("answer").childNodes];
  try {
    const sent = way() === "upload" ? file() : ask.check({ ...given(), ...proposal.asked(form) }, words);
    button.disabled = true;
    at("answer").replaceChildren(at("skeleton").content.cloneNode(true));
    at("answer").setAttribute("aria-busy", "true");
    await show(await sent, true);
  } catch (error) {
    if (at("answer").querySelector(".skeleton")) at("answer").replaceChildren(...before);
    if (error instanceof Lacking) refuse(error.where, error.message);
    else if (error instanceof ask.Problem) refuse(place(error), error.message);
    else throw error;
  } finally {
    button.disabled = false;
    at("answer").removeAttribute("aria-busy");
  }
});

function file() {
  const chosen = form.elements.file.files[0];
  if (!chosen) throw new Lacking("file", words.file_needed);
  const across = width(false);
  const { proposal: figures = {}, ...times } = proposal.asked(form);
  return ask.checkFile(chosen, { ...(across ? { width_m: across } : {}), ...figures, ...times }, words);
}

const OF_WIDTH = new Set(["width_out_of_range", "line_without_width", "width_without_line"]);
const place = (problem) => proposal.place(problem) ?? (problem.params.field === "width_m" || OF_WIDTH.has(problem.code) ? "width" : { upload: "file", paste: "text", draw: "site" }[way()]);

async function reopen(id) {
  at("answer").replaceChildren(at("skeleton").content.cloneNode(true));
  try {
    const answer = await ask.stored(id, words);
    proposal.fill(form, answer);
    if (way() === "draw") keepSite(id);
    await show(answer, !asked.view && !asked.hit);
    if (asked.hit) choose(asked.hit);
    if (asked.ask) {
      address.write({ ask: null });
      proposal.focus(form, asked.ask);
    }
  } catch (error) {
    at("answer").replaceChildren();
    address.write({ check: null });
    if (error instanceof ask.Problem) refuse("site", error.message);
    else throw error;
  }
}

async function show(answer, flies) {
  address.write({ check: answer.id, ...(answer.id === asked.check ? {} : { hit: null }) });
  if (map) {
    atlas.put(map, "site", { type: "Feature", properties: {}, geometry: answer.site.geometry });
    atlas.choose(map, "");
    if (flies) atlas.fly(map, answer.site.geometry, 17);
  }
  at("answer").innerHTML = await ask.panel(answer.id, words);
  reveal(at("answer").closest(".result"));
  const found = await ask.hits(answer.id, words);
  places = new Map();
  for (const feature of found.features) {
    const key = `${feature.properties.code}/${feature.properties.id}`;
    feature.properties._key = key;
    places.set(key, feature);
  }
  crowded = found.features.length > CROWDED;
  at("map-legend").hidden = !map || !found.features.length;
  if (map) {
    atlas.put(map, "hits", found);
    drawHits();
  }
}

// On a desk the task scrolls beside the map; on a phone it is the page that does.
function reveal(part) {
  const task = part.closest(".task");
  if (getComputedStyle(task).overflowY === "visible") part.scrollIntoView({ block: "start" });
  else task.scrollTop += part.getBoundingClientRect().top - task.getBoundingClientRect().top - 12;
}

function choose(key) {
  const feature = places.get(key);
  if (!feature || !map) return;
  atlas.choose(map, key);
  atlas.fly(map, feature.geometry);
  address.write({ hit: key });
}

// Where thousands are hit, those of the findings that stand open are drawn; a few are drawn all at once.
function drawHits() {
  const open = [...at("answer").querySelectorAll(".finding:has(> details[open])")].map((each) => each.dataset.layer);
  atlas.only(map, crowded ? open : null);
}

at("answer").addEventListener("toggle", () => { if (map) drawHits(); }, true);

at("answer").addEventListener("click", ({ target }) => {
  const wanted = target.closest("[data-ask]");
  if (wanted) proposal.focus(form, wanted.dataset.ask);
  const button = target.closest("[data-fly]");
  if (!button) return;
  choose(`${button.dataset.fly}/${button.dataset.feature}`);
  if (matchMedia("(max-width: 760px)").matches) at("map").scrollIntoView({ block: "start" });
});

address.keepLanguageLink();
arrange();
