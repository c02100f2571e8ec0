/** The form of a no-go rule: what is drawn on the map stands in the field of coordinates, and the other way round. */
/* global L */
import { shapeOf } from "../lib/map-shape.js";
import { SnapTargets } from "../lib/map-snap.js";
import { VertexEditor } from "../lib/map-vertices.js";
import { showResult } from "../lib/result-note.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const box = document.querySelector("[data-no-go-draw]");
const field = document.querySelector('textarea[name="area"]');
const road = document.querySelector('select[name="road"]');
const snapping = document.querySelector("[data-no-go-snap]");
const snapNote = document.querySelector("[data-no-go-snapped]");
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

/** @param {L.FeatureGroup} drawn @param {number | false} digits @returns {Object} one polygon after the other, holes kept */
function geometryOf(drawn, digits = false) {
  const coordinates = drawn.getLayers().flatMap((layer) => {
    const { type, coordinates: own } = layer.toGeoJSON(digits).geometry;
    return type === "MultiPolygon" ? own : [own];
  });
  return { type: "MultiPolygon", coordinates };
}

/** @param {L.FeatureGroup} drawn what the field shall say */
function write(drawn) {
  const polygons = geometryOf(drawn, 6).coordinates;
  field.value = polygons.length ? JSON.stringify({ type: "MultiPolygon", coordinates: polygons }) : "";
  if (polygons.length) road.value = "";
}

/** @param {L.FeatureGroup} drawn @param {Object} geometry that it shall hold */
function fill(drawn, { type, coordinates }) {
  const flip = (ring) => ring.map(([lon, lat]) => [lat, lon]);
  drawn.clearLayers();
  for (const polygon of type === "MultiPolygon" ? coordinates : [coordinates]) drawn.addLayer(L.polygon(polygon.map(flip), areaStyle()));
}

/** @param {L.FeatureGroup} drawn filled from the field; what cannot be read is left to the server's answer */
function show(drawn) {
  try {
    fill(drawn, JSON.parse(field.value));
  } catch {
    drawn.clearLayers();
  }
}

/** The roads that are drawn below: a banned quarter ends at one. @param {Object} map @returns {SnapTargets} */
function roadTargets(map, lines) {
  const targets = new SnapTargets(map);
  for (const { geometry, properties } of lines.features) targets.add(geometry, properties.label);
  return targets;
}

/** What was just drawn, its corners on the roads near them. @param {Object} layer @param {SnapTargets} targets */
function snapDrawn(layer, targets) {
  if (snapping.checked) layer.setLatLngs(layer.getLatLngs().map((ring) => ring.map((corner) => targets.nearest(corner)?.latlng ?? corner)));
}

/** Says to which road a corner snapped. */
function showSnap({ snapped }) {
  const { snappedCorner, snappedEdge } = box.dataset;
  snapNote.textContent = snapped ? (snapped.isCorner ? snappedCorner : snappedEdge).replace("{name}", snapped.name) : "";
}

/** Undo and redo beside the map, with how many steps there are. */
function showSteps(editor, state) {
  for (const name of ["undo", "redo"]) {
    const button = document.querySelector(`[data-no-go-step="${name}"]`);
    button.disabled = !state[name];
    button.querySelector("[data-count]").textContent = state[name];
    button.onclick = () => editor[name]();
  }
}

/**
 * Corners of what is drawn; every change goes to the field, every whole polygon that comes or goes is a step as well.
 * @param {Object} map @param {L.FeatureGroup} drawn @param {SnapTargets} snap @returns {VertexEditor}
 */
function editCorners(map, drawn, snap) {
  const { vertexTitle: vertex, middleTitle: middle } = box.dataset;
  const editor = new VertexEditor(map, {
    snap,
    titles: { vertex, middle },
    onChange: (state) => {
      showSteps(editor, state);
      showSnap(state);
      if (state.isDragging || editor.shape === editor.written) return;
      editor.written = editor.shape;
      fill(drawn, editor.geometry());
      write(drawn);
    },
  });
  editor.forget(shapeOf(geometryOf(drawn)));
  // The field stays as it came until something is changed.
  editor.written = editor.shape;
  editor.setActive(true);
  return editor;
}

function start() {
  translateTool();
  const map = L.map(box, { attributionControl: false });
  const lines = read("road-lines");
  const roads = L.geoJSON(lines, { interactive: false, style: roadStyle }).addTo(map);
  const drawn = L.featureGroup().addTo(map);
  show(drawn);
  const first = drawn.getLayers().length ? drawn.getBounds().pad(0.5) : roads.getBounds();
  map.fitBounds(first.isValid() ? first : CITY);
  L.control.scale({ imperial: false }).addTo(map);
  const shapeOptions = areaStyle();
  map.addControl(new L.Control.Draw({
    draw: { polygon: { allowIntersection: false, shapeOptions }, rectangle: { shapeOptions, showArea: false }, polyline: false, marker: false, circle: false, circlemarker: false },
    edit: { featureGroup: drawn, edit: false },
  }));
  const targets = roadTargets(map, lines);
  const editor = editCorners(map, drawn, targets);
  snapping.addEventListener("change", () => (editor.isSnapping = snapping.checked));
  map.on(L.Draw.Event.CREATED, ({ layer }) => {
    snapDrawn(layer, targets);
    drawn.addLayer(layer);
    editor.replace(geometryOf(drawn));
  });
  map.on(L.Draw.Event.DELETED, () => editor.replace(geometryOf(drawn)));
  // One tool at a time: corners are no places to draw on.
  map.on(`${L.Draw.Event.DRAWSTART} ${L.Draw.Event.DELETESTART}`, () => editor.setActive(false));
  map.on(`${L.Draw.Event.DRAWSTOP} ${L.Draw.Event.DELETESTOP}`, () => editor.setActive(true));
  field.addEventListener("change", () => {
    show(drawn);
    if (drawn.getLayers().length) editor.replace(geometryOf(drawn));
  });
  road.addEventListener("change", () => {
    if (road.value && drawn.getLayers().length) editor.replace({ type: "MultiPolygon", coordinates: [] });
  });
  document.addEventListener("platform:theme", () => {
    roads.setStyle(roadStyle());
    drawn.setStyle(areaStyle());
  });
}

showResult();
if (box) start();
