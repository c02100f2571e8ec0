/** The form of a no-go rule: what is drawn on the map stands in the field of coordinates, and the other way round. */
/* global L */

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const box = document.querySelector("[data-no-go-draw]");
const field = document.querySelector('textarea[name="area"]');
const road = document.querySelector('select[name="road"]');
const CITY = [[37.0, 119.55], [37.45, 120.3]];

/** Gives the drawing tool its texts; it speaks English by itself. */
function translateTool() {
  for (const [path, text] of Object.entries(read("drawing-texts"))) {
    const names = path.split(".");
    const last = names.pop();
    names.reduce((texts, name) => texts[name], L.drawLocal)[last] = text;
  }
}

/** @returns {string} colour of the page as it looks now */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const roadStyle = () => ({ color: colour("--platform-quiet"), weight: 1.5, opacity: 0.6 });
const areaStyle = () => ({ color: colour("--platform-bad"), weight: 2, fillOpacity: 0.2 });

/** @param {L.FeatureGroup} drawn what the field shall say: one polygon after the other, holes kept */
function write(drawn) {
  const polygons = drawn.getLayers().flatMap((layer) => {
    const { type, coordinates } = layer.toGeoJSON(6).geometry;
    return type === "MultiPolygon" ? coordinates : [coordinates];
  });
  field.value = polygons.length ? JSON.stringify({ type: "MultiPolygon", coordinates: polygons }) : "";
  if (polygons.length) road.value = "";
}

/** @param {L.FeatureGroup} drawn filled from the field; what cannot be read is left to the server's answer */
function show(drawn) {
  drawn.clearLayers();
  try {
    const { type, coordinates } = JSON.parse(field.value);
    const flip = (ring) => ring.map(([lon, lat]) => [lat, lon]);
    for (const polygon of type === "MultiPolygon" ? coordinates : [coordinates]) drawn.addLayer(L.polygon(polygon.map(flip), areaStyle()));
  } catch {
    drawn.clearLayers();
  }
}

function start() {
  translateTool();
  const map = L.map(box, { attributionControl: false });
  const roads = L.geoJSON(read("road-lines"), { interactive: false, style: roadStyle }).addTo(map);
  const drawn = L.featureGroup().addTo(map);
  show(drawn);
  map.fitBounds(drawn.getLayers().length ? drawn.getBounds().pad(0.5) : CITY);
  L.control.scale({ imperial: false }).addTo(map);
  const shapeOptions = areaStyle();
  map.addControl(new L.Control.Draw({
    draw: { polygon: { allowIntersection: false, shapeOptions }, rectangle: { shapeOptions, showArea: false }, polyline: false, marker: false, circle: false, circlemarker: false },
    edit: { featureGroup: drawn },
  }));
  map.on(L.Draw.Event.CREATED, ({ layer }) => {
    drawn.addLayer(layer);
    write(drawn);
  });
  map.on(L.Draw.Event.EDITED, () => write(drawn));
  map.on(L.Draw.Event.DELETED, () => write(drawn));
  field.addEventListener("change", () => show(drawn));
  road.addEventListener("change", () => {
    if (!road.value) return;
    drawn.clearLayers();
    write(drawn);
  });
  document.addEventListener("platform:theme", () => {
    roads.setStyle(roadStyle());
    drawn.setStyle(areaStyle());
  });
}

if (box) start();
