/**
 * A canvas over the map that one layer draws itself: crisp on every screen, moved by Leaflet while zooming.
 * Colours come from CSS variables, so that light, dark and print need no second palette.
 */

const { L } = window;
const TILE_PX = 256;
const MAX_LATITUDE = 85.0511;

/** @returns {[number, number]} Web Mercator with 0 in the north-west corner and 1 in the south-east */
export function toUnit(lon, lat) {
  const sine = Math.sin((Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat)) * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/** @returns {[number, number]} longitude and latitude in degrees */
export function fromUnit(x, y) {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI];
}

/** @param {string} name @returns {string} value of a CSS variable on the map */
export function colour(name) {
  return getComputedStyle(document.querySelector(".map-shell")).getPropertyValue(name).trim();
}

export const CanvasLayer = L.Renderer.extend({
  options: { padding: 0.15 },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._context = this._container.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._frame);
    this._container.remove();
    this._container = null;
    this._context = null;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * ratio);
    this._container.height = Math.round(size.y * ratio);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this.moved?.();
    this.redrawNow();
  },

  /** Draws again with the next frame; many calls cost one drawing. */
  redraw() {
    if (!this._map || this._frame) return;
    this._frame = requestAnimationFrame(() => this.redrawNow());
  },

  redrawNow() {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    if (!this._map || !this._context || this._map._animatingZoom) return;
    const ratio = window.devicePixelRatio || 1;
    this._context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._context.clearRect(0, 0, this._container.width, this._container.height);
    this.draw(this._context, this.view());
  },

  /**
   * How units of the world become pixels of this canvas: x_px = x · scale − left.
   * @returns {{scale: number, left: number, top: number, width: number, height: number, zoom: number}}
   */
  view() {
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    const size = this._bounds.getSize();
    return {
      scale: TILE_PX * 2 ** zoom,
      left: origin.x + this._bounds.min.x,
      top: origin.y + this._bounds.min.y,
      width: size.x,
      height: size.y,
      zoom,
    };
  },

  /** Pixels of this canvas for a point of the map's container. */
  fromContainer(point) {
    return this._map.containerPointToLayerPoint(point).subtract(this._bounds.min);
  },
});

/** Text with a halo, readable on any ground. */
export function label(context, text, x, y, { fill, halo, font, angle = 0 }) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = halo;
  context.strokeText(text, 0, 0);
  context.fillStyle = fill;
  context.fillText(text, 0, 0);
  context.restore();
}

/** Boxes already taken by labels, so that no two lie over each other. */
export class Room {
  constructor() {
    this.boxes = [];
  }

  /** @returns {boolean} whether the box was free; it is taken now */
  take(x, y, width, height) {
    const box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    if (this.boxes.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return false;
    this.boxes.push(box);
    return true;
  }
}

/**
 * Rings or lines of a GeoJSON geometry in units of the world, with their box for culling.
 * @param {Object} geometry
 * @returns {{parts: Array<Float64Array>, box: number[]}}
 */
export function toParts(geometry) {
  const depth = { Point: 0, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3 }[geometry.type];
  const lines = depth === 0 ? [[geometry.coordinates]] : depth === 1 ? [geometry.coordinates] : depth === 2 ? geometry.coordinates : geometry.coordinates.flat();
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const parts = lines.map((line) => {
    const part = new Float64Array(line.length * 2);
    line.forEach(([lon, lat], i) => {
      const [x, y] = toUnit(lon, lat);
      part[2 * i] = x;
      part[2 * i + 1] = y;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    });
    return part;
  });
  return { parts, box };
}

/** @returns {boolean} whether a box of the world touches the canvas */
export function isInView(box, view) {
  return (
    box[0] * view.scale - view.left < view.width && box[2] * view.scale - view.left > 0 &&
    box[1] * view.scale - view.top < view.height && box[3] * view.scale - view.top > 0
  );
}

/** Puts the parts on the context's path. */
export function trace(context, parts, view) {
  context.beginPath();
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      const x = part[i] * view.scale - view.left;
      const y = part[i + 1] * view.scale - view.top;
      if (i === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
  }
}
