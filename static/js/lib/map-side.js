/** The list in step with the map, and the drawer that takes its place when something is chosen. */
import { symbol } from "./map-legend.js";

const { htmx } = window;

export class Side {
  /**
   * @param {HTMLElement} shell
   * @param {DOMStringMap} texts
   * @param {{point: (row: ?Object) => void, choose: (id: number) => void, back: () => void}} on
   */
  constructor(shell, texts, on) {
    this.shell = shell;
    this.texts = texts;
    this.on = on;
    this.rows = [];
    const part = (name) => shell.querySelector(`[data-map-${name}]`);
    this.parts = { list: part("list"), view: part("list-view"), drawer: part("drawer"), back: part("back"), count: part("side-count"), title: part("side-title"), note: part("list-note"), pair: part("pair") };
    this.parts.back.addEventListener("click", () => on.back());
    this.parts.drawer.addEventListener("click", (event) => {
      const choice = event.target.closest("button[data-element-id]");
      if (choice) on.choose(Number(choice.dataset.elementId));
    });
    for (const button of shell.querySelectorAll("[data-map-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.mapStep)));
    }
  }

  /** @param {{rows: Object[], text: string, count: number, more_than: boolean}} answer */
  showRows(answer) {
    this.rows = answer.rows;
    this.parts.count.textContent = answer.text;
    const focused = this.parts.list.contains(document.activeElement) ? document.activeElement.dataset.rowId : null;
    this.parts.list.replaceChildren(...answer.rows.map((row) => this._row(row)));
    if (focused) this._rowButton(focused)?.focus({ preventScroll: true });
    const isPart = answer.more_than || answer.count > answer.rows.length;
    this.parts.note.textContent = answer.rows.length ? (isPart ? this.texts.shown : "") : this.texts.empty;
    this.markChosen(this.chosen);
  }

  _row(row) {
    const item = document.getElementById("map-row").content.firstElementChild.cloneNode(true);
    const button = item.querySelector("button");
    button.dataset.rowId = row.id;
    item.querySelector("[data-symbol]").replaceWith(symbol(this.shell, row.kind));
    item.querySelector("[data-label]").textContent = row.label;
    const place = row.lon === null ? this.texts.noPlace : row.quality;
    item.querySelector("[data-note]").textContent = `${row.kind_label} · ${row.block} · ${place}`;
    button.addEventListener("click", () => this.on.choose(row.id));
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => this.on.point(row));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => this.on.point(null));
    return item;
  }

  _rowButton(id) {
    return this.parts.list.querySelector(`[data-row-id="${id}"]`);
  }

  /** The row of what the pointer is on. @param {?number} id */
  markPointed(id) {
    for (const button of this.parts.list.querySelectorAll(".is-pointed")) button.classList.remove("is-pointed");
    if (id !== null) this._rowButton(id)?.classList.add("is-pointed");
  }

  markChosen(id) {
    this.chosen = id;
    for (const button of this.parts.list.querySelectorAll(".is-chosen")) button.classList.remove("is-chosen");
    this._rowButton(id)?.classList.add("is-chosen");
  }

  /** @param {string} url of a fragment */
  async openDrawer(url) {
    const { drawer, view, back, pair } = this.parts;
    view.hidden = true;
    drawer.hidden = back.hidden = false;
    this.parts.count.hidden = true;
    this.parts.title.textContent = this.texts.details;
    pair.hidden = !this.rows.some((row) => row.id === this.chosen);
    drawer.textContent = this.texts.loading;
    this.unfold();
    await htmx.ajax("GET", url, { target: drawer, swap: "innerHTML" });
    drawer.focus({ preventScroll: true });
  }

  closeDrawer() {
    const { drawer, view, back, pair } = this.parts;
    const chosen = this.chosen;
    drawer.replaceChildren();
    drawer.hidden = back.hidden = pair.hidden = true;
    view.hidden = this.parts.count.hidden = false;
    this.parts.title.textContent = this.texts.list;
    this.markChosen(null);
    this._rowButton(chosen)?.focus({ preventScroll: true });
  }

  /** Next or previous element of the list without leaving the drawer. @param {number} by +1 or -1 */
  step(by) {
    const at = this.rows.findIndex((row) => row.id === this.chosen);
    const row = this.rows[at + by];
    if (at >= 0 && row) this.on.choose(row.id);
  }

  unfold() {
    const panel = this.shell.querySelector(".map-side");
    panel.classList.remove("is-folded");
    panel.querySelector("[data-map-fold]").setAttribute("aria-expanded", "true");
  }
}
