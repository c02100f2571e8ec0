/**
 * Starts what every page has. Pages add their own module from js/pages/ in the `scripts` block.
 */
import { startAlertBell } from "./lib/alert-bell.js";
import { startColumns } from "./lib/columns.js";
import { startConfirm } from "./lib/confirm.js";
import { startKeyboard } from "./lib/keyboard.js";
import { startRequests } from "./lib/requests.js";
import { startTabs } from "./lib/tabs.js";
import { startTheme } from "./lib/theme.js";
import { startToasts } from "./lib/toasts.js";

startTheme();
startToasts();
startRequests();
startConfirm();
startKeyboard();
startColumns(document);
startTabs(document);
startAlertBell();

// A fragment that htmx put into the page gets the same treatment as the page.
document.addEventListener("htmx:load", (event) => {
  startColumns(event.detail.elt);
  startTabs(event.detail.elt);
});
// Told to tests and to page modules: the frame listens now.
document.documentElement.dataset.frame = "ready";
