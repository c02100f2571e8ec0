/**
 * Entering a new element: the point on a map, how an address is read, a draft that survives a reload, the guard of what is
 * not sent, sending once; on the receipt the note with undo. The form itself is the server's and works without this module.
 */
import { ask } from "../lib/confirm.js";
import { startPoint } from "../lib/map-point.js";
import { showToast } from "../lib/toasts.js";

const RESOLVE_WAIT_MS = 500;
const DRAFT_WAIT_MS = 300;
const DRAFT = "register:";
const NEVER_KEPT = new Set(["csrfmiddlewaretoken", "token"]);

/** @param {string} name of the registry @param {string} user */
const draftKey = (name, user) => `${DRAFT}${user}:${name}`;

// --- draft: in this tab only, without personal numbers ---

/** @param {HTMLFormElement} form */
function kept(form) {
  const secret = new Set(form.dataset.secret.split(" "));
  return [...form.elements].filter((one) => one.name && one.type !== "submit" && !NEVER_KEPT.has(one.name) && !secret.has(one.name));
}

/** Forgets drafts. @param {(key: string) => boolean} isGone */
function forget(isGone) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFT) && isGone(key)) sessionStorage.removeItem(key);
  } catch {
    // The storage is switched off: there is no draft.
  }
}

/** @param {HTMLFormElement} form */
function write(form) {
  const values = Object.fromEntries(kept(form).filter((one) => one.value && one.name !== "datum").map((one) => [one.name, one.value]));
  const key = draftKey(form.dataset.register, form.dataset.user);
  if (values.lon || values.lat) values.datum = form.elements.datum.value;
  try {
    if (Object.keys(values).length) sessionStorage.setItem(key, JSON.stringify(values));
    else sessionStorage.removeItem(key);
  } catch {
    // Full or switched off: the form is only in the page.
  }
}

/** @param {HTMLFormElement} form @returns {boolean} whether something was put back */
function restore(form) {
  let values = null;
  try {
    values = JSON.parse(sessionStorage.getItem(draftKey(form.dataset.register, form.dataset.user)) ?? "null");
  } catch {
    values = null;
  }
  if (!values) return false;
  for (const one of kept(form)) if (values[one.name]) one.value = values[one.name];
  const more = form.querySelector(".register-more");
  if (more) more.open ||= [...more.querySelectorAll("input, select")].some((one) => one.value);
  return true;
}

// --- the form ---

/** @param {HTMLFormElement} form */
function isFilled(form) {
  return [...form.elements].some((one) => one.name && one.type !== "hidden" && one.type !== "submit" && one.name !== "datum" && one.value !== "");
}

/** @param {HTMLElement} row of an address */
function startAddress(row) {
  const input = row.querySelector("[data-edit-address]");
  const note = row.querySelector("[data-edit-resolved]");
  if (!input || !note) return;
  let timer = 0;
  let asked = 0;
  const resolve = async () => {
    const number = ++asked;
    const text = input.value.trim();
    note.textContent = "";
    if (text.length < 2) return;
    const answer = await fetch(note.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" },
      body: JSON.stringify({ texts: [text] }),
    }).catch(() => null);
    // A slower answer to an older text must not replace a newer one.
    if (number !== asked || !answer?.ok) return;
    const [result] = (await answer.json()).results;
    const words = Object.values(result.components ?? {}).filter((part) => typeof part === "string" && part).join(" ");
    note.textContent = result.code ? `${note.dataset.found}${words}` : note.dataset.missing;
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(resolve, RESOLVE_WAIT_MS);
  });
  if (input.value) resolve();
}

/** @param {string} url @returns {Promise<Object | null>} */
async function read(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** @param {HTMLFormElement} form */
async function startPlace(form) {
  const { L } = window;
  const box = form.querySelector("[data-register-map]");
  if (!box || !L) return;
  // Not on the receipt, which has no map: the library must be there first.
  const { BaseLayer } = await import("../lib/map-base.js");
  const { map, clear, look } = startPoint(box, form.elements);
  map.createPane("base").style.zIndex = 200;
  const base = new BaseLayer().addTo(map);
  document.addEventListener("platform:theme", () => base.redraw());
  form.querySelector("[data-register-unplace]").addEventListener("click", clear);
  const [ground, areas] = await Promise.all([read(box.dataset.baseUrl), read(box.dataset.areasUrl)]);
  if (ground) base.setData(ground);
  if (areas) {
    const layer = L.geoJSON(areas, { interactive: false, style: { className: "register-area" } }).addTo(map);
    if (layer.getLayers().length) map.fitBounds(layer.getBounds(), { padding: [12, 12] });
  }
  look();
}

/** On a phone the list lies below the screen: that a number is known already is said where one types. */
function startWarning(form, shown) {
  let told = "";
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== shown) return;
    const same = shown.querySelector(".is-same .similar-name");
    const here = same?.getAttribute("href") ?? "";
    const box = shown.getBoundingClientRect();
    if (here && here !== told && (box.top > window.innerHeight || box.bottom < 0)) {
      const look = () => shown.scrollIntoView({ block: "center" });
      showToast({ level: "info", text: form.dataset.textSame, action: { label: form.dataset.textLook, run: look } });
    }
    told = here;
  });
}

/** @param {HTMLFormElement} form */
function start(form) {
  let isLeaving = false;
  const { user } = form.dataset;
  forget((key) => !key.startsWith(`${DRAFT}${user}:`));
  // What the server gave back is newer than the draft.
  const isEmpty = !isFilled(form);
  const isRestored = isEmpty && restore(form);
  if (isRestored) {
    const clear = () => {
      forget((key) => key === draftKey(form.dataset.register, user));
      isLeaving = true;
      location.reload();
    };
    showToast({ level: "info", text: form.dataset.textDraft, action: { label: form.dataset.textDrop, run: clear } });
  }
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(form), DRAFT_WAIT_MS);
  });
  form.addEventListener("submit", () => {
    isLeaving = true;
    write(form);
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  });
  // A page that comes back from the browser's memory can be sent again; the server knows its number.
  window.addEventListener("pageshow", () => {
    isLeaving = false;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && isFilled(form)) event.preventDefault();
  });
  form.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]:not([target])");
    if (!link || event.ctrlKey || event.metaKey) return;
    // What is there already takes the place of the form; leaving for another reason is asked about.
    if (!link.matches("[data-register-leave]") && isFilled(form)) {
      event.preventDefault();
      if (!(await ask(form.dataset.textLeave, form.dataset.textLeaveLabel))) return;
      isLeaving = true;
      forget((key) => key === draftKey(form.dataset.register, user));
      location.assign(link.href);
      return;
    }
    isLeaving = true;
    forget((key) => key === draftKey(form.dataset.register, user));
  });
  for (const row of form.querySelectorAll(".form-row")) startAddress(row);
  startPlace(form);
  const wrong = form.querySelector(".form-row-bad :is(input, select)");
  (wrong ?? form.querySelector(".register-fields :is(input, select)"))?.focus();
  const shown = document.getElementById("register-similar");
  startWarning(form, shown);
  // Something is in the form from the start: what is like it is asked for at once.
  if (!isEmpty || isRestored) document.addEventListener("htmx:load", () => shown.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
}

/** @param {HTMLElement} receipt */
function startReceipt(receipt) {
  forget((key) => key.endsWith(`:${receipt.dataset.registered}`));
  const here = new URL(location.href);
  if (!here.searchParams.has("saved")) return;
  here.searchParams.delete("saved");
  history.replaceState(history.state, "", here);
  const undo = document.querySelector("[data-register-undo]");
  if (!undo) return;
  const text = receipt.dataset.textSaved;
  showToast({ level: "success", text, action: { label: receipt.dataset.textUndo, run: () => undo.submit() } });
}

const form = document.querySelector("form[data-register]");
const receipt = document.querySelector("[data-registered]");
if (form) start(form);
if (receipt) startReceipt(receipt);
