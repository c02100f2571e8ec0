/**
 * Columns and density of a list, remembered per list in this browser.
 *
 * Markup: a box `data-list="vehicles"` with one table; header cells `data-column="plate"` (and `data-locked` where the
 * column must stay, `data-off` where it shows only to who turns it on); body cells `data-column` with the same name; `[data-column-chooser]` is filled with the choices;
 * buttons `data-density="normal" | "compact"`.
 */
import { recall, remember } from "./store.js";

/**
 * @typedef {Object} Layout
 * @property {string[]} order names of the columns from left to right
 * @property {string[]} hidden names of the columns not shown
 */

/**
 * @param {HTMLElement} box
 * @returns {{names: string[], off: string[]}} columns of the page in the server's order, and those that are off unless turned on
 */
function columnsOf(box) {
  const heads = [...box.querySelectorAll("thead th[data-column]")];
  const names = (cells) => cells.map((cell) => cell.dataset.column);
  return { names: names(heads), off: names(heads.filter((cell) => "off" in cell.dataset)) };
}

/**
 * Reads the stored layout and mends it: columns that are new since then stand at their own place, and show unless they are off.
 * @param {HTMLElement} box
 * @returns {Layout}
 */
function readLayout(box) {
  const { names, off } = columnsOf(box);
  const stored = recall(`columns:${box.dataset.list}`);
  const order = Array.isArray(stored?.order) ? stored.order.filter((name) => names.includes(name)) : [];
  const hidden = Array.isArray(stored?.hidden) ? stored.hidden.filter((name) => names.includes(name)) : [];
  names.forEach((name, index) => {
    if (order.includes(name)) return;
    order.splice(index, 0, name);
    if (off.includes(name)) hidden.push(name);
  });
  return { order, hidden };
}

/** @param {HTMLElement} box @param {Layout} layout */
function arrange(box, layout) {
  const labels = new Map([...box.querySelectorAll("thead th[data-column]")].map((cell) => [cell.dataset.column, cell.dataset.label]));
  for (const row of box.querySelectorAll("tr")) {
    const cells = new Map([...row.children].filter((cell) => cell.dataset.column).map((cell) => [cell.dataset.column, cell]));
    if (!cells.size) continue;
    const trailing = [...row.children].filter((cell) => "trailing" in cell.dataset);
    for (const name of layout.order) {
      const cell = cells.get(name);
      if (!cell) continue;
      cell.hidden = layout.hidden.includes(name);
      // On a phone a row is a card and each cell says its own name.
      cell.dataset.label ??= labels.get(name) ?? "";
      cell.toggleAttribute("data-blank", !cell.textContent.trim());
      row.append(cell);
    }
    row.append(...trailing);
  }
}

/** @param {HTMLElement} box @param {HTMLElement} chooser @param {Layout} layout @param {() => void} save */
function drawChooser(box, chooser, layout, save) {
  const template = box.querySelector("[data-column-choice]");
  chooser.replaceChildren();
  layout.order.forEach((name, index) => {
    const header = box.querySelector(`th[data-column="${CSS.escape(name)}"]`);
    const row = template.content.firstElementChild.cloneNode(true);
    const check = row.querySelector("input");
    check.checked = !layout.hidden.includes(name);
    check.disabled = "locked" in header.dataset;
    check.addEventListener("change", () => {
      layout.hidden = check.checked ? layout.hidden.filter((one) => one !== name) : [...layout.hidden, name];
      save();
    });
    row.querySelector("[data-choice-label]").textContent = header.dataset.label || header.textContent.trim();
    for (const button of row.querySelectorAll("[data-move]")) {
      const to = index + Number(button.dataset.move);
      button.disabled = to < 0 || to >= layout.order.length;
      button.addEventListener("click", () => {
        layout.order.splice(to, 0, layout.order.splice(index, 1)[0]);
        save();
        drawChooser(box, chooser, layout, save);
        chooser.children[to].querySelector(`[data-move="${button.dataset.move}"]`).focus();
      });
    }
    chooser.append(row);
  });
}

/** @param {HTMLElement} box */
function startDensity(box) {
  const show = (density) => {
    box.dataset.densityNow = density;
    for (const button of box.querySelectorAll("button[data-density]")) {
      button.setAttribute("aria-pressed", String(button.dataset.density === density));
    }
  };
  show(recall("density") === "compact" ? "compact" : "normal");
  for (const button of box.querySelectorAll("button[data-density]")) {
    button.addEventListener("click", () => {
      remember("density", button.dataset.density);
      show(button.dataset.density);
    });
  }
}

/** @param {HTMLElement} box */
function startList(box) {
  const { names, off } = columnsOf(box);
  const layout = readLayout(box);
  const save = () => {
    remember(`columns:${box.dataset.list}`, layout);
    arrange(box, layout);
  };
  arrange(box, layout);
  const chooser = box.querySelector("[data-column-chooser]");
  if (chooser) {
    drawChooser(box, chooser, layout, save);
    box.querySelector("[data-column-reset]")?.addEventListener("click", () => {
      layout.order = [...names];
      layout.hidden = [...off];
      save();
      remember(`columns:${box.dataset.list}`, null);
      drawChooser(box, chooser, layout, save);
    });
  }
  startDensity(box);
}

/**
 * Binds every list under a node once; a list that htmx replaced is bound again.
 * @param {ParentNode} root
 */
export function startColumns(root) {
  const boxes = [...root.querySelectorAll("[data-list]")];
  // A fragment may be part of a list (new rows): arrange the list around it again.
  const around = root instanceof Element ? root.closest("[data-list]") : null;
  if (around && around !== root) {
    arrange(around, readLayout(around));
  } else if (around) {
    boxes.push(around);
  }
  for (const box of boxes) {
    if (box.dataset.bound) continue;
    box.dataset.bound = "yes";
    startList(box);
  }
}
