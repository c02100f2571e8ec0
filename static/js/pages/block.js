/**
 * The block sheet: its small map, taking "seen" back, and paper on which everything is open.
 */
/* global L, htmx */
import { showToast } from "../lib/toasts.js";

/** @returns {(name: string) => string} colours of the page as it looks now */
function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

/** @param {string} role block or element */
function look(role) {
  const colour = colours();
  const accent = colour("--platform-accent");
  if (role === "block") return { color: colour("--platform-quiet"), weight: 1.5, fillColor: accent, fillOpacity: 0.08, interactive: false };
  return { radius: 5, color: colour("--platform-surface"), weight: 1, fillColor: accent, fillOpacity: 0.85 };
}

/**
 * Fills the box. A dot tells its kind; what it is called stands on its page.
 * @param {HTMLElement} box
 */
async function draw(box) {
  const answer = await fetch(box.dataset.placesUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const places = await answer.json();
  const map = L.map(box, { attributionControl: false, scrollWheelZoom: false, preferCanvas: true });
  const layer = L.geoJSON(places, {
    style: (feature) => look(feature.properties.role),
    pointToLayer: (feature, at) => L.circleMarker(at, look(feature.properties.role)),
    onEachFeature: (feature, one) => {
      if (feature.properties.role === "block") return;
      one.bindTooltip(document.createTextNode(feature.properties.label));
      one.on("click", () => window.location.assign(feature.properties.url));
    },
  }).addTo(map);
  map.fitBounds(layer.getBounds(), { padding: [12, 12], maxZoom: 18 });
  L.control.scale({ imperial: false }).addTo(map);
  document.addEventListener("platform:theme", () => layer.setStyle((feature) => look(feature.properties.role)));
}

for (const box of document.querySelectorAll(".block-map")) {
  const start = () =>
    draw(box).catch(() => {
      box.textContent = box.dataset.failedText;
      box.classList.add("is-empty");
    });
  // The module may come before the library, which is deferred as well.
  if (window.L) start();
  else window.addEventListener("load", start, { once: true });
}

document.body.addEventListener("block-seen", (event) => {
  const { text, undo, earlier } = event.detail;
  const url = document.getElementById("block-feed").dataset.seenUrl;
  const run = () => htmx.ajax("POST", url, { target: "#block-feed", swap: "outerHTML", values: { restore: earlier } });
  showToast({ text, level: "success", action: { label: undo, run } });
});

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
const closed = new Set();
window.addEventListener("beforeprint", () => {
  for (const item of document.querySelectorAll("details.block-item:not([open])")) {
    closed.add(item);
    item.open = true;
  }
});
window.addEventListener("afterprint", () => {
  for (const item of closed) item.open = false;
  closed.clear();
});
