/**
 * Measures of a shape while it is drawn, for the reader only: the server measures and checks again.
 *
 * A shape is a list of polygons, a polygon a list of rings, a ring a list of `[lat, lng]` that is not closed.
 * @typedef {[number, number]} Corner
 * @typedef {Corner[][][]} Shape
 */
const EARTH_M = 6371008.8;
const MOST_CROSSINGS = 20;

/** @param {Corner[]} ring @returns {number} rough square metres */
export function ringSquareMetres(ring) {
  if (ring.length < 3) return 0;
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const scale = Math.cos(rad(ring[0][0]));
  const twice = ring.reduce((sum, [lat, lng], i) => {
    const [nextLat, nextLng] = ring[(i + 1) % ring.length];
    // From the first corner on, so that the digits are of the ring and not of its place on earth.
    const [x1, y1, x2, y2] = [rad(lng - ring[0][1]), rad(lat - ring[0][0]), rad(nextLng - ring[0][1]), rad(nextLat - ring[0][0])];
    return sum + scale * (x1 * y2 - x2 * y1);
  }, 0);
  return (Math.abs(twice) / 2) * EARTH_M ** 2;
}

/** @param {Shape} shape @returns {number} square metres without the holes */
export function squareMetres(shape) {
  return shape.reduce((sum, rings) => rings.reduce((rest, ring, i) => rest + (i ? -1 : 1) * ringSquareMetres(ring), sum), 0);
}

/** @param {number} metres square metres @returns {string} with its unit */
export function areaText(metres) {
  if (metres < 1e6) return `${Math.round(metres).toLocaleString()} m²`;
  return `${(metres / 1e6).toFixed(3)} km²`;
}

const side = (a, b, c) => Math.sign((b[1] - a[1]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[1] - a[1]));

/** Where two edges cross, or a corner of one lies on the other; null when they do not. */
function meeting(one, two) {
  const [a, b, c, d] = [one.from, one.to, two.from, two.to];
  const [sa, sb, sc, sd] = [side(c, d, a), side(c, d, b), side(a, b, c), side(a, b, d)];
  if (sa * sb > 0 || sc * sd > 0) return null;
  if (sa * sb < 0 && sc * sd < 0) {
    const [ax, ay, bx, by] = [b[1] - a[1], b[0] - a[0], d[1] - c[1], d[0] - c[0]];
    const share = ((c[1] - a[1]) * by - (c[0] - a[0]) * bx) / (ax * by - ay * bx);
    return [a[0] + share * ay, a[1] + share * ax];
  }
  // Two polygons, or a hole and its shell, may touch in a corner.
  if (one.ring !== two.ring) return null;
  const inside = (point, from, to) =>
    point.every((value, i) => value >= Math.min(from[i], to[i]) && value <= Math.max(from[i], to[i]));
  if (!sa && inside(a, c, d)) return a;
  if (!sb && inside(b, c, d)) return b;
  if (!sc && inside(c, a, b)) return c;
  return !sd && inside(d, a, b) ? d : null;
}

function edgesOf(shape) {
  return shape.flat().flatMap((ring, number) =>
    ring.map((from, i) => {
      const to = ring[(i + 1) % ring.length];
      return { ring: number, i, last: ring.length - 1, from, to, west: Math.min(from[1], to[1]), east: Math.max(from[1], to[1]) };
    }),
  );
}

const isNext = (one, two) =>
  one.ring === two.ring && (Math.abs(one.i - two.i) === 1 || Math.abs(one.i - two.i) === one.last);

/**
 * Places where the border crosses itself, by a sweep from west to east.
 * @param {Shape} shape @returns {Corner[]} at most twenty
 */
export function crossings(shape) {
  const edges = edgesOf(shape).sort((a, b) => a.west - b.west);
  const found = [];
  for (let i = 0; i < edges.length; i += 1) {
    for (let j = i + 1; j < edges.length && edges[j].west <= edges[i].east; j += 1) {
      const place = isNext(edges[i], edges[j]) ? null : meeting(edges[i], edges[j]);
      if (place) found.push(place);
      if (found.length >= MOST_CROSSINGS) return found;
    }
  }
  return found;
}

/** @param {{type: string, coordinates: Array}} geometry GeoJSON polygon or several @returns {Shape} */
export function shapeOf({ type, coordinates }) {
  const polygons = type === "MultiPolygon" ? coordinates : [coordinates];
  return polygons.map((rings) => rings.map((ring) => ring.slice(0, -1).map(([lng, lat]) => [lat, lng])));
}

/** @param {Shape} shape @returns {Object} GeoJSON MultiPolygon */
export function geometryOf(shape) {
  const closed = (ring) => [...ring, ring[0]].map(([lat, lng]) => [lng, lat]);
  return { type: "MultiPolygon", coordinates: shape.map((rings) => rings.map(closed)) };
}
