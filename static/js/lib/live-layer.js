/** Vehicles on the map: an arrow where each one drives to, a ring without direction; grey and hollow when it is silent. */
import { CanvasLayer, colour, toUnit } from "./map-canvas.js";
import { drawMark } from "./map-symbols.js";

/** Corners of an arrow to the north, in radii; as in templates/console/live_layer.html. */
const ARROW = [[0, -1.5], [1, 1.1], [0, 0.55], [-1, 1.1]];
const RADIUS_PX = 7;

/** One vehicle. @param {?number} direction degrees from north */
function drawVehicle(context, x, y, direction, isStale, colours) {
  context.save();
  context.translate(x, y);
  context.beginPath();
  if (direction === null) {
    context.arc(0, 0, RADIUS_PX * 0.8, 0, 2 * Math.PI);
  } else {
    context.rotate((direction * Math.PI) / 180);
    for (const [east, south] of ARROW) context.lineTo(east * RADIUS_PX, south * RADIUS_PX);
    context.closePath();
  }
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = colours.edge;
  context.stroke();
  context.fillStyle = isStale ? colours.edge : colours.fresh;
  context.fill();
  context.lineWidth = isStale ? 2 : 1;
  context.strokeStyle = isStale ? colours.stale : colours.fresh;
  context.stroke();
  context.restore();
}

export const LiveLayer = CanvasLayer.extend({
  options: { padding: 0.15, pane: "live" },

  initialize(options) {
    CanvasLayer.prototype.initialize.call(this, options);
    this._vehicles = [];
    this._chosen = null;
  },

  /** @param {Array<{id: number, lon: number, lat: number, direction: ?number, isStale: boolean}>} vehicles the oldest first */
  setVehicles(vehicles) {
    this._vehicles = vehicles.map((one) => {
      const [x, y] = toUnit(one.lon, one.lat);
      return { ...one, x, y };
    });
    this.redraw();
  },

  /** @param {?number} id of the vehicle with the ring */
  choose(id) {
    this._chosen = id;
    this.redraw();
  },

  /** The nearest vehicle under a point of the map's container. @param {number} reach pixels @returns {?Object} */
  hit(containerPoint, reach) {
    if (!this._map) return null;
    const view = this.view();
    const at = this.fromContainer(containerPoint);
    let [found, least] = [null, reach];
    for (const one of this._vehicles) {
      const distance = Math.hypot(one.x * view.scale - view.left - at.x, one.y * view.scale - view.top - at.y);
      if (distance <= least) [found, least] = [one, distance];
    }
    return found;
  },

  draw(context, view) {
    const colours = { fresh: colour("--live-fresh"), stale: colour("--live-stale"), edge: colour("--map-dot-edge"), ground: colour("--map-dot-edge"), mark: colour("--map-mark") };
    for (const one of this._vehicles) {
      const [x, y] = [one.x * view.scale - view.left, one.y * view.scale - view.top];
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
      drawVehicle(context, x, y, one.direction, one.isStale, colours);
      if (one.id === this._chosen) drawMark(context, x, y, RADIUS_PX + 7, colours, true);
    }
  },
});
