// The blocks of a report template: moved, added, taken out in the page; sent whole when they are saved.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-outline]"));
const list = /** @type {HTMLOListElement | null} */ (document.querySelector("[data-outline-list]"));
const undoButton = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-outline-undo]"));

/** Rows as they stood before each change. @type {Element[][]} */
const earlier = [];
let isSent = false;

/** Changes the list so that it can be taken back. @param {() => void} act */
function change(act) {
  if (!list || !undoButton) return;
  earlier.push([...list.children]);
  act();
  undoButton.disabled = false;
}

function undo() {
  const rows = earlier.pop();
  if (!rows || !list || !undoButton) return;
  list.replaceChildren(...rows);
  undoButton.disabled = earlier.length === 0;
}

/** @param {Element} row @param {number} by */
function move(row, by) {
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (other) change(() => (by < 0 ? other.before(row) : other.after(row)));
}

function add() {
  const choice = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-outline-choice]"));
  const pattern = document.querySelector(`[data-outline-block="${CSS.escape(choice?.value ?? "")}"]`);
  if (!(pattern instanceof HTMLTemplateElement) || !list) return;
  change(() => list.append(pattern.content.cloneNode(true)));
  const row = /** @type {HTMLElement | null} */ (list.lastElementChild);
  const text = /** @type {HTMLElement | null | undefined} */ (row?.querySelector("input[name=text]:not([type=hidden]), textarea"));
  (text ?? row)?.focus();
}

form?.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const row = button?.closest(".report-outline-row");
  if (!button) return;
  if (button.matches("[data-outline-add]")) add();
  if (button.matches("[data-outline-undo]")) undo();
  if (row && button.dataset.outlineMove) {
    move(row, Number(button.dataset.outlineMove));
    button.focus();
  }
  if (row && button.matches("[data-outline-remove]")) change(() => row.remove());
});

document.addEventListener("keydown", (event) => {
  const isWriting = event.target instanceof HTMLTextAreaElement || (event.target instanceof HTMLInputElement && event.target.type !== "hidden");
  if (event.ctrlKey && event.key === "z" && !isWriting) {
    event.preventDefault();
    undo();
  }
  const row = event.target instanceof Element ? event.target.closest(".report-outline-row") : null;
  if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    move(row, event.key === "ArrowUp" ? -1 : 1);
    /** @type {HTMLElement} */ (event.target).focus();
  }
});

form?.addEventListener("submit", () => { isSent = true; });
window.addEventListener("beforeunload", (event) => {
  const isWritten = [...(form?.elements ?? [])].some((one) =>
    (one instanceof HTMLTextAreaElement || (one instanceof HTMLInputElement && one.type !== "hidden")) && one.value !== one.defaultValue);
  if (!isSent && (earlier.length > 0 || isWritten)) event.preventDefault();
});
