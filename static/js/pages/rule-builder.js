/**
 * The laboratory of a rule: a condition built by mouse or keys, read back by the server as one goes, tried and saved.
 * The state is the rule's own JSON; everything on the page is drawn from it.
 */
import { Choices } from "../lib/rule-choices.js";
import { Drawing } from "../lib/rule-drawing.js";
import { pick } from "../lib/rule-menu.js";
import { Steps, at, double, move, put, take } from "../lib/rule-tree.js";
import { showToast } from "../lib/toasts.js";

const READ_WAIT_MS = 350;
const root = document.querySelector("[data-rule-builder]");
const { body, catalogue, texts, isReadOnly } = JSON.parse(document.getElementById("rule-builder").textContent);
const choices = new Choices(catalogue, texts);
const find = (name) => root.querySelector(`[data-lab-${name}]`);
const tree = find("tree");
const steps = new Steps(grouped(body.where));
const place = { kind: body.kind, isInside: false, isBecame: false };
let savedText = JSON.stringify(steps.state);
let savedNote = find("note")?.value ?? "";
let readTimer = 0;
let asked = 0;

/** What may get neighbours stands in a group. @param {Object} node @returns {Object} */
function grouped(node) {
  return "all" in node || "any" in node ? deepGrouped(node) : { all: [deepGrouped(node)] };
}

function deepGrouped(node) {
  const copy = { ...node };
  for (const form of ["all", "any"]) if (copy[form]) copy[form] = copy[form].map(deepGrouped);
  if (copy.not) copy.not = deepGrouped(copy.not);
  for (const form of ["where", "became"]) if (copy[form]) copy[form] = grouped(copy[form]);
  return copy;
}

const documentNow = () => ({ kind: body.kind, where: steps.state });
const isDirty = () => !isReadOnly && (JSON.stringify(steps.state) !== savedText || (find("note")?.value ?? "") !== savedNote);

/** Takes a new state over and draws it. */
function change(state) {
  if (steps.add(state)) show();
}

/** Takes over what was typed. Nothing is drawn: the click that ended the typing must find its button where it was. */
function type(state) {
  if (steps.add(state)) follow();
}

const edit = {
  at: (way) => at(steps.state, way),
  put: (way, value) => change(put(steps.state, way, value)),
  type: (way, value) => type(put(steps.state, way, value)),
  take: (way) => change(take(steps.state, way)),
  move: (way, step) => change(move(steps.state, way, step)),
  double: (way) => change(double(steps.state, way)),
  negate: (way) => change(put(steps.state, way, { not: at(steps.state, way) })),
  /** What is near is of another kind: its conditions speak of something else. */
  rename: (way, name, code) => {
    const { where: _gone, ...rest } = at(steps.state, way);
    change(put(steps.state, way, name === "kind" ? { ...rest, args: { ...rest.args, [name]: code } } : put(at(steps.state, way), ["args", name], code)));
  },
  add: async (way, there) => {
    const found = await picked(there);
    if (found) change(put(steps.state, way, found));
    focusOn(found ? way : way.slice(0, -2));
  },
  change: async (way, there) => {
    const found = await pickFact(there, there.only);
    if (found) change(put(steps.state, way, found));
    focusOn(way);
  },
};
const drawing = new Drawing(choices, edit, isReadOnly);

/** @param {Object} there @returns {Promise<Object | null>} a new condition */
async function picked(there) {
  const found = await pick({ title: texts.add, groups: choices.everything(there), texts });
  if (found === "rose_over") {
    const inner = await pickFact({ ...there, isBecame: true }, found);
    return inner && { rose_over: inner, value: 1, days: 30 };
  }
  if (found === "stayed" || found === "changed") {
    const inner = await pickFact(there, found);
    return inner && (found === "stayed" ? { stayed: inner, days: 30 } : inner);
  }
  return found;
}

/** @param {Object} there @param {string} [form] that it is for @returns {Promise<Object | null>} */
function pickFact(there, form) {
  const wanted = { rose_over: (fact) => fact.type === "NUMBER", stayed: (fact) => fact.mayStay, changed: (fact) => fact.mayStay }[form];
  const title = { rose_over: texts.pickRose, stayed: texts.pickStayed, changed: texts.pickStayed }[form] ?? texts.pickFact;
  const bare = (key) => ({ fact: key, ...choices.newArguments(choices.facts[key]) });
  const made = { rose_over: bare, changed: (key) => ({ changed: key, days: 30 }) }[form];
  return pick({ title, groups: choices.factGroups(there, wanted, made), texts });
}

function focusOn(way) {
  const box = [...tree.querySelectorAll("[data-way]")].find((one) => one.dataset.way === JSON.stringify(way));
  (box?.querySelector("select, input, .lab-chip-more, .lab-add") ?? find("undo"))?.focus();
}

/** Draws the state; who was in a field stays there. */
function show() {
  const stops = () => [...tree.querySelectorAll("input, select, button")];
  const focused = stops().indexOf(document.activeElement);
  tree.replaceChildren(drawing.node(steps.state, [], place));
  if (focused >= 0) stops()[focused]?.focus();
  follow();
}

/** What else depends on the state. */
function follow() {
  find("undo").disabled = !steps.canUndo;
  find("redo").disabled = !steps.canRedo;
  showState();
  clearTimeout(readTimer);
  readTimer = setTimeout(read, READ_WAIT_MS);
}

function showState() {
  find("state").textContent = isReadOnly ? "" : isDirty() ? texts.unsaved : texts.clean;
  find("state").classList.toggle("is-unsaved", isDirty());
  const submit = find("submit");
  if (submit) submit.querySelector("button").disabled = isDirty();
}

/** @param {string} url @param {any} sent @returns {Promise<{answer: Response | null, refusal: Object | null}>} */
async function send(url, sent) {
  const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content, "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(sent) }).catch(() => null);
  if (!answer) return { answer, refusal: { message: texts.failed } };
  if (answer.redirected) return { answer: null, refusal: { message: texts.signedOut } };
  if (answer.ok) return { answer, refusal: null };
  return { answer: null, refusal: await answer.json().catch(() => ({ message: texts.failed })) };
}

/** Reads the sentence back, or shows what is wrong and where. */
async function read() {
  const number = ++asked;
  find("sentence").classList.add("is-waiting");
  const { answer, refusal } = await send(root.dataset.readUrl, documentNow());
  const said = answer && (await answer.json());
  if (number !== asked) return;
  find("sentence").classList.remove("is-waiting");
  find("sentence").textContent = said?.sentence ?? "";
  showRefusal(said?.refusal ?? refusal);
}

/** @param {Object | null} refusal @returns {string} what it says; the place is marked, its name is for machines */
function plain(refusal) {
  return (refusal?.message ?? "").replace(`（位置：${refusal?.extra?.at}）`, "");
}

/** @param {Object | null} refusal marked at the deepest box that its place lies in */
function showRefusal(refusal) {
  const line = find("refusal");
  line.hidden = !refusal;
  line.querySelector("span").textContent = plain(refusal);
  for (const one of tree.querySelectorAll(".is-refused")) one.classList.remove("is-refused");
  const where = refusal?.extra?.at;
  if (!where) return;
  const boxes = [...tree.querySelectorAll("[data-at]")].filter((one) => where === one.dataset.at || [".", "["].includes(where.startsWith(one.dataset.at) ? where[one.dataset.at.length] : ""));
  boxes.sort((one, other) => other.dataset.at.length - one.dataset.at.length)[0]?.classList.add("is-refused");
}

async function save() {
  const note = find("note").value;
  const sent = documentNow();
  const { answer, refusal } = await send(root.dataset.draftUrl, { body: sent, note });
  showRefusal(refusal);
  if (!answer) {
    showToast({ level: "error", text: plain(refusal) });
    return;
  }
  const saved = await answer.json();
  [savedText, savedNote] = [JSON.stringify(sent.where), note];
  const form = find("submit");
  form.action = form.dataset.url.replace("/versions/1/", `/versions/${saved.number}/`);
  form.hidden = false;
  const trial = find("backtest");
  trial.elements.number.value = saved.number;
  trial.querySelector("[type=submit]").disabled = false;
  showState();
  showToast({ level: "success", text: texts.saved.replace("{number}", saved.number) });
}

/** @param {string} url answers with a fragment @param {HTMLButtonElement} button */
async function ask(url, button) {
  button.disabled = true;
  const box = find("answer");
  box.textContent = texts.counting;
  const { answer, refusal } = await send(url, documentNow());
  box.textContent = "";
  button.disabled = false;
  showRefusal(refusal);
  if (!answer) return;
  // Our own server's fragment; it escapes what it shows.
  box.innerHTML = await answer.text();
  box.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function step(by) {
  steps.go(by);
  show();
}

function bind() {
  find("undo").addEventListener("click", () => step(-1));
  find("redo").addEventListener("click", () => step(1));
  find("save")?.addEventListener("click", save);
  find("note")?.addEventListener("input", showState);
  find("preview").addEventListener("click", (event) => ask(root.dataset.previewUrl, event.currentTarget));
  find("difference")?.addEventListener("click", (event) => ask(root.dataset.differenceUrl, event.currentTarget));
  for (const button of root.querySelectorAll("[data-lab-days]")) {
    button.addEventListener("click", () => (find("backtest").elements.days.value = button.dataset.labDays));
  }
  document.addEventListener("keydown", (event) => {
    const isText = event.target instanceof Element && event.target.matches("input:not([type=checkbox]), textarea");
    if (isReadOnly || isText || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const by = key === "z" && !event.shiftKey ? -1 : key === "y" || (key === "z" && event.shiftKey) ? 1 : 0;
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  window.addEventListener("beforeunload", (event) => isDirty() && event.preventDefault());
}

bind();
show();
