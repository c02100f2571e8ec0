/**
 * The wall view: asks for its figures every quarter of a minute and at once when the stream of alerts says so. What is older than it
 * may be is marked; when the session has ended nothing is shown; a server that went away is asked again until it answers.
 */
import { LiveFeed } from "../lib/live-feed.js";
import { startCharts } from "../lib/charts.js";
import { WallMap } from "../lib/wall-map.js";

const EVERY_MS = 15_000;
const SOON_MS = 300;
const LIMIT_MS = 10_000;

const body = document.querySelector("[data-wall]");
const panels = body.querySelector("[data-wall-panels]");
const cover = body.querySelector("[data-wall-signed-out]");
const map = new WallMap(body.querySelector("[data-wall-map]"), body.dataset);
const clock = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const time = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

// The clock of the server, not that of the screen: milliseconds that the server is ahead.
let ahead = 0;
let asked = null;
let soon = 0;
let mode = "polling";

const serverNow = () => Date.now() + ahead;

/** What a fresh fragment brings to life. @param {Set<string> | null} known alerts that were shown before */
function show(known) {
  ahead = Date.parse(panels.querySelector("[data-now]").dataset.now) - Date.now();
  startCharts(panels);
  map.show(JSON.parse(document.getElementById("wall-map-data").textContent));
  body.querySelector("[data-wall-refreshed]").textContent = time.format(serverNow());
  for (const row of panels.querySelectorAll("[data-alert]")) {
    row.classList.toggle("is-fresh", known !== null && !known.has(row.dataset.alert));
  }
  markOld();
}

/** Marks every tile whose figures are older than they may be. */
function markOld() {
  for (const tile of panels.querySelectorAll("[data-as-of]")) {
    const age = serverNow() - Date.parse(tile.dataset.asOf);
    tile.classList.toggle("is-old", age > Number(tile.dataset.freshS) * 1000);
  }
}

function say(state) {
  body.dataset.state = state;
  body.querySelector("[data-wall-state]").textContent = body.dataset[`${state}Text`] ?? "";
}

/** @param {boolean} hasEnded nothing is shown any more until somebody signs in */
function setSignedOut(hasEnded) {
  cover.hidden = !hasEnded;
  body.classList.toggle("is-signed-out", hasEnded);
  if (hasEnded) {
    panels.replaceChildren();
    map.show({ spots: [], alerts: [] });
    feed.stop();
  } else {
    feed.start();
  }
}

async function refresh() {
  clearTimeout(soon);
  asked?.abort();
  const mine = new AbortController();
  const limit = setTimeout(() => mine.abort(), LIMIT_MS);
  asked = mine;
  try {
    const answer = await fetch(body.dataset.panelsUrl, { headers: { Accept: "text/html" }, credentials: "same-origin", signal: mine.signal });
    if (answer.status === 401 || answer.status === 403) {
      setSignedOut(true);
    } else if (answer.ok) {
      const text = await answer.text();
      const known = new Set([...panels.querySelectorAll("[data-alert]")].map((row) => row.dataset.alert));
      const isFirst = body.classList.contains("is-signed-out");
      panels.innerHTML = text;
      setSignedOut(false);
      show(isFirst ? null : known);
      say(mode);
    } else {
      say("lost");
    }
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    // Stopped by a newer question, or the server is away: the next turn asks again.
    if (asked === mine) say("lost");
  } finally {
    clearTimeout(limit);
  }
}

/** Several news at once are one question. */
function refreshSoon() {
  clearTimeout(soon);
  soon = setTimeout(refresh, SOON_MS);
}

const feed = new LiveFeed(body.dataset.streamUrl, body.dataset.channel, {
  moved: refreshSoon,
  mode: (now) => {
    mode = now;
    if (body.dataset.state !== "lost") say(mode);
  },
}, "alerts");

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

body.querySelector("[data-wall-full]").addEventListener("click", toggleFull);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "f" || event.key === "F") toggleFull();
  // In full screen the browser takes the key itself.
  else if (event.key === "Escape" && !document.fullscreenElement) location.assign(body.dataset.boardUrl);
});

show(null);
say("polling");
feed.start();
setInterval(refresh, EVERY_MS);
addEventListener("online", refresh);
setInterval(() => {
  body.querySelector("[data-wall-clock]").textContent = clock.format(serverNow());
  markOld();
}, 1000);
document.documentElement.dataset.wall = "ready";
