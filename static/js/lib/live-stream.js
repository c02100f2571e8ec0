/**
 * What is new for the reader, as it comes. One tab of the browser holds the stream for all of them (a lock decides which); what
 * comes by the stream is only that something is new, the text is fetched by an ordinary request. Without a stream that tab asks
 * every half minute.
 */

const FAILURES_ALLOWED = 2;
const AGAIN_MS = 3_000;
const STREAM_AGAIN_MS = 60_000;
const POLL_MS = 30_000;

export class LiveStream {
  /**
   * @param {{stream: string, news: string, name: string, token: string}} from addresses, the name that the tabs of one reader
   *   share, and the CSRF token
   * @param {{unread: (count: number) => void, alerts: (rows: Object[], isLeader: boolean) => void, mode: (mode: string) => void}} on
   */
  constructor(from, on) {
    Object.assign(this, { ...from, on, isLeader: false, isFetching: false, isStale: false, unread: null, failures: 0 });
  }

  start() {
    this.stopper = new AbortController();
    const { signal } = this.stopper;
    if (!navigator.locks || !window.BroadcastChannel || !window.EventSource) {
      this.isLeader = true;
      this._poll(signal);
      return;
    }
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => this._heard(data));
    this.channel.postMessage({ ask: true });
    navigator.locks.request(this.name, { signal }, () => this._lead(signal)).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.stopper?.abort();
    this.channel?.close();
    this.channel = null;
  }

  _heard(data) {
    if (data.ask && this.isLeader && this.unread !== null) this._say({ unread: this.unread, mode: this.mode }, false);
    if (data.mode) this.on.mode(data.mode);
    if (typeof data.unread === "number") {
      this.unread = data.unread;
      this.on.unread(data.unread);
    }
    // Without rows something about an alert changed that is known already.
    if (data.alerts) this.on.alerts(data.alerts, this.isLeader);
  }

  _say(message, isHeardHere = true) {
    this.channel?.postMessage(message);
    if (isHeardHere) this._heard(message);
  }

  /** Holds the stream until this tab closes: another one takes the lock then. */
  _lead(signal) {
    this.isLeader = true;
    this._open(signal);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        clearTimeout(this.timer);
        clearInterval(this.poller);
        this.source?.close();
        this.isLeader = false;
        resolve();
      });
    });
  }

  _open(signal) {
    if (signal.aborted) return;
    this.source?.close();
    this.source = new EventSource(this.stream);
    this.source.addEventListener("hello", (event) => {
      this.failures = 0;
      clearInterval(this.poller);
      this._setMode("live");
      const { unread, waiting } = JSON.parse(event.data);
      this._say({ unread });
      if (waiting.length) this._fetch(signal);
    });
    this.source.addEventListener("alerts", () => this._fetch(signal));
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
      this._poll(signal);
      this.timer = setTimeout(() => this._open(signal), STREAM_AGAIN_MS);
    } else if (isGivenUp) {
      this.timer = setTimeout(() => this._open(signal), AGAIN_MS);
    }
  }

  _poll(signal) {
    this._setMode("polling");
    clearInterval(this.poller);
    this.poller = setInterval(() => this._fetch(signal), POLL_MS);
    this._fetch(signal);
  }

  _setMode(mode) {
    this.mode = mode;
    this._say({ mode });
  }

  /** One request at a time; what comes meanwhile is asked for after it. */
  async _fetch(signal) {
    this.isStale = true;
    if (this.isFetching) return;
    this.isFetching = true;
    try {
      while (this.isStale && !signal.aborted) {
        this.isStale = false;
        const answer = await fetch(this.news, {
          method: "POST", headers: { "X-CSRFToken": this.token }, credentials: "same-origin", signal,
        });
        if (answer.status === 401 || answer.status === 403) this.stop();
        if (!answer.ok) break;
        const { more, ...news } = await answer.json();
        this._say(news);
        this.isStale ||= more;
      }
    } catch (error) {
      // The line is down or the page is left: the next event or half minute asks again.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    } finally {
      this.isFetching = false;
    }
  }
}
