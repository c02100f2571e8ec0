/**
 * Lists: the filter form leaves empty fields out of the URL; dialogs of the toolbar close.
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
