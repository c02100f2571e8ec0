/**
 * Fetches and keeps the tiles of one layer. The browser's own cache asks the server whether a copy still holds.
 */
import { readPoints } from "./vector-tile.js";

const KEPT = 300; // tiles in memory
const RETRIES_MS = [800, 2500];

/** An answer that is no tile. */
export class TileError extends Error {
  /** @param {string} reason offline, signedOut, denied, refused or failed @param {string} [text] of the server */
  constructor(reason, text = "") {
    super(reason);
    this.reason = reason;
    this.text = text;
  }
}

/** @param {Response} response @returns {Promise<TileError>} */
export async function toError(response) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : {};
  const reason = { 400: "refused", 401: "signedOut", 403: "denied", 404: "refused" }[response.status] ?? "failed";
  return new TileError(reason, answer.message ?? "");
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class TileLoader {
  /**
   * @param {string} template URL with {layer}, {z}, {x}, {y}
   * @param {string} layer
   * @param {() => void} changed called when a tile came or failed
   */
  constructor(template, layer, changed) {
    this.template = template.replace("{layer}", layer);
    this.changed = changed;
    this.query = "";
    this.tiles = new Map();
    this.abort = new AbortController();
  }

  /** Another filter: what is under way is stopped, everything is asked for anew. @param {string} query */
  setQuery(query) {
    this.abort.abort();
    this.abort = new AbortController();
    this.query = query;
    this.tiles.clear();
  }

  /** @returns {{status: "loading" | "ready" | "error", points: Array, state: string, error?: TileError}} */
  get(z, x, y) {
    const key = `${z}/${x}/${y}`;
    let tile = this.tiles.get(key);
    if (tile) {
      this.tiles.delete(key); // put at the end: the oldest stay in front
    } else {
      tile = { status: "loading", points: [], state: "" };
      this._load(tile, { z, x, y }, this.abort.signal);
    }
    this.tiles.set(key, tile);
    if (this.tiles.size > KEPT) this.tiles.delete(this.tiles.keys().next().value);
    return tile;
  }

  async _load(tile, place, signal) {
    try {
      const response = await this._fetch(place, signal);
      tile.state = response.headers.get("X-Map-State") ?? "";
      tile.points = response.status === 204 ? [] : placeInWorld(readPoints(await response.arrayBuffer()), place);
      tile.status = "ready";
    } catch (error) {
      if (signal.aborted) return;
      tile.status = "error";
      tile.error = error instanceof TileError ? error : new TileError(navigator.onLine ? "failed" : "offline");
    }
    if (!signal.aborted) this.changed();
  }

  async _fetch({ z, x, y }, signal) {
    const path = this.template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    for (let attempt = 0; ; attempt += 1) {
      const response = await fetch(this.query ? `${path}?${this.query}` : path, { signal }).catch((error) => {
        if (signal.aborted || attempt >= RETRIES_MS.length) throw signal.aborted ? error : new TileError("offline");
        return null;
      });
      if (response?.ok) return response;
      if (response && (response.status < 500 || attempt >= RETRIES_MS.length)) throw await toError(response);
      await wait(RETRIES_MS[attempt]);
    }
  }
}

/** Points of a tile as places of the world, from 0 to 1. */
function placeInWorld(points, { z, x, y }) {
  const side = 2 ** z;
  return points.map((point) => ({
    id: point.id,
    kind: point.properties.kind,
    count: point.properties.count ?? 1,
    isCell: point.layer === "cells",
    x: (x + point.x) / side,
    y: (y + point.y) / side,
  }));
}
