/** What the page before this one did: its form of undo becomes a note with a button; the form stays hidden in the page. */
import { showToast } from "./toasts.js";

export function showResult() {
  const form = document.querySelector("[data-result]");
  if (!form) return;
  const undo = form.querySelector("[data-undo]");
  const level = form.dataset.result;
  form.hidden = true;
  showToast({
    text: form.querySelector("[data-result-text]").textContent,
    level,
    action: undo ? { label: form.dataset.undoLabel, run: () => form.requestSubmit(undo) } : undefined,
  });
}
