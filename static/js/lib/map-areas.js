/**
 * Outlines of squadrons, districts and grids of the scope, with their names.
 */
import { CanvasLayer, Room, colour, isInView, label, toParts, trace } from "./map-canvas.js";

const FAMILY = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif';
// Widest first, so that finer lines lie over coarser ones. `from` and `named` are zooms.
export const AREA_LEVELS = {
  GRID: { from: 12, named: 14, width: 0.75, dash: [3, 3] },
  DISTRICT: { from: 8, named: 11, width: 1.25, dash: [8, 3] },
  SQUADRON: { from: 7, named: 9, width: 2.5, dash: [] },
};

/** Centre of the largest ring: good enough for a name. */
function centre(parts) {
  let best = [0, 0];
  let largest = -1;
  for (const part of parts) {
    let [area, x, y] = [0, 0, 0];
    for (let i = 0; i + 3 < part.length; i += 2) {
      const cross = (part[i] - part[0]) * (part[i + 3] - part[1]) - (part[i + 2] - part[0]) * (part[i + 1] - part[1]);
      area += cross;
      x += (part[i] + part[i + 2] - 2 * part[0]) * cross;
      y += (part[i + 1] + part[i + 3] - 2 * part[1]) * cross;
    }
    if (Math.abs(area) <= largest || area === 0) continue;
    largest = Math.abs(area);
    best = [part[0] + x / (3 * area), part[1] + y / (3 * area)];
  }
  return best;
}

export const AreaLayer = CanvasLayer.extend({
  // `textPx`: size of names.
  options: { padding: 0.15, pane: "areas", textPx: 14 },

  /** @param {string} kind @param {Object} collection GeoJSON of that kind */
  setData(kind, collection) {
    this._levels ??= {};
    this._levels[kind] = collection.features.map((feature) => {
      const shape = toParts(feature.geometry);
      return { ...feature.properties, ...shape, centre: centre(shape.parts) };
    });
    this.redraw();
  },

  /** @param {string} kind @returns {boolean} */
  has(kind) {
    return Boolean(this._levels?.[kind]);
  },

  /** @param {Set<string>} kinds the levels to draw */
  show(kinds) {
    this._shown = kinds;
    this.redraw();
  },

  /** @param {string} id the area of the filter, filled; "" for none */
  choose(id) {
    this._chosen = String(id);
    this.redraw();
  },

  /** @param {string} [id] one area, else all @returns {number[] | null} west, north, east, south in units of the world */
  boxOf(id) {
    const all = Object.values(this._levels ?? {}).flat();
    const boxes = all.filter((area) => id === undefined || String(area.id) === String(id)).map((area) => area.box);
    if (!boxes.length) return null;
    const edge = (side, choose) => choose(...boxes.map((box) => box[side]));
    return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
  },

  draw(context, view) {
    const room = new Room();
    for (const [kind, level] of Object.entries(AREA_LEVELS)) {
      const areas = (this._levels?.[kind] ?? []).filter((area) => isInView(area.box, view));
      this._fillChosen(context, areas, view);
      if (this._shown?.has(kind) && view.zoom >= level.from) this._outlines(context, areas, level, view);
    }
    for (const [kind, level] of Object.entries(AREA_LEVELS).reverse()) {
      if (this._shown?.has(kind) && view.zoom >= level.named) this._names(context, this._levels?.[kind] ?? [], room, view);
    }
  },

  _fillChosen(context, areas, view) {
    const chosen = areas.find((area) => String(area.id) === this._chosen);
    if (!chosen) return;
    trace(context, chosen.parts, view);
    context.fillStyle = colour("--map-chosen");
    context.fill("evenodd");
  },

  _outlines(context, areas, level, view) {
    context.strokeStyle = colour("--map-area");
    context.lineWidth = level.width;
    context.setLineDash(level.dash);
    for (const area of areas) {
      trace(context, area.parts, view);
      context.stroke();
    }
    context.setLineDash([]);
  },

  _names(context, areas, room, view) {
    const size = this.options.textPx;
    const paint = { fill: colour("--map-area"), halo: colour("--map-land"), font: `600 ${size}px ${FAMILY}` };
    for (const area of areas) {
      const [x, y] = [area.centre[0] * view.scale - view.left, area.centre[1] * view.scale - view.top];
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      if (room.take(x, y, area.name.length * size + 8, size + 8)) label(context, area.name, x, y, paint);
    }
  },
});
