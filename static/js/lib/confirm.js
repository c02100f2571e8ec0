/**
 * Questions before an act that is hard to take back, in a <dialog> of ours: the browser's own cannot be styled or translated.
 * Markup: `data-confirm="…"` on a form or a button of a form; `hx-confirm="…"` for htmx. `data-confirm-label` names the act.
 */

/**
 * @param {string} question
 * @param {string} [label] text of the button that does it
 * @returns {Promise<boolean>} true when the person confirmed
 */
export function ask(question, label) {
  const dialog = document.getElementById("confirm-dialog");
  const button = dialog.querySelector("[data-confirm-button]");
  button.dataset.usual ??= button.textContent;
  button.textContent = label || button.dataset.usual;
  dialog.querySelector("[data-confirm-text]").textContent = question;
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirm"), { once: true });
  });
}

/** Binds forms and htmx. */
export function startConfirm() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form;
    if (!source.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    // Keeps htmx from sending the form before the answer.
    event.stopImmediatePropagation();
    if (!(await ask(source.dataset.confirm, source.dataset.confirmLabel))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.confirmed;
  }, true);
  document.body.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question, event.detail.elt.dataset.confirmLabel)) event.detail.issueRequest(true);
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
    // A click on the backdrop closes.
    else if (event.target instanceof HTMLDialogElement && event.target.classList.contains("dialog")) event.target.close("cancel");
  });
}
