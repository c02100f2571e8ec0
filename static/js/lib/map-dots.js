/**
 * Dots and cells of one layer: which tiles are needed, how they are drawn, what lies under the pointer.
 */
import { CanvasLayer } from "./map-canvas.js";
import { cellRadius, drawCell, drawMark, drawStack, drawSymbol, palette } from "./map-symbols.js";
import { TileLoader } from "./tile-loader.js";

// A tile is drawn 512 px wide: one zoom below the map's.
const TILE_ZOOM_BELOW = 1;
const MAX_TILE_ZOOM = 16;
const CELLS_LOG2 = 4;
const MERGED_PX = 64; // side of two by two cells on the screen
const STACK_ZOOM = 16;

/** Two by two cells as one, at the mean place of what they hold. */
function mergeCells(points, tileZoom) {
  const cells = new Map();
  const side = 2 ** (tileZoom + CELLS_LOG2 - 1);
  for (const point of points) {
    const key = `${Math.floor(point.x * side)}/${Math.floor(point.y * side)}`;
    const cell = cells.get(key) ?? { isCell: true, total: 0, counts: {}, x: 0, y: 0 };
    cell.counts[point.kind] = (cell.counts[point.kind] ?? 0) + point.count;
    cell.x += point.x * point.count;
    cell.y += point.y * point.count;
    cell.total += point.count;
    cells.set(key, cell);
  }
  return [...cells.values()].map((cell) => {
    // No farther from the middle than its circle stays inside: circles never lie over each other.
    const play = Math.max(0, MERGED_PX / 2 - cellRadius(cell.total)) / MERGED_PX;
    const near = (sum) => {
      const place = (sum / cell.total) * side;
      const middle = Math.floor(place) + 0.5;
      return (middle + Math.max(-play, Math.min(play, place - middle))) / side;
    };
    return { ...cell, x: near(cell.x), y: near(cell.y) };
  });
}

/** @param {number} zoom @returns {number} pixels */
function dotRadius(zoom) {
  return Math.min(8, 4.5 + Math.max(0, zoom - 13) * 0.7);
}

export const DotLayer = CanvasLayer.extend({
  options: { padding: 0.15, pane: "dots", url: "", layer: "elements", changed: () => {} },

  initialize(options) {
    CanvasLayer.prototype.initialize.call(this, options);
    this._loader = new TileLoader(this.options.url, this.options.layer, () => this._arrived());
    this._items = [];
    this._marks = { hovered: null, chosen: null };
  },

  /** @param {string} query parameters of the tiles */
  setQuery(query) {
    if (query === this._loader.query && this._loader.tiles.size) return;
    this._loader.setQuery(query);
    this._collect();
  },

  /** Asks for every tile anew. */
  refresh() {
    this._loader.setQuery(this._loader.query);
    this._collect();
  },

  moved() {
    this._collect();
  },

  /** What the tiles in view say: for the notes of the page. */
  status() {
    const tiles = this._map ? this._wanted() : [];
    return {
      loading: tiles.some((tile) => tile.status === "loading"),
      error: tiles.find((tile) => tile.status === "error")?.error ?? null,
      narrow: tiles.some((tile) => tile.state === "narrow"),
      thinned: tiles.some((tile) => tile.state === "thinned"),
    };
  },

  /** Rings around a place: what is pointed at, what is chosen. @param {"hovered" | "chosen"} name @param {?{x: number, y: number}} place */
  mark(name, place) {
    if (this._marks[name] === place) return;
    this._marks[name] = place;
    this.redraw();
  },

  /** @param {number} id @returns {?{x: number, y: number}} where the dot is, if it is loaded */
  find(id) {
    return this._items.find((item) => item.id === id) ?? null;
  },

  /**
   * Everything under a point of the map's container, the nearest first.
   * @param {number} reach pixels
   */
  hit(containerPoint, reach) {
    if (!this._map) return [];
    const view = this.view();
    const at = this.fromContainer(containerPoint);
    const hits = [];
    for (const item of this._items) {
      const distance = Math.hypot(item.x * view.scale - view.left - at.x, item.y * view.scale - view.top - at.y);
      if (distance <= (item.isCell ? cellRadius(item.total) : reach)) hits.push({ ...item, distance });
    }
    return hits.sort((a, b) => a.distance - b.distance);
  },

  draw(context, view) {
    const colours = palette();
    const isAddress = this.options.layer === "addresses";
    const stacks = new Map();
    const r = dotRadius(view.zoom) * (isAddress ? 0.8 : 1);
    for (const item of this._items) {
      const [x, y] = [item.x * view.scale - view.left, item.y * view.scale - view.top];
      if (x < -30 || y < -30 || x > view.width + 30 || y > view.height + 30) continue;
      if (item.isCell) {
        drawCell(context, item.counts, item.total, x, y, colours, this.options.layer);
        continue;
      }
      drawSymbol(context, item.kind, x, y, r, colours);
      const key = `${Math.round(x)}/${Math.round(y)}`;
      const stack = stacks.get(key);
      if (stack) stack.count += 1;
      else stacks.set(key, { x, y, count: 1 });
    }
    if (view.zoom >= STACK_ZOOM) {
      for (const stack of stacks.values()) if (stack.count > 1) drawStack(context, stack.count, stack.x, stack.y, colours);
    }
    for (const [name, place] of Object.entries(this._marks)) {
      if (place) drawMark(context, place.x * view.scale - view.left, place.y * view.scale - view.top, r + 6, colours, name === "chosen");
    }
  },

  _tileZoom() {
    return Math.max(0, Math.min(MAX_TILE_ZOOM, Math.round(this._map.getZoom()) - TILE_ZOOM_BELOW));
  },

  _wanted() {
    const view = this.view();
    const z = this._tileZoom();
    const last = 2 ** z - 1;
    const column = (px) => Math.max(0, Math.min(last, Math.floor((px / view.scale) * 2 ** z)));
    const tiles = [];
    for (let x = column(view.left); x <= column(view.left + view.width); x += 1) {
      for (let y = column(view.top); y <= column(view.top + view.height); y += 1) tiles.push(this._loader.get(z, x, y));
    }
    return tiles;
  },

  _arrived() {
    if (this._map) this._collect();
  },

  /** The old picture stays until every tile of the new one is there: nothing flickers. */
  _collect() {
    if (!this._map) return;
    const tiles = this._wanted();
    if (tiles.every((tile) => tile.status !== "loading")) {
      const points = tiles.flatMap((tile) => tile.points);
      const cells = points.filter((point) => point.isCell);
      this._items = cells.length ? mergeCells(cells, this._tileZoom()) : points;
      this.redraw();
    }
    this.options.changed();
  },
});
