/** Measures a way on the map: click by click, ended by double click or Esc. */

const { L } = window;

/** @param {number} metres @returns {string} */
function distance(metres) {
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(2)} km`;
}

export class Measure {
  /** @param {Object} map @param {HTMLElement} button @param {DOMStringMap} texts @param {(text: string) => void} tell */
  constructor(map, button, texts, tell) {
    Object.assign(this, { map, button, texts, tell, hint: texts.measure, active: false, points: [] });
    this.group = L.layerGroup();
    button.addEventListener("click", () => (this.active ? this.clear() : this.start()));
    map.on("click", (event) => this.active && this.add(event.latlng));
    map.on("dblclick", () => this.active && this.finish());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.active && this.finish());
  }

  start() {
    this.clear();
    this.active = true;
    this.group.addTo(this.map);
    this.map.doubleClickZoom.disable();
    this.map.getContainer().classList.add("is-measuring");
    this.button.setAttribute("aria-pressed", "true");
    this.tell(this.hint);
  }

  add(latlng) {
    if (this.points.length && this.points.at(-1).equals(latlng)) return;
    this.points.push(latlng);
    this.group.clearLayers();
    this.draw(latlng);
  }

  /** @param {Object} latlng the newest point */
  draw(latlng) {
    L.polyline(this.points, { className: "map-measure-line", color: "#b3006b", weight: 3, interactive: false }).addTo(this.group);
    const html = document.createElement("span");
    html.textContent = `${this.texts.total} ${distance(this.length())}`;
    L.marker(latlng, { icon: L.divIcon({ className: "map-measure-label", html, iconAnchor: [-8, 28] }), interactive: false, keyboard: false }).addTo(this.group);
  }

  length() {
    return this.points.reduce((sum, point, i) => sum + (i ? this.map.distance(this.points[i - 1], point) : 0), 0);
  }

  /** Ends the measuring; the line stays until the button is pressed again. */
  finish() {
    this.active = false;
    setTimeout(() => this.map.doubleClickZoom.enable());
    this.map.getContainer().classList.remove("is-measuring");
    this.button.setAttribute("aria-pressed", "false");
    this.tell("");
  }

  clear() {
    if (this.active) this.finish();
    this.points = [];
    this.group.clearLayers();
  }
}
