/**
 * Reads the points of a vector tile. Ours hold nothing else: cells with a count, or dots with an id.
 * Source: Mapbox Vector Tile specification 2.1; Protocol Buffers wire format.
 */

const EXTENT = 4096;
const utf8 = new TextDecoder();

/** A place in the bytes of a tile. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get done() {
    return this.at >= this.bytes.length;
  }

  /** @returns {number} exact up to 2^53, which ids stay below */
  varint() {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError("tile ends in the middle of a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  chunk() {
    const length = this.varint();
    if (this.at + length > this.bytes.length) throw new RangeError("tile ends in the middle of a field");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Skips a field that we do not read. @param {number} wire */
  skip(wire) {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.chunk();
    else if (wire === 5) this.at += 4;
    else throw new RangeError(`unknown wire type ${wire}`);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {(field: number, wire: number, reader: Reader) => boolean} take false when it did not read the field
 */
function eachField(bytes, take) {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const key = reader.varint();
    if (!take(key >> 3, key & 7, reader)) reader.skip(key & 7);
  }
}

/** @param {Uint8Array} bytes @returns {number[]} */
function packed(bytes) {
  const reader = new Reader(bytes);
  const numbers = [];
  while (!reader.done) numbers.push(reader.varint());
  return numbers;
}

function signed(number) {
  return number % 2 ? -(number + 1) / 2 : number / 2;
}

/** @param {Uint8Array} bytes @returns {string | number | null} */
function readValue(bytes) {
  let value = null;
  eachField(bytes, (field, wire, reader) => {
    if (field === 1 && wire === 2) value = utf8.decode(reader.chunk());
    else if ((field === 4 || field === 5) && wire === 0) value = reader.varint();
    else if (field === 6 && wire === 0) value = signed(reader.varint());
    else return false;
    return true;
  });
  return value;
}

function readFeature(bytes) {
  const feature = { id: 0, tags: [], geometry: [] };
  eachField(bytes, (field, wire, reader) => {
    if (field === 1 && wire === 0) feature.id = reader.varint();
    else if (field === 2 && wire === 2) feature.tags = packed(reader.chunk());
    else if (field === 4 && wire === 2) feature.geometry = packed(reader.chunk());
    else return false;
    return true;
  });
  return feature;
}

function readLayer(bytes) {
  const layer = { name: "", keys: [], values: [], features: [], extent: EXTENT };
  eachField(bytes, (field, wire, reader) => {
    if (field === 1) layer.name = utf8.decode(reader.chunk());
    else if (field === 2) layer.features.push(readFeature(reader.chunk()));
    else if (field === 3) layer.keys.push(utf8.decode(reader.chunk()));
    else if (field === 4) layer.values.push(readValue(reader.chunk()));
    else if (field === 5) layer.extent = reader.varint();
    else return false;
    return true;
  });
  return layer;
}

/**
 * @param {ArrayBuffer} buffer content of a tile
 * @returns {Array<{layer: string, id: number, x: number, y: number, properties: Object}>} x and y from 0 to 1 across the tile
 */
export function readPoints(buffer) {
  const layers = [];
  eachField(new Uint8Array(buffer), (field, wire, reader) => {
    if (field !== 3 || wire !== 2) return false;
    layers.push(readLayer(reader.chunk()));
    return true;
  });
  return layers.flatMap((layer) =>
    layer.features.map(({ id, tags, geometry }) => {
      const properties = {};
      for (let i = 0; i + 1 < tags.length; i += 2) properties[layer.keys[tags[i]]] = layer.values[tags[i + 1]];
      const [x, y] = [signed(geometry[1]) / layer.extent, signed(geometry[2]) / layer.extent];
      return { layer: layer.name, id, x, y, properties };
    }),
  );
}
