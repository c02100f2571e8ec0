/**
 * The page of an alert: each step by its key. The notification centre: how this browser tells of alerts, and that it is to be
 * loaded again when something came.
 */
import { chime, keepSettings, settings } from "../lib/alert-settings.js";
import { showToast } from "../lib/toasts.js";

function isBusy(event) {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing || document.querySelector("dialog[open]");
}

/** A press is done, a form is opened with its first field under the hand. */
function startKeys() {
  if (!document.querySelector("[data-alert-key], [data-alert-step]")) return;
  let before = "";
  document.addEventListener("keydown", (event) => {
    const isGoing = before === "g";
    before = event.key;
    if (isBusy(event) || isGoing || !/^[a-z]$/.test(event.key)) return;
    const press = document.querySelector(`[data-alert-key="${event.key}"]`);
    const step = document.querySelector(`[data-alert-step="${event.key}"]`);
    if (!press && !step) return;
    event.preventDefault();
    if (press) press.form.requestSubmit(press);
    else openStep(step);
  });
}

function openStep(step) {
  step.open = true;
  step.scrollIntoView({ block: "nearest" });
  step.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function startOnce() {
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach((form) => delete form.dataset.sent));
}

function startSettings() {
  const form = document.querySelector("[data-alert-settings]");
  if (!form) return;
  for (const [name, value] of Object.entries(settings())) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  form.querySelector("[data-alert-sound-test]").addEventListener("click", chime);
  form.addEventListener("submit", () => {
    const chosen = {};
    for (const name of Object.keys(settings())) {
      const field = form.elements[name];
      chosen[name] = field.type === "checkbox" ? field.checked : field.value;
    }
    keepSettings(chosen);
    showToast({ level: "success", text: form.closest("dialog").dataset.savedText });
  });
}

startKeys();
startOnce();
startSettings();
// Told to tests: the keys are bound now.
document.documentElement.dataset.alertPage = "ready";
