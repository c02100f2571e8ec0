/**
 * What a dot is, by colour and shape: readable without colours and by the colour-blind.
 * Source of the colours: the palette of Okabe and Ito, set in map.css.
 */
import { colour } from "./map-canvas.js";

/** Kind → CSS variable and shape. The legend of the page draws the same shapes. */
export const SYMBOLS = {
  DRIVER: { paint: "--map-driver", shape: "circle" },
  PERSON: { paint: "--map-person", shape: "pentagon" },
  VEHICLE: { paint: "--map-vehicle", shape: "diamond" },
  UNIT: { paint: "--map-unit", shape: "triangle" },
  HOUSE: { paint: "--map-house", shape: "house" },
  SECTION: { paint: "--map-section", shape: "bar" },
  FACILITY: { paint: "--map-facility", shape: "cross" },
  FAULT: { paint: "--map-fault", shape: "hollow-cross" },
  DANGER: { paint: "--map-danger", shape: "warning" },
  ROAD: { paint: "--map-section", shape: "long-bar" },
  FATAL: { paint: "--map-fatal", shape: "burst" },
  INJURY: { paint: "--map-injury", shape: "star" },
  LOSS: { paint: "--map-loss", shape: "hexagon" },
  VIOLATION: { paint: "--map-violation", shape: "flag" },
  INCIDENT: { paint: "--map-incident", shape: "bubble" },
  NUMBER: { paint: "--map-address", shape: "plate" },
  ESTATE: { paint: "--map-address", shape: "frame" },
  BUILDING: { paint: "--map-address", shape: "block" },
};
/** Corners in radii, as in templates/console/map_symbol.html. */
const POLYGONS = {
  house: [[0, -1.3], [1.2, -0.2], [0.85, -0.2], [0.85, 1], [-0.85, 1], [-0.85, -0.2], [-1.2, -0.2]],
  bar: [[-1.3, -0.5], [1.3, -0.5], [1.3, 0.5], [-1.3, 0.5]],
  "long-bar": [[-1.7, -0.4], [1.7, -0.4], [1.7, 0.4], [-1.7, 0.4]],
  cross: [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]],
  "hollow-cross": [[-1.2, -1.2], [1.2, -1.2], [1.2, -0.45], [0.45, 0], [1.2, 0.45], [1.2, 1.2], [-1.2, 1.2], [-1.2, 0.45], [-0.45, 0], [-1.2, -0.45]],
  burst: [[0, -1.5], [0.38, -0.65], [1.3, -0.75], [0.77, 0], [1.3, 0.75], [0.38, 0.65], [0, 1.5], [-0.38, 0.65], [-1.3, 0.75], [-0.77, 0], [-1.3, -0.75], [-0.38, -0.65]],
  star: [[0, -1.4], [0.4, -0.4], [1.4, 0], [0.4, 0.4], [0, 1.4], [-0.4, 0.4], [-1.4, 0], [-0.4, -0.4]],
  hexagon: [[-1.2, 0], [-0.6, -1.03], [0.6, -1.03], [1.2, 0], [0.6, 1.03], [-0.6, 1.03]],
  flag: [[-0.9, -1.3], [1.1, -0.5], [-0.4, 0.2], [-0.4, 1.3], [-0.9, 1.3]],
  bubble: [[-1.2, -1.1], [1.2, -1.1], [1.2, 0.5], [0.1, 0.5], [-0.6, 1.3], [-0.6, 0.5], [-1.2, 0.5]],
  warning: [[-1.25, -0.95], [1.25, -0.95], [0, 1.3]],
};
const FONT = '600 14px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif';
const RING_PX = 5;

/** The colours of one drawing, read once. */
export function palette() {
  const paints = Object.fromEntries(Object.entries(SYMBOLS).map(([kind, symbol]) => [kind, colour(symbol.paint)]));
  return { ...paints, ground: colour("--map-dot-edge"), text: colour("--map-dot-text"), mark: colour("--map-mark") };
}

function outline(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "circle") {
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (shape === "pentagon") {
    for (let corner = 0; corner < 5; corner += 1) {
      const angle = (corner * 2 * Math.PI) / 5 - Math.PI / 2;
      context.lineTo(x + 1.15 * r * Math.cos(angle), y + 1.15 * r * Math.sin(angle));
    }
    context.closePath();
  } else if (shape === "diamond") {
    context.moveTo(x, y - r * 1.25);
    context.lineTo(x + r * 1.25, y);
    context.lineTo(x, y + r * 1.25);
    context.lineTo(x - r * 1.25, y);
    context.closePath();
  } else if (shape === "triangle") {
    context.moveTo(x, y - r * 1.2);
    context.lineTo(x + r * 1.15, y + r * 0.85);
    context.lineTo(x - r * 1.15, y + r * 0.85);
    context.closePath();
  } else if (POLYGONS[shape]) {
    for (const [east, south] of POLYGONS[shape]) context.lineTo(x + east * r, y + south * r);
    context.closePath();
  } else if (shape === "plate") {
    context.rect(x - r * 0.6, y - r * 0.6, r * 1.2, r * 1.2);
  } else {
    context.rect(x - r, y - r, r * 2, r * 2);
  }
}

/** One dot. @param {number} r radius in pixels */
export function drawSymbol(context, kind, x, y, r, colours) {
  const shape = SYMBOLS[kind]?.shape ?? "circle";
  outline(context, shape, x, y, r);
  if (shape === "frame") {
    context.lineWidth = 2;
    context.strokeStyle = colours[kind];
    context.stroke();
    return;
  }
  context.lineWidth = 2.5;
  context.strokeStyle = colours.ground;
  context.stroke();
  context.fillStyle = colours[kind] ?? colours.text;
  context.fill();
}

/** @param {number} count @returns {string} 9999, 1.2万, 35万 */
export function shortCount(count) {
  if (count < 10_000) return String(count);
  return count < 100_000 ? `${(count / 10_000).toFixed(1)}万` : `${Math.round(count / 10_000)}万`;
}

/** @param {number} count @returns {number} radius in pixels, wide enough for the number */
export function cellRadius(count) {
  return 11 + 4.2 * (shortCount(count).length - (count >= 10_000 ? 0.3 : 0));
}

/**
 * A cell: its number. Elements have a ring that shows the share of each kind, addresses a box, events a hexagon.
 * @param {Object<string, number>} counts kind → number
 * @param {string} layer elements, addresses or events
 */
export function drawCell(context, counts, total, x, y, colours, layer) {
  const r = cellRadius(total);
  context.beginPath();
  if (layer === "addresses") context.rect(x - r, y - r * 0.75, r * 2, r * 1.5);
  else if (layer === "events") outline(context, "hexagon", x, y, r);
  else context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = colours.ground;
  context.fill();
  if (layer !== "elements") {
    context.lineWidth = layer === "events" ? 3 : 2;
    context.strokeStyle = layer === "events" ? worst(counts, colours) : colours.NUMBER;
    context.stroke();
  } else {
    drawRing(context, counts, total, x, y, r, colours);
  }
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colours.text;
  context.fillText(shortCount(total), x, y + 0.5);
}

/** The colour of the worst that a cell of events holds. */
function worst(counts, colours) {
  return colours[["FATAL", "INJURY", "LOSS", "VIOLATION", "INCIDENT"].find((kind) => counts[kind])];
}

function drawRing(context, counts, total, x, y, r, colours) {
  context.lineWidth = RING_PX;
  let from = -Math.PI / 2;
  for (const kind of Object.keys(SYMBOLS)) {
    if (!counts[kind]) continue;
    const to = from + (2 * Math.PI * counts[kind]) / total;
    context.beginPath();
    context.arc(x, y, r - RING_PX / 2, from, to);
    context.strokeStyle = colours[kind];
    context.stroke();
    from = to;
  }
}

/** A ring around what is pointed at or chosen. */
export function drawMark(context, x, y, r, colours, isChosen) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.lineWidth = isChosen ? 4 : 3;
  context.strokeStyle = colours.ground;
  context.stroke();
  context.lineWidth = isChosen ? 2.5 : 1.5;
  context.strokeStyle = colours.mark;
  context.stroke();
}

/** Number of things that lie on one point. */
export function drawStack(context, count, x, y, colours) {
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.lineWidth = 3;
  context.strokeStyle = colours.ground;
  context.strokeText(`×${count}`, x + 5, y - 2);
  context.fillStyle = colours.text;
  context.fillText(`×${count}`, x + 5, y - 2);
}
