/** The panel of layers and filters: reads it into the state and shows the state in it. */
import { DEFAULT_LAYERS } from "./map-state.js";

const { htmx } = window;
const GROUPS = ["layers", "kinds", "addressKinds"];
const NOT_SET = new Set(["", "unknown"]); // "unknown": a yes-or-no filter left open
const OWN_FIELDS = new Set(["registry", "area", ...GROUPS]);

export class Controls {
  /**
   * @param {HTMLElement} shell
   * @param {(change: Object) => void} changed called with the changed parts of the state
   */
  constructor(shell, changed) {
    this.shell = shell;
    this.form = shell.querySelector("[data-map-filter]");
    this.fields = shell.querySelector("#map-filter-fields");
    this.changed = changed;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => event.target.name && changed(this.read(event.target.name === "registry")));
    shell.querySelector("[data-map-clear-filter]").addEventListener("click", () => this.clear());
    for (const button of shell.querySelectorAll("[data-map-fold]")) {
      button.addEventListener("click", () => {
        const isFolded = button.closest(".map-panel").classList.toggle("is-folded");
        button.setAttribute("aria-expanded", String(!isFolded));
      });
    }
  }

  /** @param {boolean} isOtherRegistry its own filters begin empty */
  read(isOtherRegistry = false) {
    const data = new FormData(this.form);
    const state = { registry: data.get("registry"), area: data.get("area") };
    for (const name of GROUPS) {
      const all = this.form.querySelectorAll(`[name="${name}"]`);
      const chosen = data.getAll(name);
      state[name] = name !== "layers" && chosen.length === all.length ? null : chosen;
    }
    state.filters = isOtherRegistry ? [] : [...data].filter(([name, value]) => !OWN_FIELDS.has(name) && !NOT_SET.has(value));
    return state;
  }

  /** Empties the registry's own filters. @param {Object} [also] further changes of the state */
  clear(also = {}) {
    for (const field of this.fields.querySelectorAll("input, select")) {
      if (field.type === "checkbox" || field.type === "radio") field.checked = false;
      else if (field.multiple) for (const option of field.options) option.selected = false;
      else field.value = field.tagName === "SELECT" ? field.options[0]?.value ?? "" : "";
    }
    this.changed({ ...this.read(), filters: [], ...also });
  }

  /** @param {Object} state */
  show(state) {
    const chosen = { layers: state.layers ?? DEFAULT_LAYERS, kinds: state.kinds, addressKinds: state.addressKinds };
    for (const name of GROUPS) {
      for (const box of this.form.querySelectorAll(`[name="${name}"]`)) box.checked = !chosen[name] || chosen[name].includes(box.value);
    }
    const area = this.form.elements.namedItem("area");
    area.value = state.area;
    if (area.value !== state.area) area.add(new Option(`#${state.area}`, state.area, true, true));
    this.shell.querySelector("[data-map-kinds]").hidden = Boolean(state.registry);
    const registry = this.form.elements.namedItem("registry");
    if (registry.value === state.registry) return;
    registry.value = state.registry;
    this._loadFields(state);
  }

  /** After "back": the fields of the registry of that state, filled as they were. */
  _loadFields(state) {
    const parameters = new URLSearchParams(state.filters);
    if (state.registry) parameters.set("registry", state.registry);
    htmx.ajax("GET", `${this.shell.dataset.filtersUrl}?${parameters}`, { target: this.fields, swap: "innerHTML" });
  }
}
