/** The map of the wall: ground and squadrons from our own files, places of accidents, open alerts by grid. It does not move by hand. */
import { AreaLayer } from "./map-areas.js";
import { BaseLayer } from "./map-base.js";
import { colour, fromUnit } from "./map-canvas.js";

const { L } = window;
const CITY = [[36.98, 119.55], [37.48, 120.32]];
const AGAIN_MS = 10_000;

/** @returns {number} pixels of the page's root size, which grows with the screen */
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

async function ask(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new TypeError(String(answer.status));
  return answer.json();
}

export class WallMap {
  /** @param {HTMLElement} box @param {{baseUrl: string, areasUrl: string, area: string}} from */
  constructor(box, from) {
    Object.assign(this, { box, from, data: { spots: [], alerts: [] } });
    this.map = L.map(box, {
      attributionControl: false, zoomControl: false, dragging: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false, keyboard: false,
      touchZoom: false, zoomSnap: 0, zoomAnimation: false, fadeAnimation: false,
    });
    for (const [name, order] of [["base", 200], ["areas", 300]]) this.map.createPane(name).style.zIndex = String(order);
    this.map.fitBounds(CITY);
    this.base = new BaseLayer().addTo(this.map);
    this.areas = new AreaLayer().addTo(this.map);
    this.shapes = L.layerGroup().addTo(this.map);
    new ResizeObserver(() => this._fit()).observe(box);
    this._load();
  }

  /** The ground comes once; without an answer it is asked for again. */
  async _load() {
    try {
      const [base, areas] = await Promise.all([ask(this.from.baseUrl), ask(this.from.areasUrl)]);
      this.base.setData(base);
      this.areas.setData("SQUADRON", areas);
      this.areas.show(new Set(["SQUADRON"]));
      if (this.from.area) this.areas.choose(this.from.area);
      this._fit();
      this.box.dataset.ground = "ready";
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      setTimeout(() => this._load(), AGAIN_MS);
    }
  }

  _fit() {
    for (const layer of [this.base, this.areas]) layer.options.textPx = rem() * 1.15;
    this.map.invalidateSize({ animate: false });
    const box = this.areas.boxOf(this.from.area || undefined) ?? this.areas.boxOf();
    if (box) {
      const [west, north] = fromUnit(box[0], box[1]);
      const [east, south] = fromUnit(box[2], box[3]);
      this.map.fitBounds([[south, west], [north, east]], { animate: false, padding: [rem(), rem()] });
    }
    this._draw();
  }

  /** @param {{spots: Object[], alerts: {lon: number, lat: number, count: number, urgent: number}[]}} data */
  show(data) {
    this.data = data;
    this._draw();
  }

  _draw() {
    const size = rem();
    this.shapes.clearLayers();
    for (const spot of this.data.spots) {
      const look = { color: colour("--wall-spot"), weight: size * 0.5, opacity: 0.9, interactive: false };
      L.geoJSON(spot, { style: look, interactive: false, pointToLayer: (_feature, at) => L.circleMarker(at, { ...look, radius: size * 0.6, fill: false }) }).addTo(this.shapes);
    }
    // Urgent ones last, above the others: triangles, the others circles; as large as their number asks.
    for (const alert of [...this.data.alerts].sort((a, b) => a.urgent - b.urgent)) {
      const radius = size * (0.55 + Math.min(0.5, 0.12 * (alert.count - 1)));
      const at = L.latLng(alert.lat, alert.lon);
      const paint = colour(alert.urgent ? "--platform-bad" : "--platform-warn");
      const look = { color: colour("--map-land"), weight: size * 0.12, fillColor: paint, fillOpacity: 0.95, interactive: false };
      if (alert.urgent) this._triangle(at, radius * 1.5, look).addTo(this.shapes);
      else L.circleMarker(at, { ...look, radius }).addTo(this.shapes);
    }
  }

  _triangle(at, radius, look) {
    const middle = this.map.latLngToLayerPoint(at);
    const corners = [[0, -1], [0.87, 0.5], [-0.87, 0.5]].map(([x, y]) => this.map.layerPointToLatLng(middle.add([x * radius, y * radius])));
    return L.polygon(corners, look);
  }
}
