/**
 * Draws a condition of a rule: groups, comparisons, what is related, what changes in time. It holds no state: every change goes to
 * `edit`, which draws anew. Each box carries its place as the server names it, so that a refusal can be shown where it belongs.
 */
import { make } from "./rule-menu.js";
import { drawArguments, drawOperator, drawValue, number } from "./rule-values.js";
import { placeOf } from "./rule-tree.js";

/** @param {string} name of the sprite @returns {SVGElement} */
function icon(name) {
  const svg = document.querySelector("[data-lab-undo] svg").cloneNode(true);
  const use = svg.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
  return svg;
}

/** @param {string} name @param {string} label @param {() => void} act @returns {HTMLButtonElement} a button that shows an icon only */
function tool(name, label, act) {
  const button = make("button", { type: "button", className: "lab-tool", title: label, "aria-label": label }, icon(name));
  button.addEventListener("click", act);
  return button;
}

/** Draws conditions for an editor. */
export class Drawing {
  /**
   * @param {import("./rule-choices.js").Choices} choices
   * @param {Object} edit at(way), put(way, value), type(way, value), take(way), move(way, step), double(way), add(way, place), change(way, place)
   * @param {boolean} isReadOnly
   */
  constructor(choices, edit, isReadOnly) {
    Object.assign(this, { choices, edit, isReadOnly, texts: choices.texts });
  }

  /** @param {Object} node @param {Array<string | number>} way @param {Object} place @returns {HTMLElement} */
  node(node, way, place) {
    if ("all" in node || "any" in node) return this.group(node, way, place);
    if ("not" in node) return this.wrapper(node, way, place, "not", [make("strong", { textContent: this.texts.notHead })]);
    if ("became" in node) return this.became(node, way, place);
    return this.leaf(node, way, place);
  }

  box(className, way) {
    const box = make("div", { className: `lab-node ${className}`, data: { at: placeOf(way), way: JSON.stringify(way) } });
    if (way.length) box.tabIndex = -1;
    return box;
  }

  group(node, way, place) {
    const { texts } = this;
    const form = "all" in node ? "all" : "any";
    const box = this.box(`lab-group lab-${form}`, way);
    const choice = make("div", { className: "lab-switch", role: "group" });
    for (const one of ["all", "any"]) {
      const button = make("button", { type: "button", textContent: texts[one], title: texts[`${one}Head`], "aria-pressed": String(one === form), disabled: this.isReadOnly });
      button.addEventListener("click", () => one !== form && this.edit.put(way, { [one]: this.edit.at(way)[form] }));
      choice.append(button);
    }
    const head = make("div", { className: "lab-head" }, choice, make("span", { className: "lab-quiet", textContent: texts[`${form}Head`] }), this.tools(way));
    const list = make("div", { className: "lab-children" });
    node[form].forEach((one, index) => list.append(this.node(one, [...way, form, index], place)));
    if (!node[form].length) list.append(make("p", { className: "lab-quiet", textContent: texts.empty }));
    box.append(head, list);
    if (!this.isReadOnly) {
      const add = make("button", { type: "button", className: "btn lab-add", data: { add: placeOf(way) } }, icon("plus"), texts.add);
      add.addEventListener("click", () => this.edit.add([...way, form, node[form].length], place));
      box.append(add);
    }
    return box;
  }

  wrapper(node, way, place, form, head) {
    const box = this.box(`lab-wrapper lab-${form}`, way);
    box.append(make("div", { className: "lab-head" }, ...head, this.tools(way, form)), this.node(node[form], [...way, form], place));
    return box;
  }

  became(node, way, place) {
    const { texts } = this;
    const days = number(node.days, { least: 1, most: this.choices.maxDays, label: texts.days, isReadOnly: this.isReadOnly }, (value) => this.edit.type([...way, "days"], value));
    const head = [make("span", { textContent: texts.within }), days, make("span", { textContent: texts.days }), make("strong", { textContent: texts.becameHead })];
    return this.wrapper(node, way, { ...place, isInside: true, isBecame: true }, "became", head);
  }

  leaf(node, way, place) {
    const form = ["fact", "related", "tag", "grade", "rose_over", "stayed", "changed"].find((one) => one in node);
    const box = this.box(`lab-leaf lab-${form}`, way);
    const row = make("div", { className: "lab-row" });
    const draw = this.choices.knows(node) ? ({ rose_over: "rose" }[form] ?? form) : "unknown";
    row.append(...this[draw](node, way, place, box));
    box.prepend(make("div", { className: "lab-head" }, row, this.tools(way)));
    return box;
  }

  /** The button that names the fact and changes it. */
  name(label, hint, act) {
    const button = make("button", { type: "button", className: "lab-name", textContent: label, title: hint, disabled: this.isReadOnly });
    button.addEventListener("click", act);
    return button;
  }

  hintOf(fact) {
    const { texts } = this;
    const lines = [texts.blank.replace("{text}", fact.blank)];
    if (fact.source) lines.push(texts.source.replace("{text}", fact.source));
    return lines.join("\n");
  }

  /** What the catalogue does not hold any more can only be taken out. */
  unknown(node) {
    return [make("span", { className: "lab-quiet", textContent: this.texts.unknown }), make("code", { textContent: JSON.stringify(node) })];
  }

  fact(node, way, place, _box, { isValueOnly = false } = {}) {
    const fact = this.choices.facts[node.fact];
    const parts = [this.name(fact.label, this.hintOf(fact), () => this.edit.change(way, place)), ...drawArguments(this, fact, node, way)];
    if (isValueOnly) return parts;
    return [...parts, drawOperator(this, fact, node, way), ...drawValue(this, fact, node, way)];
  }

  related(node, way, place, box) {
    const { texts, choices } = this;
    const path = choices.paths[node.related];
    const kind = path.kind || node.args?.kind;
    const inner = { ...place, kind, isInside: true };
    const compared = { type: "NUMBER", unit: texts.piece, mayBeUnknown: false, label: path.label };
    const row = [make("strong", { textContent: path.label }), ...drawArguments(this, path, node, way), make("span", { textContent: texts.count }),
      drawOperator(this, compared, node, way), ...drawValue(this, compared, node, way)];
    if (node.where) {
      box.append(make("p", { className: "lab-quiet", textContent: texts.ofWhich }), this.node(node.where, [...way, "where"], inner));
    } else if (this.isReadOnly) row.push(make("span", { className: "lab-quiet", textContent: texts.anyOther }));
    else {
      const narrow = make("button", { type: "button", className: "btn lab-add" }, icon("plus"), texts.narrow);
      narrow.addEventListener("click", () => this.edit.put([...way, "where"], { all: [] }));
      box.append(make("p", { className: "lab-quiet" }, texts.anyOther, " ", narrow));
    }
    return row;
  }

  select(label, options, value, act) {
    const select = make("select", { className: "lab-input", "aria-label": label, disabled: this.isReadOnly });
    for (const [code, text] of options) select.append(make("option", { value: code, textContent: text, selected: code === value }));
    select.addEventListener("change", () => act(select.value));
    return select;
  }

  tag(node, way, place) {
    const { texts } = this;
    const has = this.select(texts.tags, [["is", texts.hasTag], ["is_not", texts.hasNoTag]], node.op, (op) => this.edit.put([...way, "op"], op));
    const offered = this.choices.tags.filter((one) => one.kind === place.kind || one.code === node.tag).map((one) => [one.code, one.name]);
    return [has, this.select(texts.choose, offered, node.tag, (tag) => this.edit.put([...way, "tag"], tag))];
  }

  grade(node, way) {
    const scheme = this.choices.schemes.find((one) => one.code === node.grade);
    const compared = { type: "CODE", mayBeUnknown: true, label: scheme?.name ?? node.grade, levels: scheme?.levels ?? [] };
    const operator = drawOperator(this, compared, node, way, ["starts"]);
    return [make("strong", { textContent: compared.label }), make("span", { textContent: this.texts.gradeOf }), operator, ...drawValue(this, compared, node, way)];
  }

  rose(node, way, place) {
    const { texts } = this;
    const inner = [...way, "rose_over"];
    return [
      ...this.fact(node.rose_over, inner, { ...place, isInside: true, isBecame: true, only: "rose_over" }, null, { isValueOnly: true }),
      make("span", { textContent: texts.within }), this.days(node, way), make("span", { textContent: texts.days }),
      make("span", { textContent: texts.roseOver }),
      number(node.value, { label: texts.above, isReadOnly: this.isReadOnly, isWhole: false }, (value) => this.edit.type([...way, "value"], value)),
      make("span", { textContent: this.choices.facts[node.rose_over.fact].unit }),
    ];
  }

  stayed(node, way, place) {
    const { texts } = this;
    const row = this.fact(node.stayed, [...way, "stayed"], { ...place, only: "stayed" });
    return [make("span", { textContent: texts.stayedHead }), this.days(node, way), make("span", { textContent: texts.days }), ...row];
  }

  changed(node, way, place) {
    const { texts } = this;
    const fact = this.choices.facts[node.changed];
    const name = this.name(fact.label, this.hintOf(fact), () => this.edit.change(way, { ...place, only: "changed" }));
    return [make("span", { textContent: texts.within }), this.days(node, way), make("span", { textContent: texts.days }), make("span", { textContent: texts.changedHead }), name];
  }

  days(node, way) {
    const limits = { least: 1, most: this.choices.maxDays, label: this.texts.days, isReadOnly: this.isReadOnly };
    return number(node.days, limits, (value) => this.edit.type([...way, "days"], value));
  }

  /** Buttons of a condition; the root has none. @param {Array<string | number>} way @param {string} [form] of a wrapper */
  tools(way, form) {
    const { texts, edit } = this;
    const tools = make("div", { className: "lab-node-tools" });
    if (this.isReadOnly || !way.length) return tools;
    if (typeof way.at(-1) === "number") {
      tools.append(tool("arrow-up", texts.up, () => edit.move(way, -1)), tool("arrow-down", texts.down, () => edit.move(way, 1)), tool("copy", texts.copy, () => edit.double(way)));
      if (form) tools.append(tool("link-off", texts.unwrap, () => edit.put(way, edit.at([...way, form]))));
      else tools.append(tool("circle-half-2", texts.negate, () => edit.negate(way)));
    }
    tools.append(tool("trash", texts.remove, () => edit.take(way)));
    return tools;
  }
}
