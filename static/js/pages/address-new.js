/**
 * A new address: the point on a map, the names of the chosen town, the map near what is above the address, sending once.
 * What it would become is asked for by htmx; the form is the server's and works without this module.
 */
import { startPoint } from "../lib/map-point.js";

const NEAR_ZOOM = 15;
const form = document.querySelector("form[data-address-new]");
const look = document.getElementById("address-look");

/** @param {string} url @returns {Promise<Object | null>} */
async function read(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** Lists of the town that was chosen; a slower answer for an older town is dropped. */
function startNames() {
  const box = document.getElementById("address-names");
  const { town } = form.elements;
  const url = town.closest("[data-names-url]").dataset.namesUrl;
  let shown = town.value.trim();
  town.addEventListener("change", async () => {
    const asked = town.value.trim();
    if (asked === shown) return;
    shown = asked;
    const answer = await fetch(`${url}?${new URLSearchParams({ town: asked })}`).catch(() => null);
    if (answer?.ok && asked === shown) box.innerHTML = await answer.text();
  });
}

async function startPlace() {
  const { L } = window;
  const box = form.querySelector("[data-address-map]");
  if (!box || !L) return;
  const { BaseLayer } = await import("../lib/map-base.js");
  const { map, look: show } = startPoint(box, form.elements);
  map.createPane("base").style.zIndex = 200;
  const base = new BaseLayer().addTo(map);
  document.addEventListener("platform:theme", () => base.redraw());
  const { lon, lat } = form.elements;
  let near = "";
  // While no point is set, the map goes where the address hangs.
  const approach = () => {
    const at = look.querySelector("[data-lon]")?.dataset;
    const here = at ? `${at.lat},${at.lon}` : "";
    if (!here || here === near || lon.value || lat.value) return;
    near = here;
    map.setView([Number(at.lat), Number(at.lon)], NEAR_ZOOM);
  };
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === look) approach();
  });
  const [ground, areas] = await Promise.all([read(box.dataset.baseUrl), read(box.dataset.areasUrl)]);
  if (ground) base.setData(ground);
  if (areas) {
    const layer = L.geoJSON(areas, { interactive: false, style: { className: "register-area" } }).addTo(map);
    if (layer.getLayers().length) map.fitBounds(layer.getBounds(), { padding: [12, 12] });
  }
  show();
  approach();
}

form.addEventListener("submit", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
});
// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
});
startNames();
startPlace();
const wrong = form.querySelector(".form-row-bad :is(input, select)");
(wrong ?? form.elements.town).focus();
