/**
 * Keys of every page: `/` search, `g` + letter go, `n` new, `j` `k` rows, `Enter` open, `?` help, `Esc` close, `Ctrl+Z` undo.
 * Letters come from the links themselves (`data-go-key`), so that a new page needs no change here.
 */
import { undoLast } from "./toasts.js";

const SEQUENCE_MS = 1500;

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** @returns {HTMLAnchorElement[]} */
function goLinks() {
  return [...document.querySelectorAll("a[data-go-key]")];
}

function fillHelp() {
  const list = document.querySelector("[data-go-list]");
  if (!list || list.childElementCount) return;
  for (const link of goLinks()) {
    const term = document.createElement("dt");
    for (const letter of ["g", link.dataset.goKey]) {
      const key = document.createElement("kbd");
      key.textContent = letter;
      term.append(key, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = link.querySelector(".side-label")?.textContent ?? link.textContent;
    list.append(term, meaning);
  }
  document.querySelector("[data-go-title]").hidden = !list.childElementCount;
}

function openHelp() {
  const dialog = document.getElementById("keyboard-dialog");
  if (!dialog || document.querySelector("dialog[open]")) return;
  fillHelp();
  dialog.showModal();
}

/** @param {number} step +1 next row, -1 row before */
function moveRow(step) {
  const rows = [...document.querySelectorAll("tr[data-row-url]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.classList.remove("is-current");
  next.classList.add("is-current");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** Takes the last own act on this page back; inside an input the key means the text. @param {KeyboardEvent} event */
function undoByKey(event) {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
  if (!isUndo || isTyping(event.target) || event.isComposing || document.querySelector("dialog[open]")) return;
  const { undoQuestion, undoLabel } = document.getElementById("keyboard-dialog").dataset;
  if (undoLast(undoQuestion, undoLabel)) event.preventDefault();
}

/** Binds the keys. */
export function startKeyboard() {
  let waitingSince = -Infinity;
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-open-dialog="keyboard-dialog"]')) fillHelp();
  }, true);
  document.addEventListener("keydown", undoByKey);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (isTyping(event.target)) return;
    const link = event.timeStamp - waitingSince < SEQUENCE_MS && goLinks().find((one) => one.dataset.goKey === event.key);
    waitingSince = -Infinity;
    if (link) {
      location.assign(link.href);
    } else if (event.key === "g") {
      waitingSince = event.timeStamp;
    } else if (event.key === "/") {
      const search = document.querySelector("[data-global-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "n") {
      document.querySelector("[data-register-new]")?.click();
    } else if (event.key === "?") {
      openHelp();
    } else if (event.key === "j" || event.key === "k") {
      moveRow(event.key === "j" ? 1 : -1);
    }
  });
}
