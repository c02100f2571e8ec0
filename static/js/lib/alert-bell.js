/**
 * The bell of the frame: how many alerts the reader has not seen, a note on the page and a sound when one comes, as he chose.
 */
import { chime, isQuiet, settings } from "./alert-settings.js";
import { LiveStream } from "./live-stream.js";
import { showToast } from "./toasts.js";

const URGENT = 2;
const MOST_NOTES = 3;

/** Starts the bell where the page has one. */
export function startAlertBell() {
  const bell = document.querySelector("[data-alert-bell]");
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  if (!bell || !token) return;
  const { streamUrl, newsUrl, channel } = bell.dataset;
  const live = new LiveStream({ stream: streamUrl, news: newsUrl, name: channel, token }, {
    unread: (count) => show(bell, count),
    alerts: (rows, isLeader) => tell(bell, rows, isLeader),
    mode: (mode) => (bell.dataset.liveMode = mode),
  });
  live.start();
  addEventListener("pagehide", () => live.stop());
  // Come back from the browser's memory, the page has no stream any more.
  addEventListener("pageshow", (event) => event.persisted && live.start());
}

function show(bell, count) {
  const mark = bell.querySelector("[data-alert-count]");
  mark.textContent = count > 99 ? "99+" : String(count);
  mark.hidden = count === 0;
}

/** @param {Object[]} rows new ones, urgent ones first; none: one that is known already was taken, passed on or closed */
function tell(bell, rows, isLeader) {
  document.dispatchEvent(new CustomEvent("platform:alerts", { detail: rows }));
  const chosen = settings();
  const quiet = isQuiet(chosen, new Date());
  const heard = rows.some((row) => (row.level >= URGENT ? chosen.soundUrgent : chosen.soundNormal));
  if (heard && isLeader && !quiet) chime();
  const shown = rows.filter((row) => (row.level >= URGENT ? chosen.toastUrgent : chosen.toastNormal && !quiet));
  for (const row of shown.slice(0, MOST_NOTES)) note(bell, row);
  if (shown.length > MOST_NOTES) {
    showToast({ level: "info", text: bell.dataset.moreText.replace("COUNT", shown.length - MOST_NOTES) });
  }
}

function note(bell, row) {
  const isUrgent = row.level >= URGENT;
  const lead = isUrgent ? `【${bell.dataset.urgentLabel}】` : "";
  const toast = showToast({
    level: isUrgent ? "error" : "info",
    text: `${lead}${row.title}：${row.label}　${row.place} ${row.at}`,
  });
  const link = document.createElement("a");
  link.href = row.url;
  link.className = "alert-note-link";
  link.textContent = bell.dataset.openLabel;
  toast.querySelector("[data-toast-text]").append(" ", link);
}
