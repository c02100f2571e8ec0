/**
 * Suspected duplicates and merges: what was just done becomes a note with undo; rows are chosen by mouse or keys
 * (`x` select, `m` merge, `d` not the same); the preview follows which of the two stays.
 */
import { showResult } from "../lib/result-note.js";

/* global htmx */

/** @returns {HTMLInputElement[]} */
function boxes() {
  return [...document.querySelectorAll("[data-choose]")];
}

/** Number of the chosen pairs, and what may be pressed. */
function showChosen() {
  const count = document.querySelector("[data-chosen-count]");
  if (!count) return;
  const all = document.querySelector("[data-choose-all]");
  const page = document.querySelector("[data-choose-page]");
  const chosen = boxes().filter((box) => box.checked);
  const number = all.checked ? Number(count.dataset.all) : chosen.length;
  count.textContent = count.dataset.text.replace("{n}", String(number));
  page.checked = chosen.length > 0 && chosen.length === boxes().length;
  page.indeterminate = chosen.length > 0 && !page.checked;
  for (const box of boxes()) {
    box.disabled = all.checked;
    box.closest("tr").classList.toggle("is-chosen", all.checked || box.checked);
  }
  for (const button of document.querySelectorAll(".judge-bar .judge-buttons button")) button.disabled = number === 0;
}

function startChoosing() {
  const bar = document.getElementById("judge-form");
  if (!bar) return;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-page]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches("[data-choose], [data-choose-page], [data-choose-all]")) showChosen();
  });
  // Boxes that the browser ticked again after going back.
  window.addEventListener("pageshow", showChosen);
  showChosen();
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select") !== null;
}

/** @param {KeyboardEvent} event */
function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && !document.querySelector("dialog[open]");
}

function startKeys() {
  let afterGo = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (!isPlain(event) || isTyping(event.target)) return;
    // `g` and a letter goes to a page.
    const isGoing = event.timeStamp - afterGo < 1500;
    afterGo = event.key === "g" ? event.timeStamp : -Infinity;
    if (isGoing) return;
    const current = document.querySelector("tr.is-current [data-choose]");
    if (event.key === "x" && current && !current.disabled) {
      current.checked = !current.checked;
      showChosen();
    } else if (event.key === "m" || event.key === "d") {
      press(event, current);
    }
  });
}

/**
 * Presses the button of a key; with nothing chosen the current row is meant.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement | null} current
 */
function press(event, current) {
  const button = document.querySelector(`[data-key="${event.key}"]`);
  if (!button) return;
  const nothing = !document.querySelector("[data-choose-all]:checked") && boxes().every((box) => !box.checked);
  if (current && nothing) {
    current.checked = true;
    showChosen();
  }
  event.preventDefault();
  button.type === "submit" ? button.focus() : button.click();
}

function startMergeForm() {
  const form = document.querySelector("[data-merge-form]");
  if (!form) return;
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keep]")) return;
    const other = [...form.querySelectorAll("[data-keep]")].find((radio) => !radio.checked);
    form.querySelector("[data-drop]").value = other.value;
    htmx.trigger("#merge-preview", "preview");
  });
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-close-dialog]")?.closest("dialog")?.close("cancel");
});
showResult();
startChoosing();
startKeys();
startMergeForm();
