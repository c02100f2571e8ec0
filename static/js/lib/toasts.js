/**
 * Short notes at the edge of the page. The server sends them as Django messages, or with a fragment in the header
 * `HX-Trigger: {"toast": {"level": "success", "text": "…"}}`; modules call `showToast`. The act of the last note that had one
 * (undo) can be done by key for ten minutes; once the note is gone a question comes first.
 */
import { ask } from "./confirm.js";

const VISIBLE_MS = 10_000; // long enough to read and to press "undo"
const UNDO_MS = 600_000;
const STAYS = new Set(["error", "danger", "warning"]);

/** @type {{run: () => void, at: number, toast: HTMLElement | null} | null} */
let last = null;

/**
 * An undo that was offered before this page was loaded anew: its note is gone, the act is still to be had.
 * @param {() => void} run
 * @param {number} at when the act was done, milliseconds
 */
export function rememberUndo(run, at) {
  last = { run, at, toast: null };
}

/**
 * Does what the last note offered.
 * @param {string} question asked when the note is not in sight any more
 * @param {string} label of the button that does it
 * @returns {boolean} false when there is nothing to undo
 */
export function undoLast(question, label) {
  if (!last || Date.now() - last.at > UNDO_MS) return false;
  const { run, toast } = last;
  const act = () => {
    last = null;
    toast?.remove();
    run();
  };
  if (toast?.isConnected) act();
  else ask(question, label).then((yes) => yes && act());
  return true;
}

/**
 * @param {Object} note
 * @param {string} note.text
 * @param {"success" | "info" | "warning" | "error"} [note.level]
 * @param {{label: string, run: () => void}} [note.action] a button such as undo
 * @returns {HTMLElement}
 */
export function showToast({ text, level = "info", action }) {
  // A question asked every second may fail every second: one note is enough.
  const same = [...document.querySelectorAll("#toasts [data-toast]")].find(
    (one) => one.dataset.toast === level && one.querySelector("[data-toast-text]").textContent === text,
  );
  if (same && !action) return same;
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.dataset.toast = level;
  toast.classList.replace("note-info", `note-${level}`);
  const shape = { success: "circle-check", warning: "alert-triangle", error: "alert-octagon" }[level];
  if (shape) {
    const use = toast.querySelector("use");
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${shape}`);
  }
  toast.querySelector("[data-toast-text]").textContent = text;
  if (action) {
    const button = toast.querySelector("[data-toast-action]");
    button.textContent = action.label;
    button.hidden = false;
    button.addEventListener("click", () => {
      if (last?.toast === toast) last = null;
      action.run();
      toast.remove();
    });
    last = { run: action.run, at: Date.now(), toast };
  }
  document.getElementById("toasts").append(toast);
  leaveLater(toast);
  return toast;
}

/** Errors stay until they are closed; a note under the pointer or with focus waits. */
function leaveLater(toast) {
  if (STAYS.has(toast.dataset.toast)) return;
  let timer = setTimeout(() => toast.remove(), VISIBLE_MS);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), VISIBLE_MS);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

/** Binds the closing buttons, the server's messages and the `toast` event of htmx. */
export function startToasts() {
  const area = document.getElementById("toasts");
  if (!area) return;
  for (const toast of area.querySelectorAll("[data-toast]")) leaveLater(toast);
  area.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
  document.body.addEventListener("toast", (event) => showToast(event.detail));
}
