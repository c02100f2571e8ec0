/** Controls of one comparison: its arguments, its operator, and the value by type. */
import { make, pick } from "./rule-menu.js";

/**
 * @param {number} value @param {Object} limits least, most, label, isReadOnly, isWhole @param {(value: number | null) => void} act
 * @returns {HTMLInputElement}
 */
export function number(value, { least, most, label, isReadOnly, isWhole = true }, act) {
  const input = make("input", { type: "number", className: "lab-input lab-number", value: value ?? "", "aria-label": label, disabled: isReadOnly, step: isWhole ? "1" : "any" });
  if (least !== undefined) input.min = least;
  if (most !== undefined) input.max = most;
  input.inputMode = isWhole ? "numeric" : "decimal";
  input.addEventListener("change", () => act(input.value === "" ? null : Number(input.value)));
  return input;
}

/** Codes as chips; a click takes one away, the last button picks. */
function chips(drawing, { label, table, values, isOptional }, act) {
  const { texts } = drawing;
  const labels = new Map(table);
  const box = make("span", { className: "lab-chips" });
  for (const value of values) {
    const text = labels.get(value) ?? value;
    const chip = make("button", { type: "button", className: "lab-chip", textContent: `${text} ×`, title: texts.remove, disabled: drawing.isReadOnly });
    if (drawing.isReadOnly) chip.textContent = text;
    chip.addEventListener("click", () => act(values.filter((one) => one !== value)));
    box.append(chip);
  }
  if (!values.length && isOptional) box.append(make("span", { className: "lab-quiet", textContent: `${label}：${texts.everything}` }));
  if (drawing.isReadOnly) return box;
  const more = make("button", { type: "button", className: "lab-chip lab-chip-more", textContent: texts.chooseMore, "aria-label": texts.pickCodes.replace("{label}", label) });
  more.addEventListener("click", async () => {
    const groups = [{ label: "", choices: table.map(([code, text]) => ({ label: text === code || code.length > 3 ? text : `${text}（${code}）`, value: code })) }];
    const found = await pick({ title: texts.pickCodes.replace("{label}", label), groups, texts, chosen: values });
    if (found) act(table.map(([code]) => code).filter((code) => found.includes(code)));
    else more.focus();
  });
  box.append(more);
  return box;
}

/** @param {Object} drawing @param {Object} asked fact or path @param {Object} node @param {Array<string | number>} way @returns {Node[]} */
export function drawArguments(drawing, asked, node, way) {
  const { choices, edit } = drawing;
  return asked.parameters.flatMap((one) => {
    const value = node.args?.[one.name] ?? one.usual;
    const set = (found) => edit.put([...way, "args", one.name], found);
    if (one.type === "NUMBER") {
      const limits = { least: one.least, most: one.most, label: one.label, isReadOnly: drawing.isReadOnly };
      return [make("span", { textContent: one.label }), number(value, limits, (found) => edit.type([...way, "args", one.name], found)), make("span", { textContent: one.unit })];
    }
    if (one.type === "TEXT") return [drawing.select(one.label, choices.tables[one.codes] ?? [], value, (code) => edit.rename(way, one.name, code))];
    return [chips(drawing, { label: one.label, table: choices.tables[one.codes] ?? [], values: value ?? [], isOptional: one.isOptional }, set)];
  });
}

/** @param {Object} drawing @param {Object} fact @param {Object} node @param {Array<string | number>} way @param {string[]} [without] @returns {Node} */
export function drawOperator(drawing, fact, node, way, without = []) {
  const { choices, edit, texts } = drawing;
  const known = choices.operatorsOf(fact).filter((one) => !without.includes(one.op));
  const operandsOf = (op) => known.find((one) => one.op === op)?.operands;
  return drawing.select(texts.condition, known.map((one) => [one.op, one.label]), node.op, (op) => {
    const { value, ...rest } = edit.at(way);
    const keeps = operandsOf(op) === operandsOf(rest.op) && rest.op !== "starts" && op !== "starts";
    edit.put(way, { ...rest, op, ...(keeps && value !== undefined ? { value } : choices.newValue(fact.type, operandsOf(op))) });
  });
}

/** @param {Object} drawing @param {Object} fact @param {Object} node @param {Array<string | number>} way @returns {Node[]} */
export function drawValue(drawing, fact, node, way) {
  const { choices, edit, texts } = drawing;
  const operands = choices.operators[fact.type].find((one) => one.op === node.op)?.operands ?? 0;
  const set = (value) => edit.put([...way, "value"], value);
  const type = (value) => edit.type([...way, "value"], value);
  const unit = fact.unit ? [make("span", { textContent: fact.unit })] : [];
  if (operands === 0) return [];
  if (operands === -1) {
    const table = fact.levels ?? choices.tables[fact.codes] ?? [];
    if (node.op === "starts" || !table.length) return [listed(drawing, node.value, type)];
    return [chips(drawing, { label: fact.label, table, values: node.value ?? [], isOptional: false }, set)];
  }
  const single = (value, act) => one(drawing, fact, value, act);
  if (operands === 1) return [single(node.value, type), ...unit];
  const [low, high] = Array.isArray(node.value) ? node.value : [null, null];
  return [single(low, (value) => type([value, edit.at([...way, "value"])[1]])), make("span", { textContent: texts.to }), single(high, (value) => type([edit.at([...way, "value"])[0], value])), ...unit];
}

function one(drawing, fact, value, act) {
  const label = fact.label;
  if (fact.type === "NUMBER") return number(value, { label, isReadOnly: drawing.isReadOnly, isWhole: false }, act);
  const input = make("input", { type: fact.type === "DATE" ? "date" : "text", className: "lab-input", value: value ?? "", "aria-label": label, disabled: drawing.isReadOnly, maxLength: 120 });
  input.addEventListener("change", () => act(input.value));
  return input;
}

/** Beginnings of codes, written with commas. */
function listed(drawing, values, act) {
  const { texts } = drawing;
  const input = make("input", { type: "text", className: "lab-input", value: (values ?? []).join("，"), placeholder: texts.prefixes, "aria-label": texts.prefixes, disabled: drawing.isReadOnly });
  input.addEventListener("change", () => act(input.value.split(/[,，、\s]+/).filter(Boolean)));
  return input;
}
