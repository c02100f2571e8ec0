/**
 * What htmx needs on every page: the CSRF token on writes, and a plain message with a next step when a request fails.
 */
import { showToast } from "./toasts.js";

const SAFE = new Set(["get", "head", "options"]);
const REASONS = { 401: "signedOut", 403: "denied", 404: "missing", 409: "conflict", 429: "busy", 503: "busy" };

/** @param {string} reason key of the texts in frame/messages.html */
function text(reason) {
  return document.getElementById("request-texts")?.dataset[reason] ?? reason;
}

/**
 * A server that answers with a DomainError fragment or JSON may name the cause itself.
 * @param {XMLHttpRequest} request
 * @returns {string | null} the message of the server, when it is one
 */
function serverMessage(request) {
  if (!request.getResponseHeader("Content-Type")?.startsWith("application/json")) return null;
  try {
    const answer = JSON.parse(request.responseText);
    return answer.message ? `${answer.message}${answer.code ? `（${answer.code}）` : ""}` : null;
  } catch {
    return null;
  }
}

/** Binds the htmx events. */
export function startRequests() {
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (SAFE.has(event.detail.verb)) return;
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.headers["X-CSRFToken"] = token;
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    showToast({ level: "error", text: serverMessage(xhr) ?? `${text(REASONS[xhr.status] ?? "failed")} [${xhr.status}]` });
  });
  document.body.addEventListener("htmx:sendError", () => showToast({ level: "error", text: text("offline") }));
  document.body.addEventListener("htmx:timeout", () => showToast({ level: "error", text: text("timeout") }));
}
