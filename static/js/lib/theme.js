/**
 * The choice of light, dark or "as the system": buttons with `data-theme-choice`.
 * Maps listen to the event `platform:theme` on document (detail.theme "light" | "dark") to redraw.
 */

const KEY = "theme"; // plain text, read by theme-boot.js
const system = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light" | "dark" | "auto"} */
function currentChoice() {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "auto";
  } catch {
    return "auto";
  }
}

/** @param {"light" | "dark" | "auto"} choice */
function apply(choice) {
  const theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  const changed = document.documentElement.dataset.bsTheme !== theme;
  document.documentElement.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
  if (changed) document.dispatchEvent(new CustomEvent("platform:theme", { detail: { theme } }));
}

/** Binds the buttons and follows the system while the choice is "auto". */
export function startTheme() {
  apply(currentChoice());
  system.addEventListener("change", () => apply(currentChoice()));
  addEventListener("storage", (event) => event.key === KEY && apply(currentChoice()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    const choice = button.dataset.themeChoice;
    try {
      if (choice === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // The choice holds until the page is left.
    }
    apply(choice);
  });
}
