/**
 * Lists: the filter form leaves empty fields out of the URL; dialogs of the toolbar close; who comes back from an element
 * finds the list where it was left.
 */

for (const form of document.querySelectorAll("[data-filter-form]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "" || value === "unknown") event.formData.delete(name);
    }
  });
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-close-dialog]")?.closest("dialog")?.close("cancel");
});

/** Pixels that were scrolled, by the list's own URL: kept until the browser is closed, and only the last few. */
const PLACES_KEY = "list-places";
const KEPT = 12;
const LEAVING = "tr[data-row-url] a, [data-drawer] a";
const here = ownUrl();

/** The list's own URL, without what lies open beside it. */
function ownUrl() {
  const query = new URLSearchParams(location.search);
  query.delete("open");
  return `${location.pathname}?${query}`;
}

/** @returns {[string, number, number][]} URL, rows scrolled, window scrolled; the newest last */
function places() {
  try {
    const found = JSON.parse(sessionStorage.getItem(PLACES_KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function keepPlace() {
  const rows = document.querySelector(".list-scroll")?.scrollTop ?? 0;
  const kept = [...places().filter(([url]) => url !== here), [here, rows, window.scrollY]].slice(-KEPT);
  try {
    sessionStorage.setItem(PLACES_KEY, JSON.stringify(kept));
  } catch {
    // Storage is full or switched off: the row itself is still found by its id.
  }
}

/** Marks the row that the URL names and scrolls to where the list was left; if the row is not in sight then, to the row. */
function returnToPlace() {
  const row = /^#element-\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
  const place = places().find(([url]) => url === here);
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (place && (row || isBack)) {
    document.querySelector(".list-scroll")?.scrollTo({ top: place[1], behavior: "instant" });
    window.scrollTo({ top: place[2], behavior: "instant" });
  }
  if (!row) return;
  row.classList.add("is-current");
  row.querySelector("a")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest", behavior: "instant" });
}

document.addEventListener("click", (event) => {
  if (event.target.closest(LEAVING)) keepPlace();
});
document.addEventListener("auxclick", (event) => {
  if (event.target.closest(LEAVING)) keepPlace();
});
// The browser goes to the row by itself until the page is loaded, and hides it under the head of the table.
if (document.readyState === "complete") returnToPlace();
else window.addEventListener("load", returnToPlace);
