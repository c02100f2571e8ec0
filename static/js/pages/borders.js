/** Pages of borders: draws grids, lets pieces be drawn from one grid to another, shows before and after, and faults. */
import { BaseLayer } from "../lib/map-base.js";

const { L } = window;
const CITY = [[36.97, 119.55], [37.47, 120.3]];
const EARTH_M = 6371008.8;

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

/** Rough square metres of a ring of points, for the reader only; the server measures again. */
function squareMetres(points) {
  const scale = Math.cos((points[0].lat * Math.PI) / 180);
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const twice = points.reduce((sum, point, i) => {
    const next = points[(i + 1) % points.length];
    return sum + rad(point.lng) * scale * rad(next.lat) - rad(next.lng) * scale * rad(point.lat);
  }, 0);
  return Math.round((Math.abs(twice) / 2) * EARTH_M ** 2);
}

/** @param {Object} layer @param {string} name */
function named(layer, name) {
  layer.bindTooltip(name, { permanent: true, direction: "center", className: "border-name", interactive: false });
}

class Editor {
  constructor(collection) {
    this.form = document.querySelector("form.border-side");
    this.from = this.form.querySelector("[data-border-from]");
    this.to = this.form.querySelector("[data-border-to]");
    this.list = this.form.querySelector("[data-border-pieces]");
    this.field = this.form.querySelector('[name="pieces"]');
    this.points = [];
    this.layers = new Map();
    this.names = new Map();
    this.drawing = L.layerGroup().addTo(map);
    this.shown = L.layerGroup().addTo(map);
    this.addGrids(collection);
    this.pieces = this.stored();
    this.form.addEventListener("click", (event) => this.act(event.target.closest("[data-border-act]")?.dataset.borderAct));
    for (const select of [this.from, this.to]) select.addEventListener("change", () => this.mark());
    map.on("click", (event) => this.add(event.latlng));
    map.on("dblclick", () => this.close());
    map.getContainer().addEventListener("keydown", (event) => this.key(event));
    this.mark();
    this.showPieces();
  }

  /** Pieces that came back with a refused form. */
  stored() {
    try {
      return JSON.parse(this.field.value || "[]");
    } catch {
      return [];
    }
  }

  addGrids({ features }) {
    for (const feature of features) {
      const { id, code, name, role } = feature.properties;
      const layer = L.geoJSON(feature, { style: { className: `border-${role}` } }).addTo(map);
      named(layer, name);
      this.layers.set(id, layer);
      this.names.set(id, name);
      for (const select of [this.from, this.to]) select.add(new Option(`${name}（${code}）`, id));
      if (role === "grid") {
        this.from.value = id;
        map.fitBounds(layer.getBounds().pad(0.15));
      }
    }
    this.to.value = features.find((feature) => feature.properties.role === "neighbour")?.properties.id ?? this.from.value;
  }

  /** The grid that takes stands out. */
  mark() {
    for (const [id, layer] of this.layers) {
      layer.eachLayer((path) => path.getElement()?.classList.toggle("is-taking", id === Number(this.to.value)));
    }
  }

  key(event) {
    const acts = { Enter: "add", Backspace: "back", Escape: "clear" };
    if (!acts[event.key] || event.target !== map.getContainer()) return;
    event.preventDefault();
    this.act(acts[event.key]);
  }

  act(name) {
    if (name === "add") this.add(map.getCenter());
    if (name === "back") this.points.pop();
    if (name === "clear") this.points = [];
    if (name === "close") this.close();
    if (name === "drop") {
      this.pieces.pop();
      this.showPieces();
    }
    if (name === "back" || name === "clear") this.draw();
  }

  add(latlng) {
    if (this.points.at(-1)?.equals(latlng)) return;
    this.points.push(latlng);
    this.draw();
  }

  draw() {
    this.drawing.clearLayers();
    tell(this.points.length ? texts.points.replace("{n}", this.points.length) : "");
    if (this.points.length > 1) L.polygon(this.points, { className: "border-drawn", interactive: false }).addTo(this.drawing);
    for (const point of this.points) L.circleMarker(point, { radius: 5, className: "border-corner", interactive: false }).addTo(this.drawing);
  }

  close() {
    if (this.points.length < 3) return;
    const [from, to] = [Number(this.from.value), Number(this.to.value)];
    if (from === to) return tell(texts.same, true);
    const ring = [...this.points, this.points[0]].map(({ lng, lat }) => [lng, lat]);
    this.pieces.push({ geometry: { type: "Polygon", coordinates: [ring] }, from, to, area: squareMetres(this.points) });
    this.points = [];
    this.draw();
    this.showPieces();
  }

  showPieces() {
    this.field.value = JSON.stringify(this.pieces);
    this.shown.clearLayers();
    this.list.replaceChildren(
      ...this.pieces.map((piece) => {
        L.geoJSON(piece.geometry, { style: { className: "border-piece" }, interactive: false }).addTo(this.shown);
        const item = document.createElement("li");
        const values = { from: this.names.get(piece.from) ?? "", to: this.names.get(piece.to) ?? "", area: Number(piece.area ?? 0).toLocaleString() };
        item.textContent = texts.piece.replace(/\{(\w+)\}/g, (_whole, key) => values[key]);
        return item;
      }),
    );
    this.form.querySelector('[data-border-act="drop"]').disabled = !this.pieces.length;
    if (!this.pieces.length && !this.points.length) tell(texts.none);
  }
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

const ground = read(texts.baseUrl).then((collection) => collection && base.setData(collection));
if (texts.borders === "check") showFaults();
else {
  const collection = await read(texts.url);
  if (collection && texts.borders === "edit") new Editor(collection);
  if (collection && texts.borders === "move") showMove(collection);
}
await ground;
shell.dataset.ready = "true";
