/**
 * News as they come, such as new positions. One tab of the browser holds the stream for all of them; where there is none, the tabs ask by
 * turns of their own: who listens is told the mode and does the asking.
 */

const FAILURES_ALLOWED = 2;
const AGAIN_MS = 3_000;
const STREAM_AGAIN_MS = 60_000;

export class LiveFeed {
  /**
   * @param {string} url of the stream
   * @param {string} name of the stream that the tabs of one reader share
   * @param {{moved: (rows: Array[]) => void, mode: (mode: "live" | "polling") => void}} on
   * @param {string} [event] name of its messages
   */
  constructor(url, name, on, event = "positions") {
    Object.assign(this, { url, name, on, event, mode: "", stopper: null });
  }

  start() {
    if (this.stopper) return;
    this.stopper = new AbortController();
    if (!navigator.locks || !window.BroadcastChannel || !window.EventSource) {
      this._setMode("polling");
      return;
    }
    const { signal } = this.stopper;
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => this._heard(data));
    this.channel.postMessage({ ask: true });
    navigator.locks.request(this.name, { signal }, () => this._lead(signal)).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.stopper?.abort();
    this.stopper = null;
    this.channel?.close();
    this.channel = null;
    this.mode = "";
  }

  _heard(data) {
    if (data.rows) this.on.moved(data.rows);
    if (data.mode) this._setMode(data.mode);
    if (data.ask && this.source !== undefined) this.channel.postMessage({ mode: this.mode });
  }

  _setMode(mode) {
    if (!mode || mode === this.mode) return;
    this.mode = mode;
    this.on.mode(mode);
  }

  _say(message) {
    this.channel?.postMessage(message);
    this._heard(message);
  }

  /** Holds the stream until this tab stops or closes: another one takes the lock then. */
  _lead(signal) {
    this.failures = 0;
    this._open(signal);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        clearTimeout(this.timer);
        this.source?.close();
        this.source = undefined;
        resolve();
      });
    });
  }

  _open(signal) {
    if (signal.aborted) return;
    this.source?.close();
    this.source = new EventSource(this.url);
    this.source.addEventListener("open", () => {
      this.failures = 0;
      this._say({ mode: "live" });
    });
    this.source.addEventListener(this.event, (event) => this._say({ rows: JSON.parse(event.data) }));
    this.source.addEventListener("error", () => this._failed(signal));
  }

  /** The browser tries a broken connection again by itself, a refused one not. */
  _failed(signal) {
    if (signal.aborted) return;
    this.failures += 1;
    const isGivenUp = this.source.readyState === EventSource.CLOSED;
    clearTimeout(this.timer);
    if (this.failures >= FAILURES_ALLOWED) {
      this.source.close();
      this._say({ mode: "polling" });
      this.timer = setTimeout(() => this._open(signal), STREAM_AGAIN_MS);
    } else if (isGivenUp) {
      this.timer = setTimeout(() => this._open(signal), AGAIN_MS);
    }
  }
}
