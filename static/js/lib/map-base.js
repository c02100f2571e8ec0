/**
 * The ground of the map from our own files: land, neighbours, towns, coast, roads. No other machine is asked.
 */
import { CanvasLayer, Room, colour, isInView, label, toParts, trace } from "./map-canvas.js";

const FAMILY = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif';
// Class of a road → from which zoom it is drawn, from which named, width in pixels at zoom 12.
const ROADS = {
  高速: { from: 8, named: 11, width: 3.2, paint: "--map-road-major" },
  国道: { from: 8, named: 11, width: 2.6, paint: "--map-road-major" },
  省道: { from: 9, named: 12, width: 2.2, paint: "--map-road-major" },
  县道: { from: 11, named: 13, width: 1.6, paint: "--map-road" },
  乡道: { from: 12, named: 14, width: 1.2, paint: "--map-road" },
  城市道路: { from: 12, named: 14, width: 1.6, paint: "--map-road" },
};
const OTHER_ROAD = ROADS.乡道;
const ORDER = ["neighbour", "boundary", "town", "coast", "road"];

/** Middle of the longest piece of a line on the canvas. */
function longestPiece(part, view) {
  let best = null;
  for (let i = 0; i + 3 < part.length; i += 2) {
    const [x1, y1] = [part[i] * view.scale - view.left, part[i + 1] * view.scale - view.top];
    const [x2, y2] = [part[i + 2] * view.scale - view.left, part[i + 3] * view.scale - view.top];
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (!best || length > best.length) best = { x, y, length, angle: Math.atan2(y2 - y1, x2 - x1) };
  }
  return best;
}

/** Upright text: never upside down. */
function upright(angle) {
  if (angle > Math.PI / 2) return angle - Math.PI;
  return angle < -Math.PI / 2 ? angle + Math.PI : angle;
}

export const BaseLayer = CanvasLayer.extend({
  // `textPx`: size of names; 14 on a desk, more where the screen is far away.
  options: { padding: 0.15, pane: "base", textPx: 14 },

  /** @param {Object} collection GeoJSON whose features carry `layer`, `name`, `class` */
  setData(collection) {
    const features = collection.features.map((feature) => ({ ...feature.properties, ...toParts(feature.geometry) }));
    this._features = features.sort((a, b) => ORDER.indexOf(a.layer) - ORDER.indexOf(b.layer));
    this.redraw();
  },

  /** @returns {boolean} whether roads were loaded */
  hasRoads() {
    return Boolean(this._features?.some((feature) => feature.layer === "road"));
  },

  draw(context, view) {
    const visible = (this._features ?? []).filter((feature) => isInView(feature.box, view) || feature.layer === "town_seat");
    for (const layer of ORDER) this[`_${layer}`](context, visible.filter((feature) => feature.layer === layer), view);
    this._names(context, visible, view);
  },

  _neighbour(context, features, view) {
    context.fillStyle = colour("--map-neighbour");
    context.strokeStyle = colour("--map-limit");
    context.lineWidth = 0.75;
    for (const feature of features) {
      trace(context, feature.parts, view);
      context.fill("evenodd");
      context.stroke();
    }
  },

  _boundary(context, features, view) {
    context.fillStyle = colour("--map-land");
    context.strokeStyle = colour("--map-boundary");
    context.lineWidth = 2;
    for (const feature of features) {
      trace(context, feature.parts, view);
      context.fill("evenodd");
      context.stroke();
    }
  },

  _town(context, features, view) {
    context.strokeStyle = colour("--map-limit");
    context.lineWidth = 1;
    context.setLineDash([6, 4]);
    for (const feature of features) {
      trace(context, feature.parts, view);
      context.stroke();
    }
    context.setLineDash([]);
  },

  _coast(context, features, view) {
    context.strokeStyle = colour("--map-coast");
    context.lineWidth = 1.5;
    for (const feature of features) {
      trace(context, feature.parts, view);
      context.stroke();
    }
  },

  _road(context, features, view) {
    context.lineJoin = context.lineCap = "round";
    for (const feature of features) {
      const road = ROADS[feature.class] ?? OTHER_ROAD;
      if (view.zoom < road.from) continue;
      const width = Math.min(10, road.width * 1.35 ** (view.zoom - 12));
      trace(context, feature.parts, view);
      if (width > 3) {
        context.strokeStyle = colour("--map-road-edge");
        context.lineWidth = width + 1.5;
        context.stroke();
      }
      context.strokeStyle = colour(road.paint);
      context.lineWidth = Math.max(0.75, width);
      context.stroke();
    }
  },

  _names(context, features, view) {
    const room = new Room();
    const halo = colour("--map-land");
    const size = this.options.textPx;
    const font = `${size}px ${FAMILY}`;
    const paint = { fill: colour("--map-name"), halo, font };
    for (const feature of features) {
      if (feature.layer !== "town_seat" || view.zoom < 10) continue;
      const [x, y] = [feature.parts[0][0] * view.scale - view.left, feature.parts[0][1] * view.scale - view.top];
      if (room.take(x, y, feature.name.length * size + 6, size + 6)) label(context, feature.name, x, y, { ...paint, font: `600 ${font}` });
    }
    for (const feature of features) {
      const road = ROADS[feature.class] ?? OTHER_ROAD;
      if (feature.layer !== "road" || view.zoom < road.named) continue;
      const piece = longestPiece(feature.parts[0], view);
      const length = feature.name.length * size + 8;
      if (!piece || piece.length < length || !room.take(piece.x, piece.y, length, size + 12)) continue;
      label(context, feature.name, piece.x, piece.y, { ...paint, fill: colour("--map-road-name"), angle: upright(piece.angle) });
    }
  },
});
