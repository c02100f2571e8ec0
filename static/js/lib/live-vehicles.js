/** The layer of live vehicles: what is in view, what moves, how old it is, and what the panel says of it. */
import { LiveFeed } from "./live-feed.js";
import { LiveLayer } from "./live-layer.js";
import { TileError } from "./tile-loader.js";

const POLL_MS = 10_000;
// The stream tells what moves; who left the reader's area, the server alone knows.
const LOOK_AGAIN_MS = 60_000;
const VIEW_DELAY_MS = 250;
const STALE_S = 30 * 60;
const GONE_S = 24 * 3600;
const ACCESS = new Set(["signedOut", "denied"]);
const MARGIN = 0.15; // of the view on each side, as much as the canvas draws

export class LiveVehicles {
  /**
   * @param {L.Map} map
   * @param {HTMLElement} shell
   * @param {{ask: (url: string, signal: AbortSignal) => Promise<Object>, failed: (error: Error) => void, open: (url: string) => void}} page
   */
  constructor(map, shell, page) {
    Object.assign(this, { map, shell, page, isOn: false, hasFailed: false, chosen: null, area: "", rows: new Map(), meanwhile: [], offset: 0, timer: 0 });
    this.panel = shell.querySelector("[data-map-live]");
    this.layer = new LiveLayer();
    this.stopper = new AbortController();
    const { streamUrl, channel } = this.panel.dataset;
    this.feed = new LiveFeed(streamUrl, channel, { moved: (rows) => this._moved(rows), mode: (mode) => this._setMode(mode) });
    map.on("moveend", () => this.isOn && this._loadIn(VIEW_DELAY_MS));
  }

  /** @param {boolean} isOn @param {string} area id of the area that the map is limited to */
  show(isOn, area) {
    const isOther = area !== this.area;
    this.area = area;
    if (isOn === this.isOn) {
      if (isOn && isOther) this.load();
      return;
    }
    this.isOn = isOn;
    this.panel.querySelector("[data-live-body]").hidden = !isOn;
    if (isOn) {
      this.layer.addTo(this.map);
      this.feed.start();
      this.load();
    } else {
      this.feed.stop();
      this.stopper.abort();
      clearTimeout(this.timer);
      this.rows.clear();
      this.layer.setVehicles([]);
      this.layer.remove();
      delete this.shell.dataset.liveMode;
    }
  }

  hit(containerPoint, reach) {
    return this.isOn ? this.layer.hit(containerPoint, reach) : null;
  }

  /** @param {?number} id of the vehicle whose card is open */
  choose(id) {
    this.chosen = id;
    this.layer.choose(id);
  }

  redraw() {
    this.layer.redraw();
  }

  /** Opens the card of the vehicle under a point. @returns {boolean} whether there is one */
  clicked(containerPoint, reach) {
    const vehicle = this.hit(containerPoint, reach);
    if (!vehicle) return false;
    this.page.open(this.panel.dataset.cardUrl.replace("/0/", `/${vehicle.id}/`));
    this.choose(vehicle.id);
    return true;
  }

  /** Asks for what is in view. */
  async load() {
    if (!this.isOn) return;
    this.stopper.abort();
    this.stopper = new AbortController();
    const { signal } = this.stopper;
    this.meanwhile = [];
    const bounds = this.map.getBounds().pad(MARGIN);
    const query = new URLSearchParams({ bbox: bounds.toBBoxString() });
    if (this.area) query.set("area", this.area);
    try {
      const answer = await this.page.ask(`${this.panel.dataset.url}?${query}`, signal);
      this.offset = answer.as_of - Date.now() / 1000;
      this.bounds = bounds;
      this.isPart = answer.more_than;
      this.hasFailed = false;
      this.rows = new Map(answer.rows.map((row) => [row.id, row]));
      this._moved(this.meanwhile);
      this.meanwhile = [];
    } catch (error) {
      if (signal.aborted) return;
      this.hasFailed = true;
      this._draw();
      // What the panel cannot say itself: the reader must sign in, or may not see it; or it is a fault.
      if (!(error instanceof TileError) || ACCESS.has(error.reason)) this.page.failed(error);
    }
    this._loadIn(this.feed.mode === "live" && !this.hasFailed ? LOOK_AGAIN_MS : POLL_MS);
  }

  _loadIn(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), wait);
  }

  /** @param {Array[]} moved tracker, moment, longitude, latitude, km/h, degrees from north */
  _moved(moved) {
    // An answer that is on its way may not know of it yet: it is told again after that.
    if (moved !== this.meanwhile) this.meanwhile.push(...moved);
    for (const [id, at, lon, lat, speed, direction] of moved) {
      const known = this.rows.get(id);
      // Whether a newcomer lies in the chosen area the server alone knows: the next look tells.
      const isWanted = known ? at > known.at : !this.area && this.bounds?.contains([lat, lon]);
      if (isWanted) this.rows.set(id, { ...known, id, at, lon, lat, speed, direction });
    }
    this._draw();
  }

  _setMode(mode) {
    this.shell.dataset.liveMode = mode;
    this._draw();
    // What moved between the last look and now was told to nobody.
    this.load();
  }

  _draw() {
    if (!this.isOn) return;
    const now = Date.now() / 1000 + this.offset;
    const shown = [...this.rows.values()].filter((row) => now - row.at < GONE_S).sort((a, b) => a.at - b.at);
    const vehicles = shown.map((row) => ({ ...row, isStale: now - row.at > STALE_S }));
    this.layer.setVehicles(vehicles);
    this._tell(vehicles);
  }

  _tell(vehicles) {
    const { dataset } = this.panel;
    const part = (name) => this.panel.querySelector(`[data-live-${name}]`);
    const silent = vehicles.filter((one) => one.isStale).length;
    part("count").textContent = vehicles.length.toLocaleString("zh-CN");
    part("fresh").textContent = (vehicles.length - silent).toLocaleString("zh-CN");
    part("stale").textContent = silent.toLocaleString("zh-CN");
    part("mode").textContent = dataset[this.hasFailed ? "failed" : this.feed.mode || "waiting"];
    const newest = vehicles.at(-1);
    part("newest").textContent = newest ? dataset.newest.replace("{time}", new Date(newest.at * 1000).toLocaleTimeString("zh-CN", { hour12: false })) : dataset.empty;
    part("more").hidden = !this.isPart;
  }
}
