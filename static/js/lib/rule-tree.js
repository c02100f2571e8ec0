/**
 * A condition of a rule as plain JSON, and what may be done to it: find, put, take out, move, with undo and redo.
 * A way is a list of keys from the root, e.g. ["all", 1, "where"]; the server's places read "where.all[1].where".
 */

/** @typedef {Array<string | number>} Way */

/** @param {Way} way @returns {string} the place as the server names it */
export function placeOf(way) {
  return way.reduce((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${key}`), "where");
}

/** @param {Object} root @param {Way} way @returns {any} what is there */
export function at(root, way) {
  return way.reduce((node, key) => node?.[key], root);
}

/** @param {Object} root @param {Way} way @param {any} value @returns {Object} a copy with the value there */
export function put(root, way, value) {
  if (!way.length) return value;
  const [key, ...rest] = way;
  const copy = Array.isArray(root) ? [...root] : { ...root };
  copy[key] = put(copy[key] ?? {}, rest, value);
  return copy;
}

/** @param {Object} root @param {Way} way @returns {Object} a copy without what is there: a list closes up, a wrapper is emptied */
export function take(root, way) {
  if (!way.length) return { all: [] };
  const above = way.slice(0, -1);
  const key = way.at(-1);
  const holder = at(root, above);
  if (Array.isArray(holder)) return put(root, above, holder.filter((_one, index) => index !== key));
  if (key === "where") {
    const { where: _gone, ...rest } = holder;
    return put(root, above, rest);
  }
  // What a wrapper holds goes with the wrapper.
  return take(root, above);
}

/** @param {Object} root @param {Way} way @param {number} step @returns {Object} a copy in which a condition moved among its like */
export function move(root, way, step) {
  const above = way.slice(0, -1);
  const list = at(root, above);
  const from = way.at(-1);
  const to = from + step;
  if (!Array.isArray(list) || to < 0 || to >= list.length) return root;
  const copy = [...list];
  [copy[from], copy[to]] = [copy[to], copy[from]];
  return put(root, above, copy);
}

/** @param {Object} root @param {Way} way @returns {Object} a copy with the condition twice, one behind the other */
export function double(root, way) {
  const above = way.slice(0, -1);
  const list = at(root, above);
  if (!Array.isArray(list)) return root;
  const from = way.at(-1);
  return put(root, above, [...list.slice(0, from + 1), structuredClone(list[from]), ...list.slice(from + 1)]);
}

/** States one after the other; what was undone is lost with the next change. */
export class Steps {
  /** @param {Object} first */
  constructor(first) {
    this.states = [first];
    this.now = 0;
  }

  get state() {
    return this.states[this.now];
  }

  get canUndo() {
    return this.now > 0;
  }

  get canRedo() {
    return this.now < this.states.length - 1;
  }

  /** @param {Object} state @returns {boolean} false when nothing changed */
  add(state) {
    if (JSON.stringify(state) === JSON.stringify(this.state)) return false;
    this.states = [...this.states.slice(0, this.now + 1), state];
    this.now += 1;
    return true;
  }

  /** @param {number} by -1 back, 1 forth */
  go(by) {
    this.now = Math.min(Math.max(this.now + by, 0), this.states.length - 1);
  }
}
