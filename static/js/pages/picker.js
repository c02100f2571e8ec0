/**
 * The address picker in a frame of another system. One list, walked by keyboard, shows what fits the text, or without a
 * text what stands below the place that is open. What is chosen goes to the page around the frame, and only to an origin
 * that the platform knows.
 */
import { BaseLayer } from "../lib/map-base.js";

const { L } = window;
const COUNTY = [[36.98, 119.55], [37.48, 120.32]];
const WAIT_MS = 200;
const MESSAGE_TYPE = "laizhou-address";
const body = document.body;
const texts = body.dataset;
const [input, list, state] = ["#picker-input", "#picker-list", "[data-state]"].map((one) => document.querySelector(one));
const [path, more, retry] = ["[data-path]", "[data-more]", "[data-retry]"].map((one) => document.querySelector(one));

/** @typedef {{code: string, full_text: string, level: string, level_label: string, lon: number|null, lat: number|null, has_children: boolean}} Address */

/** The places that are open, from the town down. @type {Address[]} */
let opened = [];
/** @type {Address[]} */
let rows = [];
let active = -1;
// The rows belong to what stands in the input; Enter must not choose what an earlier text had found.
let isFresh = false;
let page = 1;
let asked = 0;
let timer = 0;
let lastAsk = () => {};

const isSearching = () => input.value.trim().length >= Number(texts.min);
const here = () => opened.at(-1) ?? null;

function tell(text, isBad = false) {
  state.textContent = text;
  state.classList.toggle("is-bad", isBad);
}

/**
 * Asks the platform; a slower answer to an older question is dropped.
 * @param {string} url
 * @returns {Promise<Object|null>}
 */
async function ask(url) {
  asked += 1;
  const number = asked;
  retry.hidden = true;
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "omit" }).catch(() => null);
  if (number !== asked) return null;
  if (answer?.ok) return answer.json();
  const told = answer?.headers.get("Content-Type")?.startsWith("application/json") ? (await answer.json()).message : "";
  tell(told || (answer?.status === 404 ? texts.textGone : texts.textFailed), true);
  retry.hidden = false;
  return null;
}

function cell(name, text) {
  const part = document.createElement("span");
  part.className = name;
  part.textContent = text;
  return part;
}

/** In the tree the part that the place above does not say already. */
function shortName(address) {
  const above = here()?.full_text ?? "";
  return !isSearching() && address.full_text.startsWith(above) ? address.full_text.slice(above.length) : address.full_text;
}

function rowOf(address, index) {
  const row = document.createElement("li");
  row.className = "picker-row";
  row.id = `picker-row-${index}`;
  row.setAttribute("role", "option");
  row.dataset.index = String(index);
  row.setAttribute("aria-label", `${address.full_text} ${address.level_label}`);
  const pick = cell("picker-pick", texts.textPick);
  pick.dataset.pick = "";
  const open = cell("picker-open", address.has_children ? "›" : "");
  row.append(cell("picker-name", shortName(address)), cell("picker-level", address.level_label), open, pick);
  return row;
}

function activate(index) {
  active = rows.length ? Math.max(0, Math.min(rows.length - 1, index)) : -1;
  for (const row of list.children) row.setAttribute("aria-selected", String(Number(row.dataset.index) === active));
  const row = list.children[active];
  if (!row) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
  return look(rows[active]);
}

function fill(found, keep) {
  const before = keep ? rows.length : 0;
  rows = keep ? [...rows, ...found] : found;
  if (!keep) list.replaceChildren();
  isFresh = true;
  list.append(...found.map((address, i) => rowOf(address, before + i)));
  if (!keep) list.scrollTop = 0;
  activate(before);
}

function drawPath() {
  const steps = [null, ...opened];
  path.replaceChildren(
    ...steps.map((address, depth) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      const above = steps[depth - 1]?.full_text ?? "";
      button.textContent = address ? address.full_text.slice(address.full_text.startsWith(above) ? above.length : 0) : texts.textTop;
      if (depth === steps.length - 1) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => openAt(opened.slice(0, depth)));
      item.append(button);
      return item;
    }),
  );
  path.parentElement.hidden = isSearching();
}

async function search() {
  lastAsk = search;
  more.hidden = true;
  drawPath();
  const answer = await ask(`${texts.suggestUrl}?${new URLSearchParams({ q: input.value.trim() })}`);
  if (!answer) return;
  const count = String(answer.results.length);
  tell(answer.results.length ? (answer.results.length < 20 ? texts.textFound : texts.textCapped).replace("#", count) : texts.textNone);
  fill(answer.results, false);
}

async function browse(next = 1) {
  lastAsk = () => browse(next);
  page = next;
  drawPath();
  const answer = await ask(`${texts.childrenUrl}?${new URLSearchParams({ parent: here()?.code ?? "", page: String(page) })}`);
  if (!answer) return;
  tell(answer.total ? texts.textCount.replace("#", String(answer.total)) : texts.textEmpty);
  fill(answer.results, page > 1);
  more.hidden = !answer.has_more;
}

function openAt(places) {
  opened = places;
  input.value = "";
  browse();
  input.focus();
}

/** @param {Address} address */
function choose(address) {
  const { code, full_text, lon, lat, level } = address;
  const isFramed = window.parent !== window;
  if (isFramed) {
    for (const origin of targets()) window.parent.postMessage({ type: MESSAGE_TYPE, code, full_text, lon, lat, level }, origin);
  }
  document.querySelector("[data-chosen]").hidden = false;
  document.querySelector("[data-chosen-text]").textContent = full_text;
  document.querySelector("[data-chosen-code]").textContent = code;
  document.querySelector("[data-chosen-note]").textContent = isFramed ? texts.textSent : texts.textAlone;
  look(address);
  noPoint.hidden = address.lon !== null && address.lat !== null;
}

/** The origin of the page around, when the browser tells it; else all that are allowed: only the right one gets it. */
function targets() {
  const allowed = texts.origins.split(" ").filter(Boolean);
  const around = window.location.ancestorOrigins?.[0] ?? "";
  return allowed.includes(around) ? [around] : allowed;
}

/* --- the map --- */

const box = document.querySelector("[data-map]");
const noPoint = document.querySelector("[data-no-point]");
const map = L.map(box, { attributionControl: false, minZoom: 8, maxZoom: 19, keyboard: false });
map.createPane("base").style.zIndex = 200;
map.fitBounds(COUNTY);
const base = new BaseLayer().addTo(map);
L.control.scale({ imperial: false }).addTo(map);
const marker = L.marker([0, 0], { icon: L.divIcon({ className: "picker-point", iconSize: [18, 18] }), interactive: false, keyboard: false });
const ZOOMS = { town: 11, village: 13, road: 15 };

/** @param {Address} address */
function look(address) {
  const hasPoint = address.lon !== null && address.lat !== null;
  noPoint.hidden = true;
  if (!hasPoint) {
    marker.remove();
    return map.fitBounds(COUNTY, { animate: false });
  }
  const at = [address.lat, address.lon];
  marker.setLatLng(at).addTo(map);
  return map.setView(at, ZOOMS[address.level] ?? 16, { animate: false });
}

fetch(texts.groundUrl, { credentials: "omit" })
  .then((answer) => (answer.ok ? answer.json() : null))
  .then((ground) => ground && base.setData(ground))
  .catch(() => {});
new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  document.documentElement.dataset.bsTheme = event.matches ? "dark" : "light";
  base.redraw();
});

/* --- keyboard and pointer --- */

input.addEventListener("input", (event) => {
  clearTimeout(timer);
  isFresh = false;
  if (event.isComposing) return;
  timer = setTimeout(() => (isSearching() ? search() : browse()), WAIT_MS);
});
input.addEventListener("compositionend", () => input.dispatchEvent(new Event("input")));

const KEYS = {
  ArrowDown: () => (active === rows.length - 1 && !more.hidden ? browse(page + 1) : activate(active + 1)),
  ArrowUp: () => activate(active - 1),
  PageDown: () => activate(active + 8),
  PageUp: () => activate(active - 8),
  Enter: () => isFresh && rows[active] && choose(rows[active]),
  ArrowRight: () => isFresh && rows[active]?.has_children && openAt([...(isSearching() ? [] : opened), rows[active]]),
  ArrowLeft: () => opened.length && openAt(opened.slice(0, -1)),
  Escape: () => openAt(opened),
};

/** Inside a text left and right move the caret; right at its end opens the row. */
function isForCaret(key) {
  if (key === "ArrowLeft") return input.value !== "";
  return key === "ArrowRight" && input.selectionEnd < input.value.length;
}

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS) || isForCaret(event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

list.addEventListener("click", (event) => {
  const row = event.target.closest("[data-index]");
  if (!row) return;
  const address = rows[Number(row.dataset.index)];
  activate(Number(row.dataset.index));
  if (event.target.closest("[data-pick]") || !address.has_children) choose(address);
  else openAt([...(isSearching() ? [] : opened), address]);
});
more.addEventListener("click", () => browse(page + 1));
retry.addEventListener("click", () => lastAsk());

browse().then(() => {
  document.documentElement.dataset.picker = "ready";
});
