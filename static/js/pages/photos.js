/**
 * Pictures of an element: files are chosen, dropped or pasted and sent one after the other; a click opens the large view.
 */
import { showToast } from "../lib/toasts.js";

/* global htmx */

const MAX_BYTES = 20 * 2 ** 20;
const root = document.querySelector("[data-photos]");
const viewer = document.querySelector("[data-photo-viewer]");

/**
 * A row that tells how far a file is.
 * @param {File} file
 */
function uploadRow(file) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  name.className = "photo-upload-name";
  name.textContent = file.name || root.dataset.textPasted;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name.textContent);
  state.className = "photo-upload-state";
  state.textContent = root.dataset.textWaiting;
  row.append(name, bar, state);
  root.querySelector("[data-photo-uploads]").append(row);
  return { row, bar, state };
}

/** @param {XMLHttpRequest} request what the server says, or that it says nothing of use */
function refusal(request) {
  try {
    return JSON.parse(request.responseText).message || root.dataset.textRefused;
  } catch {
    return root.dataset.textRefused;
  }
}

/**
 * Sends one file.
 * @param {File} file
 * @param {ReturnType<typeof uploadRow>} shown
 * @returns {Promise<boolean>} whether it was taken in
 */
function send(file, { row, bar, state }) {
  const refuse = (text) => {
    row.classList.add("is-refused");
    state.textContent = text;
    return false;
  };
  if (file.size > MAX_BYTES) return Promise.resolve(refuse(root.dataset.textLarge));
  const body = new FormData();
  body.append("photos", file, "photo");
  const request = new XMLHttpRequest();
  request.open("POST", root.dataset.uploadUrl);
  request.setRequestHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    state.textContent = event.loaded < event.total ? root.dataset.textSending : root.dataset.textReading;
  });
  return new Promise((resolve) => {
    request.addEventListener("load", () => {
      if (request.status !== 201) return resolve(refuse(refusal(request)));
      state.textContent = root.dataset.textDone;
      bar.value = 1;
      setTimeout(() => row.remove(), 4000);
      return resolve(true);
    });
    request.addEventListener("error", () => resolve(refuse(root.dataset.textFailed)));
    state.textContent = root.dataset.textSending;
    request.send(body);
  });
}

function refresh() {
  return htmx.ajax("GET", root.dataset.galleryUrl, { target: "#photo-gallery", swap: "outerHTML" });
}

let waiting = Promise.resolve();

/** @param {Iterable<File>} files shown at once, sent in turn, also those chosen while others are on their way */
function sendAll(files) {
  const rows = [...files].map((file) => ({ file, shown: uploadRow(file) }));
  waiting = waiting.then(async () => {
    let taken = 0;
    for (const { file, shown } of rows) if (await send(file, shown)) taken += 1;
    if (taken) await refresh();
  });
}

function startUpload() {
  const drop = root.querySelector("[data-photo-drop]");
  if (!drop) return;
  const input = drop.querySelector('input[type="file"]');
  input.addEventListener("change", () => {
    sendAll(input.files);
    input.value = "";
  });
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("is-over");
  });
  root.addEventListener("dragleave", (event) => {
    if (!root.contains(event.relatedTarget)) drop.classList.remove("is-over");
  });
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    sendAll(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    sendAll(files);
  });
}

let at = 0;

/** @returns {HTMLElement[]} */
const cards = () => [...root.querySelectorAll("[data-photo]")];

/** @param {number} index of the picture to show; out of range nothing happens */
function show(index) {
  const all = cards();
  const card = all[index];
  if (!card) return;
  at = index;
  const image = viewer.querySelector("[data-viewer-image]");
  image.src = card.dataset.full;
  image.alt = card.querySelector("img").alt;
  viewer.querySelector("[data-viewer-caption]").textContent = card.querySelector("[data-photo-caption]").textContent;
  viewer.querySelector("[data-viewer-facts]").textContent = card.querySelector("[data-photo-facts]").textContent;
  viewer.querySelector("[data-viewer-count]").textContent = `${index + 1} / ${all.length}`;
  viewer.querySelector('[data-viewer-step="-1"]').disabled = index === 0;
  viewer.querySelector('[data-viewer-step="1"]').disabled = index === all.length - 1;
  if (!viewer.open) viewer.showModal();
}

function startViewer() {
  root.addEventListener("click", (event) => {
    const card = event.target.closest("[data-photo-open]")?.closest("[data-photo]");
    if (card) show(cards().indexOf(card));
    const original = event.target.closest("[data-photo-original]");
    if (original) show(cards().indexOf(document.getElementById(original.dataset.photoOriginal)));
  });
  viewer.addEventListener("click", (event) => {
    const step = event.target.closest("[data-viewer-step]");
    if (step) show(at + Number(step.dataset.viewerStep));
    else if (event.target.closest("[data-viewer-close]")) viewer.close();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "ArrowRight") show(at + 1);
  });
  viewer.addEventListener("close", () => {
    viewer.querySelector("[data-viewer-image]").removeAttribute("src");
    cards()[at]?.querySelector("[data-photo-open]").focus();
  });
}

if (root) {
  startUpload();
  startViewer();
  document.body.addEventListener("photo-removed", ({ detail }) => {
    const run = () => htmx.ajax("POST", detail.url, { target: "#photo-gallery", swap: "outerHTML" });
    showToast({ text: detail.text, level: "success", action: { label: detail.label, run } });
  });
}
