/** Accident-prone places: the small map of a row is drawn when it is first opened; the module of maps draws the others at once. */
import { draw } from "./element.js";

/** @param {HTMLElement} box not drawn yet */
function fill(box) {
  box.dataset.placesUrl = box.dataset.spotPlaces;
  delete box.dataset.spotPlaces;
  draw(box).catch(() => {
    box.textContent = box.dataset.failedText;
    box.classList.add("is-empty");
  });
}

/** @param {HTMLElement} link opens or folds the row of its map */
function toggle(link) {
  const row = document.getElementById(link.dataset.spotOpen);
  row.hidden = !row.hidden;
  link.setAttribute("aria-expanded", String(!row.hidden));
  const box = row.querySelector("[data-spot-places]");
  if (box && !row.hidden) fill(box);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const link = event.target.closest("[data-spot-open]");
  // Ctrl and the middle button go to the page of the place, as without a script.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  toggle(link);
});
