/**
 * The one map: puts layers, list, legend, drawer and the address of the page together.
 */
import { AreaLayer } from "../lib/map-areas.js";
import { BaseLayer } from "../lib/map-base.js";
import { fromUnit, toUnit } from "../lib/map-canvas.js";
import { Controls } from "../lib/map-controls.js";
import { startCoordinates } from "../lib/map-coordinates.js";
import { DotLayer } from "../lib/map-dots.js";
import { EventFilter } from "../lib/map-events.js";
import { LiveVehicles } from "../lib/live-vehicles.js";
import { showLegend } from "../lib/map-legend.js";
import { Measure } from "../lib/map-measure.js";
import { Notes } from "../lib/map-notes.js";
import { Selection } from "../lib/map-selection.js";
import { Side } from "../lib/map-side.js";
import { DEFAULT_LAYERS, addressQuery, elementQuery, eventQuery, readState, toUrl } from "../lib/map-state.js";
import { TileError, toError } from "../lib/tile-loader.js";

const { L } = window;
const CITY = [[36.97, 119.55], [37.47, 120.3]]; // south-west and north-east of the county, degrees
const PAN_LIMIT = [[36.3, 118.6], [38.1, 121.1]];
const AREA_KINDS = ["SQUADRON", "DISTRICT", "GRID"];
const LIST_DELAY_MS = 250;
const FOUND_MAX_ZOOM = 17;
const PLACE_LIMIT = 50;

const shell = document.querySelector("[data-map]");
const texts = document.getElementById("map-texts").dataset;
const isPhone = matchMedia("(max-width: 991.98px)").matches;
const reach = matchMedia("(pointer: coarse)").matches ? 16 : 9;
const eventFilter = new EventFilter(shell, (change) => setState(change));
let state = eventFilter.withTime(readState());
const start = state;
const wasPlaced = state.z !== null;
let listAbort = new AbortController();
let legendAbort = new AbortController();
let eventAbort = new AbortController();
let listTimer = 0;

const map = L.map("map", { minZoom: 8, maxZoom: 19, zoomControl: false, attributionControl: false, maxBounds: PAN_LIMIT, maxBoundsViscosity: 0.8, wheelPxPerZoomLevel: 90 });
for (const [name, level] of [["base", 200], ["areas", 300], ["dots", 400], ["live", 450]]) map.createPane(name).style.zIndex = level;
L.control.zoom({ position: "bottomright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);

const base = new BaseLayer();
const areas = new AreaLayer();
const dots = {
  addresses: new DotLayer({ url: shell.dataset.tileUrl, layer: "addresses", changed: showStatus }),
  elements: new DotLayer({ url: shell.dataset.tileUrl, layer: "elements", changed: showStatus }),
  events: new DotLayer({ url: shell.dataset.tileUrl, layer: "events", changed: showStatus }),
};
const live = new LiveVehicles(map, shell, { ask, failed: report, open: (url) => (setSelected(null, true), side.openDrawer(url)) });
const queries = { addresses: addressQuery, elements: elementQuery, events: eventQuery };
const notes = new Notes(shell, texts, { retry: refresh, clear: clearFilter });
const side = new Side(shell, texts, { point: pointAt, choose: (id) => choose(id), back: () => choose(null) });
const controls = new Controls(shell, (change) => setState(change));
const measure = new Measure(map, shell.querySelector('[data-map-tool="measure"]'), texts, (text) => notes.tell(text));
const selection = new Selection(map, shell, texts, (text) => notes.tell(text), () => state);

/** @param {string} url @param {AbortSignal} [signal] @returns {Promise<Object>} @throws {TileError} */
async function ask(url, signal) {
  const response = await fetch(url, { signal }).catch((error) => {
    throw signal?.aborted ? error : new TileError("offline");
  });
  if (!response.ok) throw await toError(response);
  return response.json();
}

/** Shows a failure as a note; what was stopped on purpose is none. */
function report(error, signal) {
  if (signal?.aborted) return;
  if (!(error instanceof TileError)) throw error;
  notes.problem = error;
  showStatus();
}

function shownDots() {
  return Object.values(dots).filter((layer) => map.hasLayer(layer));
}

function showStatus() {
  const all = shownDots().map((layer) => layer.status());
  shell.querySelector("[data-map-loading]").hidden = !all.some((one) => one.loading);
  notes.show({
    error: all.find((one) => one.error)?.error ?? null,
    narrow: shownDots().some((layer) => layer !== dots.events && layer.status().narrow),
    narrowEvents: map.hasLayer(dots.events) && dots.events.status().narrow,
    thinned: all.some((one) => one.thinned),
  });
  shell.dataset.mapState = all.some((one) => one.loading) ? "loading" : "ready";
}

/** @param {Object} change parts of the state @param {boolean} [isNew] a new entry of the browser's history */
function setState(change, isNew = true) {
  state = { ...state, ...change };
  history[isNew ? "pushState" : "replaceState"](null, "", toUrl(state));
  apply(change);
}

/** Brings the page in line with the state. @param {Object} change the parts that differ */
function apply(change) {
  controls.show(state);
  const layers = new Set(state.layers ?? DEFAULT_LAYERS);
  for (const [name, layer] of Object.entries(dots)) {
    layer.setQuery(queries[name](state));
    if (layers.has(name)) layer.addTo(map);
    else layer.remove();
  }
  eventFilter.show(state, layers.has("events"));
  live.show(layers.has("vehicles"), state.area);
  if (layers.has("events")) loadEventLegend();
  showAreas(layers);
  if ("area" in change) zoomToArea();
  notes.problem = null;
  showOpenList();
  showStatus();
  loadLegend();
  loadList();
}

/** All of the reader's own area: the districts that the server gives are those of the scope. */
async function goHome() {
  fit(CITY);
  try {
    if (!areas.has("DISTRICT")) areas.setData("DISTRICT", await ask(shell.dataset.areaUrl.replace("{kind}", "DISTRICT")));
    fitBox(areas.boxOf());
  } catch (error) {
    report(error);
  }
}

function fitBox(box) {
  if (!box) return;
  const [west, north] = fromUnit(box[0], box[1]);
  const [east, south] = fromUnit(box[2], box[3]);
  fit([[south, west], [north, east]]);
}

async function showAreas(layers) {
  areas.choose(state.area);
  areas.show(new Set(AREA_KINDS.filter((kind) => layers.has(kind))));
  for (const kind of AREA_KINDS) {
    if (areas.has(kind) || !(layers.has(kind) || (state.area && kind !== "GRID"))) continue;
    try {
      areas.setData(kind, await ask(shell.dataset.areaUrl.replace("{kind}", kind)));
      if (state.area && !wasPlaced) zoomToArea();
    } catch (error) {
      report(error);
    }
  }
}

function zoomToArea() {
  if (state.area) fitBox(areas.boxOf(state.area));
}

/** Room for the panels that lie over the map. */
function fit(bounds, maxZoom = 19) {
  const padding = isPhone ? [[10, 70], [10, 70]] : [[285, 20], [295, 40]];
  map.fitBounds(bounds, { paddingTopLeft: padding[0], paddingBottomRight: padding[1], maxZoom });
}

async function loadLegend() {
  legendAbort.abort();
  legendAbort = new AbortController();
  const { signal } = legendAbort;
  const body = shell.querySelector("[data-map-legend]");
  for (const row of body.children) row.classList.add("is-loading");
  try {
    showLegend(shell, await ask(`${shell.dataset.legendUrl}?${elementQuery(state)}`, signal));
  } catch (error) {
    report(error, signal);
  }
}

async function loadEventLegend() {
  eventAbort.abort();
  eventAbort = new AbortController();
  const { signal } = eventAbort;
  try {
    eventFilter.showLegend(await ask(`${shell.dataset.eventLegendUrl}?${eventQuery(state)}`, signal));
  } catch (error) {
    report(error, signal);
  }
}

function loadList() {
  clearTimeout(listTimer);
  listTimer = setTimeout(loadListNow, LIST_DELAY_MS);
}

async function loadListNow() {
  listAbort.abort();
  listAbort = new AbortController();
  const { signal } = listAbort;
  const parameters = new URLSearchParams(elementQuery(state));
  if (!state.everywhere) parameters.set("bbox", map.getBounds().toBBoxString());
  try {
    side.showRows(await ask(`${shell.dataset.featuresUrl}?${parameters}`, signal));
  } catch (error) {
    report(error, signal);
  }
}

function showOpenList() {
  const link = shell.querySelector("[data-map-open-list]");
  link.hidden = !state.registry;
  link.href = state.registry ? `${shell.dataset.listUrl.replace("{name}", state.registry)}?${elementQuery(state)}` : "#";
}

/** A ring on the map for a row of the list. @param {?Object} row */
function pointAt(row) {
  const place = row && row.lon !== null ? toUnit(row.lon, row.lat) : null;
  dots.elements.mark("hovered", place && { x: place[0], y: place[1] });
}

/** Opens or closes the drawer. @param {?number} id */
function choose(id, isNew = true) {
  // The drawer closes first: it gives the keys back to the row that was chosen.
  if (id === null) side.closeDrawer();
  setSelected(id, isNew);
  if (id !== null) side.openDrawer(shell.dataset.cardUrl.replace("{id}", String(id)));
}

function setSelected(id, isNew, event = null) {
  live.choose(null);
  state = { ...state, selected: id, event };
  if (isNew) history.pushState(null, "", toUrl(state));
  side.markChosen(id);
  markChosen();
}

function markChosen() {
  const row = side.rows.find((one) => one.id === state.selected && one.lon !== null);
  const place = row ? toUnit(row.lon, row.lat) : null;
  dots.events.mark("chosen", state.event ? dots.events.find(state.event) : null);
  dots.elements.mark("chosen", state.selected ? dots.elements.find(state.selected) ?? (place && { x: place[0], y: place[1] }) : null);
}

/** Opens the card of an event. @param {number} id */
function chooseEvent(id, isNew = true) {
  setSelected(null, isNew, id);
  side.openDrawer(`${shell.dataset.placeUrl}?events=${id}`);
}

/** A click: a cell zooms in, one element or event opens, several are listed. */
function clicked(containerPoint) {
  if (live.clicked(containerPoint, reach)) return;
  const elements = map.hasLayer(dots.elements) ? dots.elements.hit(containerPoint, reach) : [];
  const addresses = map.hasLayer(dots.addresses) ? dots.addresses.hit(containerPoint, reach) : [];
  const events = map.hasLayer(dots.events) ? dots.events.hit(containerPoint, reach) : [];
  const cell = [...events, ...elements, ...addresses].find((item) => item.isCell);
  const [elementIds, addressIds, eventIds] = [elements, addresses, events].map((items) => items.filter((item) => !item.isCell).map((item) => item.id).slice(0, PLACE_LIMIT));
  if (cell) {
    const [lon, lat] = fromUnit(cell.x, cell.y);
    map.setView([lat, lon], Math.min(map.getZoom() + 2, map.getMaxZoom()));
  } else if (elementIds.length === 1 && !addressIds.length && !eventIds.length) {
    choose(elementIds[0]);
  } else if (eventIds.length === 1 && !addressIds.length && !elementIds.length) {
    chooseEvent(eventIds[0]);
  } else if (elementIds.length + addressIds.length + eventIds.length) {
    setSelected(null, true);
    const layer = elements.length + addresses.length ? dots.elements : dots.events;
    layer.mark("chosen", elements[0] ?? addresses[0] ?? events[0]);
    side.openDrawer(`${shell.dataset.placeUrl}?elements=${elementIds}&addresses=${addressIds}&events=${eventIds}`);
  } else if (state.selected || state.event || live.chosen) {
    choose(null);
  }
}

let pointerFrame = 0;
map.on("mousemove", (event) => {
  cancelAnimationFrame(pointerFrame);
  pointerFrame = requestAnimationFrame(() => {
    const hits = [...shownDots().flatMap((layer) => layer.hit(event.containerPoint, reach)), live.hit(event.containerPoint, reach)].filter(Boolean);
    const element = map.hasLayer(dots.elements) ? dots.elements.hit(event.containerPoint, reach).find((item) => !item.isCell) : null;
    map.getContainer().classList.toggle("has-hit", hits.length > 0);
    dots.elements.mark("hovered", element ?? null);
    dots.events.mark("hovered", dots.events.hit(event.containerPoint, reach).find((item) => !item.isCell) ?? null);
    side.markPointed(element?.id ?? null);
  });
});
map.on("click", (event) => !measure.active && !selection.active && clicked(event.containerPoint));
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key === "Enter") clicked(map.latLngToContainerPoint(map.getCenter()));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (state.selected || state.event || live.chosen) && !event.target.closest("input, select, textarea, dialog")) choose(null);
});
map.on("moveend", () => {
  const { lat, lng } = map.getCenter();
  state = { ...state, z: map.getZoom(), lat, lon: lng };
  history.replaceState(null, "", toUrl(state));
  if (!state.everywhere) loadList();
  markChosen();
});

/** Asks everything anew; what has not changed costs the server one comparison. */
function refresh() {
  notes.problem = null;
  for (const layer of Object.values(dots)) layer.refresh();
  loadBase();
  showAreas(new Set(state.layers ?? DEFAULT_LAYERS));
  loadLegend();
  if (map.hasLayer(dots.events)) loadEventLegend();
  live.load();
  loadList();
}

function clearFilter() {
  controls.clear({ search: "" });
  showSearch();
}

/** Where the results of a search lie: the map goes there, a single one opens. */
async function showSearch(goesThere = false) {
  const chip = shell.querySelector("[data-map-search-chip]");
  chip.hidden = !state.search;
  if (!state.search) return;
  try {
    const found = await ask(`${shell.dataset.featuresUrl}?extent=1&${elementQuery(state)}`);
    const more = found.not_on_map.count ? texts.notOnMap.replace("{n}", String(found.not_on_map.count)) : "";
    const number = `${found.more_than ? "超过 " : ""}${found.count}`;
    chip.querySelector("[data-map-search-text]").textContent = found.count ? texts.found.replace("{n}", number) + more : texts.foundNothing;
    if (found.box && goesThere) fit([[found.box[1], found.box[0]], [found.box[3], found.box[2]]], FOUND_MAX_ZOOM);
    if (found.count === 1 && found.ids.length === 1 && !state.selected) choose(found.ids[0], false);
  } catch (error) {
    report(error);
  }
}

async function loadBase() {
  if (base.hasRoads()) return;
  try {
    base.setData(await ask(shell.dataset.baseUrl));
  } catch (error) {
    report(error);
  }
}

const tools = {
  home: goHome,
  refresh,
  print: () => window.print(),
};
for (const [name, run] of Object.entries(tools)) shell.querySelector(`[data-map-tool="${name}"]`).addEventListener("click", run);
shell.querySelector("[data-map-opacity]").addEventListener("input", (event) => {
  map.getPane("dots").style.opacity = String(event.target.value / 100);
});
const inView = shell.querySelector("[data-map-in-view]");
inView.checked = !state.everywhere;
inView.addEventListener("change", () => setState({ everywhere: !inView.checked }));
shell.querySelector("[data-map-clear-search]").addEventListener("click", () => {
  setState({ search: "" });
  showSearch();
});
// The area switch of the frame acts in place: a link of it would forget what was set since.
document.querySelector(".topbar-area-menu")?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  setState({ area: new URL(link.href).searchParams.get("area") ?? "" });
});
document.addEventListener("platform:theme", () => {
  for (const layer of [base, areas, live, ...shownDots()]) layer.redraw();
});
for (const name of ["online", "offline"]) addEventListener(name, () => {
  if (name === "online") refresh();
  else report(new TileError("offline"));
});
matchMedia("print").addEventListener("change", () => map.invalidateSize({ animate: false }));
addEventListener("popstate", () => {
  state = eventFilter.withTime(readState());
  inView.checked = !state.everywhere;
  if (state.z !== null) map.setView([state.lat, state.lon], state.z, { animate: false });
  apply({});
  showSearch();
  if (state.selected) choose(state.selected, false);
  else if (state.event) chooseEvent(state.event, false);
  else side.closeDrawer();
  markChosen();
});

if (isPhone) {
  for (const button of shell.querySelectorAll("[data-map-fold]")) button.click();
}
base.addTo(map);
areas.addTo(map);
if (wasPlaced) map.setView([state.lat, state.lon], state.z);
else fit(CITY);
startCoordinates(map, shell, texts);
loadBase();
apply({});
if (!wasPlaced && !start.area && !start.search) await goHome();
await showSearch(!wasPlaced);
if (start.selected) choose(start.selected, false);
else if (start.event) chooseEvent(start.event, false);
shell.dataset.started = "1";
