/**
 * Sets the colours before the first paint, so that a dark screen does not flash white.
 * A classic script on purpose: a module would run after the page is drawn.
 */
(() => {
  const key = "theme";
  let choice = null;
  try {
    choice = localStorage.getItem(key);
  } catch {
    // Storage is switched off in this browser: follow the system.
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
