/** 地址解析: draws the point and its rivals, copies an example; the answer comes as a fragment. */
import { BaseLayer } from "../lib/map-base.js";

const { L } = window;
const COUNTY = [[36.97, 119.55], [37.47, 120.3]];
const form = document.querySelector("[data-address-form]");
const area = document.querySelector("[data-address-answer]");
let ground = null;
let shown = null;

/** @returns {Promise<Object | null>} the ground of the map, asked once */
function readGround() {
  ground ??= fetch(area.dataset.baseUrl).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  return ground;
}

/** @returns {Promise<void>} when the map of the answer, if it has one, is drawn */
async function drawMap() {
  shown?.map.remove();
  shown = null;
  const box = area.querySelector("[data-address-map]");
  if (!box || !L) return;
  const points = JSON.parse(box.dataset.points);
  const map = L.map(box, { attributionControl: false, minZoom: 8, maxZoom: 18 });
  map.createPane("base").style.zIndex = 200;
  map.fitBounds(points.length ? L.latLngBounds(points.map(({ lon, lat }) => [lat, lon])).pad(0.3) : COUNTY, { maxZoom: 14 });
  const base = new BaseLayer().addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  for (const { lon, lat, name, is_answer: isAnswer } of points) {
    const className = isAnswer ? "address-point" : "address-point is-candidate";
    L.circleMarker([lat, lon], { radius: isAnswer ? 9 : 7, className }).bindTooltip(name).addTo(map);
  }
  shown = { map, base };
  const data = await readGround();
  if (data && shown?.map === map) base.setData(data);
}

/** @param {HTMLElement} button beside the example */
async function copyExample(button) {
  const status = button.parentElement.querySelector("[data-address-copied]");
  const example = button.parentElement.querySelector("[data-address-example]");
  try {
    await navigator.clipboard.writeText(example.textContent);
    status.textContent = area.dataset.copied;
  } catch {
    // Without https a browser gives no clipboard: the text is selected, Ctrl+C does the rest.
    getSelection().selectAllChildren(example);
    status.textContent = area.dataset.copyFailed;
  }
}

form.addEventListener("click", (event) => {
  const example = event.target.closest('button[name="example"]');
  if (example) form.elements.text.value = example.value;
});
form.elements.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
area.addEventListener("click", (event) => {
  const button = event.target.closest("[data-address-copy]");
  if (button) copyExample(button);
});
document.body.addEventListener("htmx:afterSwap", (event) => event.detail.target === area && drawMap());
document.addEventListener("platform:theme", () => shown?.base.redraw());
await drawMap();
area.dataset.ready = "true";
