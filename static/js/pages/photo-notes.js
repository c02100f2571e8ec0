/**
 * The window in which a picture of an element is annotated: tools, pointer, saving. The notes themselves: `lib/picture-notes.js`.
 */
import { ask } from "../lib/confirm.js";
import { MAX_NOTES, PictureNotes } from "../lib/picture-notes.js";
import { showToast } from "../lib/toasts.js";

/* global htmx */

const dialog = document.querySelector("[data-photo-notes]");
const part = (name) => dialog.querySelector(`[data-notes-${name}]`);
const texts = dialog.dataset;
const names = { arrow: texts.textArrow, circle: texts.textCircle, pixelate: texts.textPixelate, text: texts.textText };
const layer = part("layer");
let url = "";
let opener = null;

const notes = new PictureNotes(layer, {
  label: (note, number) => `${number} ${names[note.kind]}${note.text ? ` ${note.text}` : ""}`,
  changed: () => {
    part("undo").disabled = !notes.past.length;
    part("remove").disabled = !(notes.chosen >= 0);
    part("save").disabled = !notes.notes.length;
    part("count").textContent = `${notes.notes.length} / ${MAX_NOTES}`;
  },
});

const tool = () => dialog.querySelector('input[name="note-tool"]:checked').value;

/** @param {string} text @param {boolean} [isBad] */
function say(text, isBad = false) {
  part("status").textContent = text;
  part("status").classList.toggle("is-bad", isBad);
}

/** @returns {string | null} the words to write; null when there are none, and the field asks for them */
function words() {
  const text = part("text").value.trim();
  if (text) return text;
  say(texts.textWordsFirst, true);
  part("text").focus();
  return null;
}

/** @param {import("../lib/picture-notes.js").Note} note */
function place(note) {
  if (notes.add(note)) say(texts.textHelp);
  else say(texts.textFull, true);
}

/** A note of the chosen tool in the middle: for who has no pointer. */
function placeInMiddle() {
  const kind = tool();
  if (kind !== "text") place({ kind, x1: 0.4, y1: 0.4, x2: 0.6, y2: 0.6 });
  else {
    const text = words();
    if (text) place({ kind, x1: 0.4, y1: 0.45, text });
  }
  layer.querySelector(`[data-note="${notes.chosen}"]`)?.focus();
}

function startPointer() {
  let drag = null;
  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const { x, y } = notes.placeOf(event);
    const held = event.target.closest("[data-note]");
    if (held) {
      notes.remember();
      notes.choose(Number(held.dataset.note));
      drag = { isNew: false, x, y, isMoved: false };
    } else if (tool() === "text") {
      const text = words();
      if (text) place({ kind: "text", x1: x, y1: y, text });
      return;
    } else {
      const number = notes.notes.length;
      place({ kind: tool(), x1: x, y1: y, x2: x, y2: y });
      if (notes.notes.length === number) return;
      drag = { isNew: true, x, y, isMoved: false };
    }
    layer.setPointerCapture(event.pointerId);
  });
  layer.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const { x, y } = notes.placeOf(event);
    if (drag.isNew) notes.stretchTo(x, y);
    else notes.move(x - drag.x, y - drag.y);
    drag = { ...drag, x, y, isMoved: true };
  });
  const end = () => {
    if (!drag) return;
    if (drag.isNew && notes.isTooSmall()) {
      notes.forget();
      say(texts.textSmall, true);
    } else if (!drag.isNew && !drag.isMoved) {
      notes.past.pop();
      notes.told.changed();
    }
    drag = null;
  };
  layer.addEventListener("pointerup", end);
  layer.addEventListener("pointercancel", end);
}

async function save() {
  say(texts.textSaving);
  part("save").disabled = true;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ notes: notes.notes }) }).catch(() => null);
  const body = await answer?.json().catch(() => null);
  part("save").disabled = false;
  if (answer?.status !== 201) {
    say(body?.message ?? texts.textFailed, true);
    return;
  }
  dialog.close();
  const gallery = { target: "#photo-gallery", swap: "outerHTML" };
  await htmx.ajax("GET", document.querySelector("[data-photos]").dataset.galleryUrl, gallery);
  showToast({ text: body.text, level: "success", action: { label: body.label, run: () => htmx.ajax("POST", body.url, gallery) } });
}

async function leave() {
  if (!notes.notes.length || (await ask(texts.textLeave, texts.textLeaveYes))) dialog.close();
}

/** @param {HTMLElement} card */
function open(card) {
  const image = new Image();
  image.addEventListener("load", () => {
    dialog.showModal();
    notes.open(image);
    say(texts.textHelp);
    layer.focus();
  });
  image.addEventListener("error", () => showToast({ text: texts.textFailed, level: "error" }));
  image.src = card.dataset.full;
  url = card.dataset.annotateUrl;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-photo-annotate]");
  if (!button) return;
  opener = button;
  open(button.closest("[data-photo]"));
});
startPointer();
part("undo").addEventListener("click", () => notes.undo());
part("remove").addEventListener("click", () => notes.remove());
part("place").addEventListener("click", placeInMiddle);
part("save").addEventListener("click", save);
part("close").addEventListener("click", leave);
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leave();
});
dialog.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target !== part("text")) {
    event.preventDefault();
    notes.undo();
  } else if (event.key === "Enter" && (event.target === layer || event.target === part("text"))) {
    event.preventDefault();
    placeInMiddle();
  }
});
dialog.addEventListener("change", (event) => {
  if (event.target.name === "note-tool") part("words").hidden = tool() !== "text";
});
dialog.addEventListener("close", () => {
  notes.notes = [];
  opener?.focus();
});
