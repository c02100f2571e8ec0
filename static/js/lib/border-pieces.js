/** Pieces of ground drawn corner by corner on the border map, each given from one grid to another. */
import { ringSquareMetres } from "./map-shape.js";

const { L } = window;

export class PieceTool {
  /** @param {{map: Object, form: HTMLFormElement, grids: Map<number, Object>, texts: DOMStringMap}} context */
  constructor({ map, form, grids, texts }) {
    Object.assign(this, { map, form, grids, texts, isActive: false, points: [] });
    this.box = form.querySelector('[data-border-tool="pieces"]');
    this.from = form.querySelector("[data-border-from]");
    this.to = form.querySelector("[data-border-to]");
    this.list = form.querySelector("[data-border-pieces]");
    this.status = this.box.querySelector("[data-border-status]");
    this.field = form.querySelector('[name="pieces"]');
    this.drawing = L.layerGroup().addTo(map);
    this.shown = L.layerGroup().addTo(map);
    this.fillChoices();
    this.pieces = this.stored();
    this.box.addEventListener("click", (event) => this.act(event.target.closest("[data-border-act]")?.dataset.borderAct));
    for (const select of [this.from, this.to]) select.addEventListener("change", () => this.mark());
    map.on("click", (event) => this.isActive && this.add(event.latlng));
    map.on("dblclick", () => this.isActive && this.close());
    map.getContainer().addEventListener("keydown", (event) => this.isActive && this.key(event));
    this.showPieces();
  }

  /** @param {boolean} isActive */
  setActive(isActive) {
    this.isActive = isActive;
    this.box.hidden = !isActive;
    this.field.disabled = !isActive;
    for (const layer of [this.drawing, this.shown]) {
      if (isActive) layer.addTo(this.map);
      else layer.remove();
    }
    this.mark();
  }

  /** Pieces that came back with a refused form. */
  stored() {
    try {
      return JSON.parse(this.field.value || "[]");
    } catch {
      return [];
    }
  }

  fillChoices() {
    for (const [id, { code, name, role }] of this.grids) {
      for (const select of [this.from, this.to]) select.add(new Option(`${name}（${code}）`, id));
      if (role === "grid") this.from.value = id;
    }
    this.to.value = [...this.grids].find(([, grid]) => grid.role === "neighbour")?.[0] ?? this.from.value;
  }

  /** The grid that takes stands out. */
  mark() {
    for (const [id, { layer }] of this.grids) {
      const isTaking = this.isActive && id === Number(this.to.value);
      layer.eachLayer((path) => path.getElement()?.classList.toggle("is-taking", isTaking));
    }
  }

  /** @param {string} text @param {boolean} [isWrong] */
  tell(text, isWrong = false) {
    this.status.textContent = text;
    this.status.classList.toggle("is-wrong", isWrong);
  }

  key(event) {
    const acts = { Enter: "add", Backspace: "back", Escape: "clear" };
    if (!acts[event.key] || event.target !== this.map.getContainer()) return;
    event.preventDefault();
    this.act(acts[event.key]);
  }

  act(name) {
    if (name === "add") this.add(this.map.getCenter());
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
    this.tell(this.points.length ? this.texts.points.replace("{n}", this.points.length) : "");
    if (this.points.length > 1) L.polygon(this.points, { className: "border-drawn", interactive: false }).addTo(this.drawing);
    for (const point of this.points) L.circleMarker(point, { radius: 5, className: "border-corner", interactive: false }).addTo(this.drawing);
  }

  close() {
    if (this.points.length < 3) return;
    const [from, to] = [Number(this.from.value), Number(this.to.value)];
    if (from === to) {
      this.tell(this.texts.same, true);
      return;
    }
    const ring = [...this.points, this.points[0]].map(({ lng, lat }) => [lng, lat]);
    const area = Math.round(ringSquareMetres(this.points.map(({ lat, lng }) => [lat, lng])));
    this.pieces.push({ geometry: { type: "Polygon", coordinates: [ring] }, from, to, area });
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
        const values = { from: this.grids.get(piece.from)?.name ?? "", to: this.grids.get(piece.to)?.name ?? "", area: Number(piece.area ?? 0).toLocaleString() };
        item.textContent = this.texts.piece.replace(/\{(\w+)\}/g, (_whole, key) => values[key]);
        return item;
      }),
    );
    this.box.querySelector('[data-border-act="drop"]').disabled = !this.pieces.length;
    if (!this.pieces.length && !this.points.length) this.tell(this.texts.none);
  }
}
