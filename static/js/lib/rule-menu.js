/**
 * A searchable menu in a dialog: groups of choices, one or several to pick. Arrow keys walk, Enter picks, Esc closes.
 *
 * @typedef {{label: string, hint?: string, value: any}} Choice
 * @typedef {{label: string, choices: Choice[]}} Group
 */

/** @param {string} tag @param {Object} [set] properties @param {...(Node | string)} inside @returns {HTMLElement} */
export function make(tag, set = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("aria-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...inside);
  return element;
}

/** @param {string} text @param {string} wanted @returns {boolean} every word of what is wanted is in the text */
function matches(text, wanted) {
  const low = text.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => low.includes(word));
}

function walk(event, body) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [...body.querySelectorAll("button, input[type=checkbox]")];
  const next = stops.indexOf(document.activeElement) + step;
  event.preventDefault();
  if (next >= 0 && next < stops.length) stops[next].focus();
  else if (next < 0) body.closest("dialog").querySelector("input[type=search]").focus();
}

/**
 * @param {Object} options
 * @param {string} options.title
 * @param {Group[]} options.groups
 * @param {Object} options.texts
 * @param {any[]} [options.chosen] given: several may be picked, and these are
 * @returns {Promise<any>} what was picked (a list when several may be), null when the person gave up
 */
export function pick({ title, groups, texts, chosen }) {
  const isMany = chosen !== undefined;
  const picked = new Set(chosen ?? []);
  const search = make("input", { type: "search", placeholder: texts.search, "aria-label": texts.search, className: "lab-menu-search" });
  const body = make("div", { className: "lab-menu-body" });
  const close = make("button", { type: "button", className: "btn-close", "aria-label": texts.cancel });
  const head = make("div", { className: "dialog-head" }, make("h2", { className: "dialog-title", textContent: title }), close);
  const foot = make("div", { className: "dialog-actions" });
  const dialog = make("dialog", { className: "dialog lab-menu", "aria-label": title }, make("div", { className: "lab-menu-inside" }, head, search, body, foot));
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = null;
    const finish = (value) => {
      answer = value;
      dialog.close();
    };
    const draw = () => {
      const wanted = search.value.trim();
      const shown = groups
        .map((group) => ({ ...group, choices: group.choices.filter((one) => matches(`${group.label} ${one.label} ${one.hint ?? ""}`, wanted)) }))
        .filter((group) => group.choices.length);
      body.replaceChildren(...shown.map((group) => drawGroup(group, { isMany, picked, finish })));
      if (!shown.length) body.append(make("p", { className: "field-blank", textContent: texts.nothing }));
    };
    if (isMany) {
      const done = make("button", { type: "button", className: "btn btn-primary", textContent: texts.done });
      done.addEventListener("click", () => finish([...picked]));
      foot.append(done);
    } else foot.remove();
    search.addEventListener("input", draw);
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || isMany) return;
      event.preventDefault();
      body.querySelector("button")?.click();
    });
    dialog.addEventListener("keydown", (event) => walk(event, body));
    close.addEventListener("click", () => finish(null));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    draw();
    dialog.showModal();
    search.focus();
  });
}

function drawGroup(group, { isMany, picked, finish }) {
  const list = make("ul", { className: "lab-menu-list" });
  for (const one of group.choices) {
    const item = make("li");
    if (isMany) {
      const box = make("input", { type: "checkbox", checked: picked.has(one.value) });
      box.addEventListener("change", () => (box.checked ? picked.add(one.value) : picked.delete(one.value)));
      item.append(make("label", { className: "lab-menu-check" }, box, make("span", { textContent: one.label })));
    } else {
      const button = make("button", { type: "button", className: "lab-menu-choice" }, make("span", { textContent: one.label }));
      if (one.hint) button.append(make("small", { textContent: one.hint }));
      button.addEventListener("click", () => finish(one.value));
      item.append(button);
    }
    list.append(item);
  }
  const box = make("div", { className: "lab-menu-group" });
  if (group.label) box.append(make("h3", { textContent: group.label }));
  box.append(list);
  return box;
}
