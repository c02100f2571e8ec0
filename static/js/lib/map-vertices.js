/**
 * Vertices of a polygon on the map: dragged, put in between, taken out, nudged by keys; snapped; every step undone.
 *
 * Handles are shown where they are in sight and not too dense; zooming in shows the rest. On plain Leaflet.
 */
import { crossings, geometryOf, shapeOf, squareMetres } from "./map-shape.js";

const { L } = window;
const MOST_STEPS = 500;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const isFinger = window.matchMedia("(pointer: coarse)").matches;
const SIZE = isFinger ? 40 : 20;
const DENSE = isFinger ? 28 : 14;
const ROOM_FOR_MIDDLE = isFinger ? 84 : 40;

/** @typedef {{polygon: number, ring: number, i: number}} Place of a vertex in the shape */

/** The shape with another ring in a place; what is not touched is shared. */
function withRing(shape, { polygon, ring }, corners) {
  return shape.map((rings, p) => (p === polygon ? rings.map((old, r) => (r === ring ? corners : old)) : rings));
}

const isSame = (one, two) => Boolean(one && two) && ["polygon", "ring", "i"].every((key) => one[key] === two[key]);

export class VertexEditor {
  /**
   * @param {Object} map
   * @param {{snap?: {nearest: Function}, titles?: {vertex: string, middle: string}, onChange?: (state: Object) => void}} options
   */
  constructor(map, { snap = null, titles = {}, onChange = () => {} } = {}) {
    Object.assign(this, { map, snap, titles, onChange, isSnapping: true, isActive: true });
    this.forget([]);
    this.group = L.layerGroup().addTo(map);
    this.path = L.polygon([], { className: "vertex-area", interactive: false }).addTo(this.group);
    this.marks = L.layerGroup().addTo(this.group);
    this.handles = L.layerGroup().addTo(this.group);
    map.on("zoomend moveend", () => this.isActive && !this.drag && this._draw());
    map.on("click", () => this.isActive && this._select(null));
    map.getContainer().addEventListener("keydown", (event) => this._key(event));
    document.addEventListener("keydown", (event) => this._undoKey(event));
  }

  /** Starts from a geometry; nothing before it can be undone. @param {Object} geometry GeoJSON polygon */
  start(geometry) {
    this.forget(shapeOf(geometry));
    this._draw();
    this._tell();
  }

  forget(shape) {
    Object.assign(this, { shape, first: shape, past: [], future: [], chosen: null, drag: null });
  }

  /** A whole new geometry as one step. @param {Object} geometry GeoJSON polygon */
  replace(geometry) {
    this._step(shapeOf(geometry), null);
  }

  /** Back to where it started, as one step. */
  reset() {
    if (this.shape !== this.first) this._step(this.first, null);
  }

  /** @returns {Object} GeoJSON MultiPolygon */
  geometry() {
    return geometryOf(this.shape);
  }

  get isChanged() {
    return this.shape !== this.first;
  }

  /** Hides the handles and stops listening, or begins again; the drawing stays. @param {boolean} isActive */
  setActive(isActive) {
    this.isActive = isActive;
    if (isActive) this.group.addTo(this.map);
    else this.group.remove();
    this._draw();
    this._tell();
  }

  undo() {
    if (!this.past.length || this.drag) return;
    this.future.push(this.shape);
    this._show(this.past.pop(), this.chosen);
  }

  redo() {
    if (!this.future.length || this.drag) return;
    this.past.push(this.shape);
    this._show(this.future.pop(), this.chosen);
  }

  /** Takes the chosen vertex out. @returns {boolean} false: there is none, or a ring of three keeps its corners */
  remove(place = this.chosen) {
    const ring = place && this._ring(place);
    if (!ring || ring.length <= 3) return false;
    this._step(withRing(this.shape, place, ring.toSpliced(place.i, 1)), null);
    return true;
  }

  _ring({ polygon, ring }) {
    return this.shape[polygon][ring];
  }

  _step(shape, chosen) {
    this.past = [...this.past, this.shape].slice(-MOST_STEPS);
    this.future = [];
    this._show(shape, chosen);
  }

  _show(shape, chosen = null) {
    const stillThere = chosen && shape[chosen.polygon]?.[chosen.ring]?.[chosen.i];
    Object.assign(this, { shape, chosen: stillThere ? chosen : null });
    this._draw();
    this._tell();
  }

  _tell(more = {}) {
    const shape = this.drag?.shape ?? this.shape;
    const places = crossings(shape);
    this.marks.clearLayers();
    for (const place of places) L.circleMarker(place, { radius: 9, className: "vertex-crossing", interactive: false }).addTo(this.marks);
    if (more.snapped) L.circleMarker(more.snapped.latlng, { radius: 12, className: "vertex-snapped", interactive: false }).addTo(this.marks);
    const state = {
      undo: this.past.length, redo: this.future.length, squareMetres: squareMetres(shape), crossings: places.length,
      vertices: shape.flat().reduce((sum, ring) => sum + ring.length, 0), chosen: this.chosen, snapped: null,
      isDragging: Boolean(this.drag), isChanged: this.isChanged,
    };
    this.onChange({ ...state, ...more });
  }

  _draw() {
    const hadFocus = this.map.getContainer().contains(document.activeElement) && document.activeElement.closest(".vertex-handle");
    this.path.setLatLngs(this.shape);
    this.handles.clearLayers();
    if (!this.isActive) return;
    const seen = this.map.getBounds().pad(0.1);
    this.shape.forEach((rings, polygon) => rings.forEach((ring, number) => this._drawRing(ring, { polygon, ring: number }, seen)));
    if (hadFocus) this._chosenElement()?.focus({ preventScroll: true });
  }

  _drawRing(ring, where, seen) {
    let last = null;
    const points = ring.map((corner) => this.map.latLngToLayerPoint(corner));
    ring.forEach((corner, i) => {
      const place = { ...where, i };
      const isDense = last && points[i].distanceTo(last) < DENSE && !isSame(place, this.chosen);
      if (isDense || !seen.contains(corner)) return;
      last = points[i];
      this._handle(corner, place, false);
      const next = (i + 1) % ring.length;
      if (points[i].distanceTo(points[next]) < ROOM_FOR_MIDDLE) return;
      const middle = this.map.layerPointToLatLng(points[i].add(points[next]).divideBy(2));
      this._handle([middle.lat, middle.lng], place, true);
    });
  }

  _handle(corner, place, isMiddle) {
    const className = `vertex-handle${isMiddle ? " is-middle" : ""}${!isMiddle && isSame(place, this.chosen) ? " is-chosen" : ""}`;
    const title = (isMiddle ? this.titles.middle : this.titles.vertex) ?? "";
    const icon = L.divIcon({ className, iconSize: [SIZE, SIZE] });
    const marker = L.marker(corner, { icon, draggable: true, autoPan: true, title, alt: title, keyboard: !isMiddle, zIndexOffset: isMiddle ? 0 : 500 });
    marker.place = isMiddle ? null : place;
    marker.on("dragstart", () => this._beginDrag(place, isMiddle));
    marker.on("drag", () => this._dragTo(marker));
    marker.on("dragend", () => this._endDrag());
    marker.on("click", (event) => {
      L.DomEvent.stop(event);
      if (isMiddle) this._insert(place, corner);
      else this._select(place);
    });
    marker.on("contextmenu", (event) => {
      L.DomEvent.stop(event);
      if (!isMiddle && !this.remove(place)) this._tell({ isRefused: true });
    });
    marker.addTo(this.handles);
  }

  _insert(place, corner) {
    const ring = this._ring(place).toSpliced(place.i + 1, 0, corner);
    this._step(withRing(this.shape, place, ring), { ...place, i: place.i + 1 });
  }

  _beginDrag(place, isMiddle) {
    const ring = isMiddle ? this._ring(place).toSpliced(place.i + 1, 0, null) : this._ring(place);
    this.drag = { place: isMiddle ? { ...place, i: place.i + 1 } : place, ring, shape: this.shape };
    this.chosen = this.drag.place;
  }

  _dragTo(marker) {
    const snapped = this.isSnapping ? (this.snap?.nearest(marker.getLatLng()) ?? null) : null;
    if (snapped) marker.setLatLng(snapped.latlng);
    marker.getElement()?.classList.toggle("is-snapped", Boolean(snapped));
    const { lat, lng } = marker.getLatLng();
    const { place, ring } = this.drag;
    this.drag.shape = withRing(this.shape, place, ring.with(place.i, [lat, lng]));
    this.drag.snapped = snapped;
    this.path.setLatLngs(this.drag.shape);
    this._tell({ snapped });
  }

  _endDrag() {
    const { shape, place, snapped } = this.drag;
    this.drag = null;
    if (shape === this.shape) return this._show(this.shape, place);
    this._step(shape, place);
    return this._tell({ snapped });
  }

  _select(place) {
    this.chosen = place;
    this._draw();
    this._chosenElement()?.focus({ preventScroll: true });
    this._tell();
  }

  _chosenElement() {
    return this.handles.getLayers().find((marker) => isSame(marker.place, this.chosen))?.getElement();
  }

  /** One pixel by an arrow, ten with Shift. */
  _nudge([east, south], far) {
    const ring = this._ring(this.chosen);
    const pixels = L.point(east, south).multiplyBy(far ? 10 : 1);
    const { lat, lng } = this.map.unproject(this.map.project(ring[this.chosen.i]).add(pixels));
    this._step(withRing(this.shape, this.chosen, ring.with(this.chosen.i, [lat, lng])), this.chosen);
    if (!this._chosenElement()?.matches(":focus")) this._chosenElement()?.focus({ preventScroll: true });
  }

  _key(event) {
    if (!this.isActive || !this.chosen || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) this._nudge(ARROWS[event.key], event.shiftKey);
    else if (event.key === "Delete" || event.key === "Backspace") {
      if (!this.remove()) this._tell({ isRefused: true });
    } else if (event.key === "Escape") this._select(null);
    else return;
    // The map would move by the same key.
    event.preventDefault();
    event.stopPropagation();
  }

  _undoKey(event) {
    if (!this.isActive || !(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.redo();
    else this.undo();
  }
}
