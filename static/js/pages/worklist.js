/**
 * Worklist of address texts: keys 1–8 choose a candidate of the current card, `n` goes to the next, `u` undoes what was last
 * decided; many proposals are ticked and accepted at once.
 */
import { showToast } from "../lib/toasts.js";

/** The note of the last decision; its undo is of no use once it was pressed elsewhere. @type {HTMLElement | null} */
let note = null;

/** @returns {HTMLElement[]} cards that wait for a decision */
function cards() {
  return [...document.querySelectorAll("[data-card]:not([data-done])")];
}

/** @returns {HTMLElement | null} */
function current() {
  return document.querySelector("[data-card].is-current");
}

/** @param {HTMLElement | undefined} card */
function choose(card) {
  if (!card) return;
  current()?.classList.remove("is-current");
  card.classList.add("is-current");
  card.scrollIntoView({ block: "nearest" });
  card.focus({ preventScroll: true });
}

/** The open card after the current one, the first when there is none. */
function next() {
  const all = [...document.querySelectorAll("[data-card]")];
  const from = all.indexOf(current());
  choose(all.slice(from + 1).find((card) => !("done" in card.dataset)) ?? cards()[0]);
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
    if (/^[1-8]$/.test(event.key)) {
      if (!current()) next();
      current()?.querySelector(`[data-candidate="${event.key}"]`)?.click();
    } else if (event.key === "n") {
      next();
    } else if (event.key === "u") {
      [...document.querySelectorAll("[data-undo-decision]")].find((button) => button.dataset.last)?.click();
    } else {
      return;
    }
    event.preventDefault();
    // The frame's own `n` would open a form.
    event.stopImmediatePropagation();
  }, true);
}

/** What was shown or done after an answer of the server. */
function startAnswers() {
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.elt;
    target.querySelector?.("[data-apply]")?.focus();
    const done = target.matches?.("[data-done]") ? target : null;
    if (done) showDone(done);
    else if (target.matches?.("[data-card]")) {
      note?.remove();
      choose(target);
    }
    showChosen();
  });
  document.addEventListener("click", (event) => {
    const close = event.target.closest?.("[data-close-effect]");
    if (!close) return;
    const card = close.closest("[data-card]");
    close.closest(".worklist-effect").replaceChildren();
    choose(card);
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest?.("[data-card]");
    if (!card || card === current()) return;
    current()?.classList.remove("is-current");
    card.classList.add("is-current");
  });
}

/** @param {HTMLElement} card that was decided */
function showDone(card) {
  const button = card.querySelector("[data-undo-decision]");
  for (const other of document.querySelectorAll("[data-undo-decision]")) delete other.dataset.last;
  button.dataset.last = "1";
  note = showToast({
    text: card.querySelector("[data-done-text]").textContent,
    level: card.classList.contains("is-conflict") ? "warning" : "success",
    action: { label: document.querySelector("[data-worklist]").dataset.undoLabel, run: () => button.click() },
  });
  current()?.classList.remove("is-current");
  card.classList.add("is-current");
  next();
}

/** Number of the ticked proposals, and whether they may be accepted. */
function showChosen() {
  const button = document.querySelector("[data-accept]");
  if (!button) return;
  const boxes = [...document.querySelectorAll("[data-choose]")];
  const number = boxes.filter((box) => box.checked).length;
  button.disabled = number === 0;
  button.textContent = button.dataset.text.replace("{n}", String(number));
  const page = document.querySelector("[data-choose-page]");
  page.checked = number > 0 && number === boxes.length;
  page.indeterminate = number > 0 && !page.checked;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-page]")) {
    for (const box of document.querySelectorAll("[data-choose]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-choose], [data-choose-page]")) showChosen();
});
window.addEventListener("pageshow", showChosen);
startKeys();
startAnswers();
showChosen();
