/**
 * The building sheet: arrows move between rooms, one room at a time is in the order of Tab, the open one is marked.
 * Without this module every room is a plain link.
 */

const sheet = document.querySelector("[data-building-sheet]");

/** @returns {HTMLAnchorElement[][]} rooms of the sheet as rows, from the top down, unit by unit */
function rows() {
  const whole = [...sheet.querySelectorAll(".building-whole .room")].map((room) => [room]);
  const floors = [...sheet.querySelectorAll(".floors tr")].map((row) => [...row.querySelectorAll(".room")]);
  return [...whole, ...floors].filter((row) => row.length);
}

/** @param {HTMLElement} room the only one that Tab reaches from now on */
function makeReachable(room) {
  for (const other of sheet.querySelectorAll('.room[tabindex="0"]')) other.tabIndex = -1;
  room.tabIndex = 0;
}

/**
 * The room to which a key leads.
 * @param {HTMLElement} room
 * @param {string} key
 * @returns {HTMLElement | undefined}
 */
function roomAt(room, key) {
  const all = rows();
  const rowIndex = all.findIndex((row) => row.includes(room));
  const row = all[rowIndex];
  const at = row.indexOf(room);
  if (key === "ArrowLeft") return row[at - 1];
  if (key === "ArrowRight") return row[at + 1];
  if (key === "Home") return row[0];
  if (key === "End") return row.at(-1);
  const next = all[rowIndex + (key === "ArrowUp" ? -1 : 1)];
  if (!next) return undefined;
  // A gap has no room: the one that stands nearest to the column.
  const left = room.getBoundingClientRect().left;
  const distance = (one) => Math.abs(one.getBoundingClientRect().left - left);
  return next.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** @param {KeyboardEvent} event */
function move(event) {
  const room = event.target.closest?.(".room");
  if (!room || !KEYS.has(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const next = roomAt(room, event.key);
  if (!next) return;
  makeReachable(next);
  next.focus();
}

/** @param {HTMLElement} room whose content was put into the panel */
function mark(room) {
  for (const other of sheet.querySelectorAll(".room[aria-current]")) other.removeAttribute("aria-current");
  room.setAttribute("aria-current", "true");
  makeReachable(room);
}

if (sheet) {
  const all = [...sheet.querySelectorAll(".room")];
  const first = sheet.querySelector(".room[aria-current]") ?? all[0];
  for (const room of all) room.tabIndex = room === first ? 0 : -1;
  sheet.querySelector(".floors .room[aria-current], .building-section.is-marked")?.scrollIntoView({ block: "nearest", inline: "center" });
  sheet.addEventListener("keydown", move);
  document.getElementById("building-panel").addEventListener("htmx:afterSwap", (event) => {
    const room = event.detail.requestConfig?.elt;
    if (!room?.matches(".room")) return;
    mark(room);
    // On a narrow screen the panel stands below the sheet.
    if (window.matchMedia("(max-width: 991.98px)").matches) event.target.scrollIntoView({ behavior: "smooth", block: "start" });
  });
}
