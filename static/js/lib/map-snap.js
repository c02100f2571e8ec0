/** Lines that a dragged vertex snaps to: first to their corners, else to their edges, within some pixels of the screen. */

const { L } = window;

/** Every line of a GeoJSON geometry as `[lng, lat]` lists. */
function linesOf({ type, coordinates }) {
  if (type === "LineString") return [coordinates];
  if (type === "MultiLineString" || type === "Polygon") return coordinates;
  return type === "MultiPolygon" ? coordinates.flat() : [];
}

export class SnapTargets {
  /** @param {Object} map @param {number} [pixels] how near is near */
  constructor(map, pixels = 10) {
    Object.assign(this, { map, pixels, edges: [] });
  }

  /** @param {Object} geometry GeoJSON @param {string} name said when something snaps to it */
  add(geometry, name) {
    for (const line of linesOf(geometry)) {
      for (let i = 0; i + 1 < line.length; i += 1) {
        const [[x1, y1], [x2, y2]] = [line[i], line[i + 1]];
        this.edges.push({ a: [y1, x1], b: [y2, x2], south: Math.min(y1, y2), north: Math.max(y1, y2), west: Math.min(x1, x2), east: Math.max(x1, x2), name });
      }
    }
  }

  /**
   * What lies nearest to a place, corners before edges.
   * @param {Object} latlng
   * @returns {{latlng: Object, isCorner: boolean, name: string} | null}
   */
  nearest(latlng) {
    const at = this.map.latLngToLayerPoint(latlng);
    const near = this._near(at);
    let best = null;
    for (const { a, b, name } of near) {
      for (const corner of [a, b]) best = this._better(best, at, corner, true, name);
    }
    if (best) return best.found;
    for (const { a, b, name } of near) best = this._better(best, at, this._onEdge(at, a, b), false, name);
    return best?.found ?? null;
  }

  /** Edges whose box is near; a linear walk, some thousands of comparisons. */
  _near(at) {
    const reach = L.point(this.pixels, this.pixels);
    const [one, two] = [this.map.layerPointToLatLng(at.subtract(reach)), this.map.layerPointToLatLng(at.add(reach))];
    const [south, north] = [Math.min(one.lat, two.lat), Math.max(one.lat, two.lat)];
    const [west, east] = [Math.min(one.lng, two.lng), Math.max(one.lng, two.lng)];
    return this.edges.filter((edge) => edge.north >= south && edge.south <= north && edge.east >= west && edge.west <= east);
  }

  _onEdge(at, a, b) {
    const [from, to] = [this.map.latLngToLayerPoint(a), this.map.latLngToLayerPoint(b)];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    const share = length ? Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / length)) : 0;
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  }

  _better(best, at, place, isCorner, name) {
    const distance = this.map.latLngToLayerPoint(place).distanceTo(at);
    if (distance > this.pixels || (best && best.distance <= distance)) return best;
    return { distance, found: { latlng: L.latLng(place), isCorner, name } };
  }
}
