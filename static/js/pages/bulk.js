/**
 * Choosing rows of a list (shift-click for a range, the whole page, everything that the filter finds), and the form and
 * pages of a bulk correction. What "everything" is, is asked again by the server.
 */

const CHECK = "input[data-row-check]";

/** @param {HTMLFormElement} bar */
function startBar(bar) {
  const checks = [...document.querySelectorAll(CHECK)];
  const count = bar.querySelector("[data-bulk-count]");
  const whole = bar.querySelector("[data-bulk-whole]");
  const all = bar.querySelector("[data-bulk-all]");
  const wholeText = whole.textContent;
  let last = null;

  const head = document.createElement("input");
  head.type = "checkbox";
  head.className = "row-check";
  head.setAttribute("aria-label", document.querySelector("[data-bulk-words]").dataset.page);
  head.title = head.getAttribute("aria-label");
  checks[0]?.closest("table").querySelector('th[data-column="label"]')?.prepend(head);

  const look = () => {
    const chosen = checks.filter((one) => one.checked).length;
    const isAll = all.value === "1";
    bar.hidden = !chosen;
    count.textContent = isAll ? bar.elements.count.value || "…" : String(chosen);
    whole.textContent = isAll ? whole.dataset.textAll : wholeText;
    head.checked = chosen === checks.length;
    head.indeterminate = chosen > 0 && chosen < checks.length;
    // Everything is asked by the query; single numbers would only make the address long.
    for (const one of checks) one.name = isAll ? "" : "ids";
  };
  const choose = (ones, isChecked) => {
    for (const one of ones) one.checked = isChecked;
    all.value = "";
    look();
  };
  head.addEventListener("change", () => choose(checks, head.checked));
  for (const one of checks) {
    one.addEventListener("click", (event) => {
      const [from, to] = [checks.indexOf(last), checks.indexOf(one)];
      const range = event.shiftKey && from >= 0 ? checks.slice(Math.min(from, to), Math.max(from, to) + 1) : [one];
      last = one;
      choose(range, one.checked);
    });
  }
  whole.addEventListener("click", () => {
    all.value = all.value === "1" ? "" : "1";
    if (all.value) for (const one of checks) one.checked = true;
    look();
  });
  bar.querySelector("[data-bulk-none]").addEventListener("click", () => choose(checks, false));
  bar.querySelector("[data-bulk-export]")?.addEventListener("click", (event) => {
    const url = new URL(event.currentTarget.dataset.bulkExport, location.href);
    const ids = checks.filter((one) => one.checked).map((one) => one.value);
    if (all.value !== "1") url.searchParams.set("ids", ids.join(","));
    location.assign(url);
  });
  bar.addEventListener("formdata", (event) => {
    if (all.value === "1") return;
    for (const name of ["query", "count", "all"]) event.formData.delete(name);
  });
  // Going back, the browser restores the ticks.
  window.addEventListener("pageshow", look);
  look();
}

/** @param {HTMLFormElement} form */
function startForm(form) {
  let isSent = false;
  const rows = [...form.querySelectorAll("[data-bulk-field]")];
  const look = (row) => {
    const action = row.querySelector("[data-bulk-action]");
    row.classList.toggle("is-set", action.value !== "");
    row.querySelector(".bulk-value > :is(input, select)").disabled = action.value === "clear";
  };
  for (const row of rows) {
    const action = row.querySelector("[data-bulk-action]");
    action.addEventListener("change", () => look(row));
    row.querySelector(".bulk-value > :is(input, select)").addEventListener("input", () => {
      if (action.value === "") action.value = "set";
      look(row);
    });
    look(row);
  }
  form.addEventListener("submit", () => {
    isSent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isSent && rows.some((row) => row.classList.contains("is-set"))) event.preventDefault();
  });
}

/** A second press sends nothing. @param {HTMLFormElement} form */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

for (const bar of document.querySelectorAll("[data-bulk-bar]")) startBar(bar);
for (const form of document.querySelectorAll("[data-bulk-form]")) {
  startForm(form);
  sendOnce(form);
}
for (const form of document.querySelectorAll("[data-once]")) sendOnce(form);
