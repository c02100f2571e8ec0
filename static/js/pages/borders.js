/** Pages of borders: draws grids and hands them to the tools that change them, shows before and after, and faults. */
import { OutlineTool } from "../lib/border-outline.js";
import { PieceTool } from "../lib/border-pieces.js";
import { BaseLayer } from "../lib/map-base.js";

const { L } = window;
const CITY = [[36.97, 119.55], [37.47, 120.3]];

const shell = document.querySelector("[data-borders]");
const texts = shell.dataset;
const map = L.map("map", { minZoom: 8, maxZoom: 19, zoomControl: false, attributionControl: false, doubleClickZoom: false });
map.createPane("base").style.zIndex = 200;
L.control.zoom({ position: "bottomright", zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
map.fitBounds(CITY);
const base = new BaseLayer().addTo(map);
document.addEventListener("platform:theme", () => base.redraw());
const status = document.querySelector("[data-border-status]");

/** @param {string} text @param {boolean} [isWrong] */
function tell(text, isWrong = false) {
  if (!status) return;
  status.textContent = text;
  status.classList.toggle("is-wrong", isWrong);
}

/** @param {string} url @returns {Promise<Object | null>} */
async function read(url) {
  const response = await fetch(url).catch(() => null);
  if (response?.ok) return response.json();
  tell(texts.failed, true);
  return null;
}

/** @param {Object} layer @param {string} name */
function named(layer, name) {
  layer.bindTooltip(name, { permanent: true, direction: "center", className: "border-name", interactive: false });
}

/**
 * Draws the grid and those beside it.
 * @param {Object} collection
 * @returns {Map<number, {layer: Object, code: string, name: string, role: string, geometry: Object}>}
 */
function drawGrids({ features }) {
  const grids = new Map();
  for (const feature of features) {
    const { id, code, name, role } = feature.properties;
    const layer = L.geoJSON(feature, { style: { className: `border-${role}` }, interactive: false }).addTo(map);
    named(layer, name);
    grids.set(id, { layer, code, name, role, geometry: feature.geometry });
    if (role === "grid") map.fitBounds(layer.getBounds().pad(0.15));
  }
  return grids;
}

/** One tool at a time: the other keeps what it has, and only what the chosen one made is sent. */
function startTools(collection, ground) {
  const form = document.querySelector("form.border-side");
  const grids = drawGrids(collection);
  const context = { map, form, grids, texts };
  const tools = { outline: new OutlineTool(context), pieces: new PieceTool(context) };
  const choose = (name) => {
    shell.dataset.tool = name;
    for (const [key, tool] of Object.entries(tools)) tool.setActive(key === name);
  };
  const radios = form.querySelectorAll('[name="tool"]');
  for (const radio of radios) radio.addEventListener("change", () => choose(radio.value));
  choose([...radios].find((radio) => radio.checked).value);
  ground.then((roads) => tools.outline.snapToRoads(roads));
  return tools.outline.loadSections();
}

/** @param {Object} collection before and after of each grid */
function showMove({ features }) {
  const all = L.featureGroup().addTo(map);
  for (const role of ["before", "after"]) {
    for (const feature of features.filter((one) => one.properties.role === role)) {
      const layer = L.geoJSON(feature, { style: { className: `border-${role}` }, interactive: false }).addTo(all);
      if (role === "after") named(layer, feature.properties.name);
    }
  }
  if (features.length) map.fitBounds(all.getBounds().pad(0.1));
}

function showFaults() {
  const points = JSON.parse(document.getElementById("border-points").textContent);
  for (const { lon, lat, kind, names } of points) {
    L.circleMarker([lat, lon], { radius: 8, className: "border-point" }).bindTooltip(`${kind} ${names}`).addTo(map);
  }
  document.addEventListener("click", (event) => {
    const fault = event.target.closest(".border-fault");
    if (fault) map.setView([Number(fault.dataset.lat), Number(fault.dataset.lon)], 16);
  });
}

const ground = read(texts.baseUrl).then((collection) => {
  if (collection) base.setData(collection);
  return collection;
});
if (texts.borders === "check") showFaults();
else {
  const collection = await read(texts.url);
  if (collection && texts.borders === "edit") await startTools(collection, ground);
  if (collection && texts.borders === "move") showMove(collection);
}
await ground;
shell.dataset.ready = "true";
