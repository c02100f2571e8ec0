/** The border of one grid, changed vertex by vertex or taken from a file; what it means for others the server works out. */
import { areaText, squareMetres, shapeOf } from "./map-shape.js";
import { SnapTargets } from "./map-snap.js";
import { VertexEditor } from "./map-vertices.js";

/** @param {string} text with {names} @param {Object<string, string | number>} values */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, key) => values[key]);

export class OutlineTool {
  /** @param {{map: Object, form: HTMLFormElement, grids: Map<number, Object>, texts: DOMStringMap}} context */
  constructor({ map, form, grids, texts }) {
    Object.assign(this, { form, grids, texts });
    this.box = form.querySelector('[data-border-tool="outline"]');
    this.field = form.querySelector('[name="outline"]');
    this.takes = form.querySelector('[name="takes"]');
    this.file = form.querySelector('[name="file"]');
    this.own = [...grids.values()].find((grid) => grid.role === "grid");
    this.before = squareMetres(shapeOf(this.own.geometry));
    this.snap = new SnapTargets(map);
    for (const { geometry, name } of grids.values()) this.snap.add(geometry, name);
    const titles = { vertex: texts.vertexTitle, middle: texts.middleTitle };
    this.editor = new VertexEditor(map, { snap: this.snap, titles, onChange: (state) => this.show(state) });
    this.fillChoices();
    this.begin();
    this.listen();
  }

  /** From the border as it is; an outline that came back with a refused form is the first step. */
  begin() {
    const returned = this.field.value;
    this.editor.start(this.own.geometry);
    try {
      if (returned) this.editor.replace(JSON.parse(returned));
    } catch {
      this.field.value = "";
    }
  }

  listen() {
    this.box.addEventListener("click", (event) => this.act(event.target.closest("[data-vertex-act]")?.dataset.vertexAct));
    this.box.querySelector("[data-vertex-snap]").addEventListener("change", (event) => {
      this.editor.isSnapping = event.target.checked;
    });
    const load = this.form.querySelector("[data-border-load]");
    load.addEventListener("click", () => this.load(load));
    const mayLoad = () => (load.disabled = !this.file.files.length);
    this.file.addEventListener("change", mayLoad);
    mayLoad();
  }

  fillChoices() {
    for (const [id, { code, name, role }] of this.grids) {
      if (role === "neighbour") this.takes.add(new Option(`${name}（${code}）`, id));
    }
    this.takes.value = this.takes.dataset.value;
    if (this.takes.selectedIndex < 0) this.takes.value = "";
  }

  /** @param {boolean} isActive */
  setActive(isActive) {
    this.box.hidden = !isActive;
    this.field.disabled = !isActive;
    this.takes.disabled = !isActive;
    this.own.layer.eachLayer((path) => path.getElement()?.classList.toggle("is-edited", isActive));
    this.editor.setActive(isActive);
  }

  /** @param {Object | null} ground the base map: its roads are in sight, so a border may run along them */
  snapToRoads(ground) {
    for (const { geometry, properties } of ground?.features ?? []) {
      if (properties.layer === "road") this.snap.add(geometry, properties.name || this.texts.road);
    }
  }

  /** Road sections of the registry, as far as the reader may see them. */
  async loadSections() {
    const response = await fetch(this.box.dataset.sectionsUrl).catch(() => null);
    if (!response?.ok) return;
    for (const { geometry, properties } of (await response.json()).features) this.snap.add(geometry, properties.name || this.texts.road);
  }

  act(name) {
    if (name === "undo") this.editor.undo();
    if (name === "redo") this.editor.redo();
    if (name === "reset") this.editor.reset();
    if (name === "export") this.export();
    if (name === "remove" && !this.editor.remove()) this.tell(this.texts.fewest, true);
  }

  /** @param {string} text @param {boolean} [isWrong] */
  tell(text, isWrong = false) {
    const status = this.box.querySelector("[data-border-status]");
    status.textContent = text;
    status.classList.toggle("is-wrong", isWrong);
  }

  /** @param {Object} state of the editor */
  show(state) {
    const button = (name) => this.box.querySelector(`[data-vertex-act="${name}"]`);
    for (const name of ["undo", "redo"]) {
      button(name).disabled = !state[name];
      this.box.querySelector(`[data-vertex-count="${name}"]`).textContent = state[name];
    }
    button("remove").disabled = !state.chosen;
    button("reset").disabled = !state.isChanged;
    const change = state.squareMetres - this.before;
    this.box.querySelector("[data-vertex-area]").textContent = areaText(state.squareMetres);
    this.box.querySelector("[data-vertex-change]").textContent = `${change < 0 ? "−" : "+"}${areaText(Math.abs(change))}`;
    this.box.querySelector("[data-vertex-number]").textContent = state.vertices;
    const warning = this.box.querySelector("[data-vertex-crossing]");
    warning.hidden = !state.crossings;
    warning.querySelector("[data-crossing-text]").textContent = state.crossings ? filled(this.texts.crossing, { n: state.crossings }) : "";
    this.tell(this.words(state), state.isRefused);
    if (!state.isDragging) this.field.value = state.isChanged ? JSON.stringify(this.editor.geometry()) : "";
  }

  words({ isRefused, snapped, chosen, isChanged }) {
    if (isRefused) return this.texts.fewest;
    if (snapped) return filled(snapped.isCorner ? this.texts.snappedCorner : this.texts.snappedEdge, { name: snapped.name });
    if (chosen) return this.texts.chosen;
    return isChanged ? "" : this.texts.untouched;
  }

  /** The polygon of the chosen file becomes the next step; the file itself is then not sent any more. */
  async load(button) {
    const data = new FormData();
    for (const name of ["grid", "datum", "csrfmiddlewaretoken"]) data.append(name, this.form.elements[name].value);
    data.append("file", this.file.files[0]);
    const status = this.form.querySelector("[data-border-load-status]");
    button.disabled = true;
    const response = await fetch(button.dataset.url, { method: "POST", body: data }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    button.disabled = false;
    status.classList.toggle("is-wrong", !response?.ok);
    if (!response?.ok || !answer) {
      status.textContent = answer?.message ?? this.texts.failed;
      return;
    }
    this.form.querySelector('[name="tool"][value="outline"]').click();
    this.editor.replace(answer);
    this.file.value = "";
    button.disabled = true;
    status.textContent = this.texts.loaded;
  }

  /** The outline as it is drawn now, as a file that the import takes again. */
  export() {
    const { code, name } = this.own;
    const feature = { type: "Feature", properties: { code, name }, geometry: this.editor.geometry() };
    const text = JSON.stringify({ type: "FeatureCollection", features: [feature] });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/geo+json" }));
    link.download = `${filled(this.texts.fileName, { code })}.geojson`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
