/** Settings, a page with a map: texts of the drawing tool in the reader's language, outlines below what is drawn. */

// A form that is only for reading comes without the map and its tools.
const { L } = window;
const WIDTHS = { SQUADRON: 2.5, DISTRICT: 1 };
const read = (id) => JSON.parse(document.getElementById(id).textContent);

for (const [path, text] of Object.entries(L ? read("drawing-texts") : {})) {
  const names = path.split(".");
  const last = names.pop();
  names.reduce((texts, name) => texts[name], L.drawLocal)[last] = text;
}

window.addEventListener("map:init", (event) => {
  const style = ({ properties }) => ({ className: "area-outline", weight: WIDTHS[properties.kind], fill: false });
  L.geoJSON(read("outlines"), { interactive: false, style }).addTo(event.detail.map);
});
