// The editor of a report: moves blocks by keyboard, takes back by Ctrl+Z, keeps the place after an edit.

const EDITOR = "#report-editor";

/** Presses a button of the editor unless it is switched off. @param {Element | null | undefined} button */
function press(button) {
  if (button instanceof HTMLButtonElement && !button.disabled) button.click();
}

/** Whether a text is being written, which has an undo of its own. @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type !== "hidden");
}

document.addEventListener("keydown", (event) => {
  const editor = document.querySelector(EDITOR);
  if (!editor) return;
  if (event.ctrlKey && event.key === "z" && !isWriting(event.target)) {
    event.preventDefault();
    press(editor.querySelector('button[value="undo"]'));
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const block = event.target instanceof Element ? event.target.closest(".report-edit-block") : null;
    if (!block) return;
    event.preventDefault();
    press(block.querySelector(`button[value="${event.key === "ArrowUp" ? "up" : "down"}"]`));
  }
});

document.addEventListener("htmx:afterSettle", () => {
  const editor = document.querySelector(EDITOR);
  const place = editor instanceof HTMLElement ? editor.dataset.focus : undefined;
  if (!editor || place === undefined) return;
  const blocks = [...editor.querySelectorAll(".report-edit-block[data-place]")];
  const block = blocks[Math.min(Number(place), blocks.length - 1)];
  if (block instanceof HTMLElement) block.focus();
  if (editor instanceof HTMLElement) delete editor.dataset.focus;
});

window.addEventListener("beforeunload", (event) => {
  const texts = [...document.querySelectorAll(".report-text-form [name=text]")];
  const changed = texts.some((one) =>
    (one instanceof HTMLTextAreaElement || one instanceof HTMLInputElement) && one.value !== one.defaultValue);
  const active = document.activeElement;
  if (changed && !(active instanceof HTMLButtonElement && active.form)) event.preventDefault();
});
