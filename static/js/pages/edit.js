/**
 * Correcting on the page of an element: keys, undo, the guard of what is not saved, address feedback, the point on a map.
 * The forms are the server's (htmx); without this module they still save.
 */
/* global L */
import { ask } from "../lib/confirm.js";
import { startPoint } from "../lib/map-point.js";
import { rememberUndo, showToast } from "../lib/toasts.js";

const SHOWN_REFUSALS = new Set([400, 409]);
const RESOLVE_WAIT_MS = 500;
const NEAR_ZOOM = 17;
const UNDO_KEY = "platform:undo";

const page = document.querySelector("[data-edit]");
let lastUndo = page?.dataset.lastUndo ?? "";

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Takes the last own correction back and shows the page as it is then. */
async function undo() {
  if (!lastUndo) return;
  const url = lastUndo;
  lastUndo = "";
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    clean();
    location.reload();
    return;
  }
  const body = await answer?.json().catch(() => null);
  showToast({ level: "error", text: body?.message ?? page.dataset.textFailed });
}

function offerUndo(text) {
  try {
    sessionStorage.setItem(UNDO_KEY, JSON.stringify({ url: lastUndo, at: Date.now() }));
  } catch {
    // Storage is switched off: the key undoes until the page is loaded anew.
  }
  showToast({ level: "success", text, action: { label: page.dataset.textUndo, run: undo } });
}

/** The page was loaded anew after a correction of this tab: the key still takes it back. */
function keepUndo() {
  try {
    const { url, at } = JSON.parse(sessionStorage.getItem(UNDO_KEY) ?? "{}");
    if (url && url === lastUndo) rememberUndo(undo, at);
  } catch {
    // Storage is switched off.
  }
}

// --- what is not saved ---

/** @param {HTMLFormElement} form */
function isDirty(form) {
  return [...form.elements].some((one) => {
    if (!one.name || one.type === "hidden" || one.name === "reason") return false;
    if (one.type === "checkbox") return one.checked !== one.defaultChecked;
    if (one.tagName === "SELECT") return ![...one.options].every((option) => option.selected === option.defaultSelected || (one.selectedIndex === 0 && option.index === 0));
    return one.value !== one.defaultValue;
  });
}

function dirtyForms() {
  return [...document.querySelectorAll("[data-edit-form]")].filter(isDirty);
}

function clean() {
  for (const form of document.querySelectorAll("[data-edit-form]")) form.remove();
}

window.addEventListener("beforeunload", (event) => {
  if (dirtyForms().length) event.preventDefault();
});

document.body.addEventListener("htmx:confirm", (event) => {
  const form = event.detail.elt.closest("[data-edit-form]");
  if (!event.detail.elt.matches("[data-edit-cancel]") || !form || !isDirty(form)) return;
  event.preventDefault();
  ask(page.dataset.textLeave, page.dataset.textLeaveLabel).then((yes) => yes && event.detail.issueRequest(true));
});

// --- answers ---

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (!requestConfig?.elt?.matches?.("[data-edit-form]") || !SHOWN_REFUSALS.has(xhr.status)) return;
  if (!xhr.responseText.includes("data-edit-form")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.body.addEventListener("corrected", (event) => {
  lastUndo = event.detail.undo_url;
  offerUndo(event.detail.text);
});

// --- keys ---

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const form = event.target.closest?.("[data-edit-form]");
  if (event.key === "Escape" && form) {
    event.preventDefault();
    form.querySelector("[data-edit-cancel]").click();
  } else if (event.key === "e" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    document.querySelector(".edit-open")?.focus();
  }
});

// --- one form ---

/** @param {HTMLFormElement} form */
function startClear(form) {
  const clear = form.querySelector("[data-edit-clear]");
  const inputs = [...form.querySelectorAll('[name="text"], [name="lon"], [name="lat"], [name="datum"]')];
  const look = () => {
    for (const input of inputs) input.disabled = clear.checked;
  };
  clear.addEventListener("change", look);
  look();
}

/** @param {Object} result of the resolver */
function readAs(result) {
  return Object.values(result.components ?? {}).filter((part) => typeof part === "string" && part).join(" ");
}

/** @param {HTMLFormElement} form */
function startAddress(form) {
  const input = form.querySelector("[data-edit-address]");
  const note = form.querySelector("[data-edit-resolved]");
  if (!input || !note) return;
  let timer = 0;
  let asked = 0;
  const resolve = async () => {
    const number = ++asked;
    const text = input.value.trim();
    if (text.length < 2) {
      note.textContent = "";
      return;
    }
    const answer = await fetch(note.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ texts: [text] }),
    }).catch(() => null);
    // A slower answer to an older text must not replace a newer one; without an answer there is no feedback.
    if (number !== asked || !answer?.ok) return;
    const [result] = (await answer.json()).results;
    note.textContent = result.code ? `${note.dataset.found}${readAs(result)}` : note.dataset.missing;
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(resolve, RESOLVE_WAIT_MS);
  });
}

/** @param {HTMLFormElement} form */
async function startPlace(form) {
  const box = form.querySelector("[data-edit-map]");
  if (!box || typeof L === "undefined") return;
  const [lon, lat, datum] = ["lon", "lat", "datum"].map((name) => form.querySelector(`[data-edit-${name}]`));
  const { map, look } = startPoint(box, { lon, lat, datum });
  const answer = await fetch(box.dataset.placesJson, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    const style = getComputedStyle(document.documentElement);
    const colour = style.getPropertyValue("--platform-quiet").trim();
    const places = await answer.json();
    const shown = places.features.filter((feature) => feature.properties.role !== "element");
    const layer = L.geoJSON(shown, {
      style: { color: colour, weight: 1.5, fillOpacity: 0.06, interactive: false },
      pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 5, color: colour }),
    }).addTo(map);
    if (layer.getLayers().length) map.fitBounds(layer.getBounds(), { padding: [16, 16], maxZoom: NEAR_ZOOM });
  }
  look();
}

/** @param {Element} root */
function start(root) {
  const forms = root.matches?.("[data-edit-form]") ? [root] : [...root.querySelectorAll("[data-edit-form]")];
  for (const form of forms) {
    if (form.dataset.started) continue;
    form.dataset.started = "yes";
    startClear(form);
    startAddress(form);
    startPlace(form);
    form.querySelector("[autofocus]")?.focus();
  }
  // A row that comes back after saving or leaving keeps the focus where the pencil is.
  if (root.matches?.(".field-row") && document.activeElement === document.body) root.querySelector(".edit-open")?.focus();
}

if (page) {
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
  const here = new URL(location.href);
  if (here.searchParams.has("saved")) {
    const isProposed = here.searchParams.get("saved") === "proposed";
    here.searchParams.delete("saved");
    history.replaceState(history.state, "", here);
    offerUndo(isProposed ? page.dataset.textProposed : page.dataset.textSaved);
  } else {
    keepUndo();
  }
}
