/**
 * Import: dropping a file on the form; in the mapping step, how many columns are open and which field is chosen twice.
 * Without this module the file button, the required selects and the server's own checks do the same.
 */

const SIZE_UNIT = 1024 * 1024;

/** @param {HTMLElement} zone a box around a file input */
function startDropZone(zone) {
  const input = zone.querySelector('input[type="file"]');
  const name = zone.querySelector("[data-drop-name]");
  const show = () => {
    const file = input.files[0];
    name.textContent = file ? `${file.name} · ${(file.size / SIZE_UNIT).toFixed(file.size < SIZE_UNIT ? 2 : 1)} MB` : "";
  };
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("is-over", depth > 0);
  };
  zone.addEventListener("dragenter", () => mark(1));
  zone.addEventListener("dragleave", () => mark(-1));
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    show();
  });
  input.addEventListener("change", show);
  // A file that misses the box must not replace the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
}

/** @param {HTMLFormElement} form */
function startMapping(form) {
  const selects = [...form.querySelectorAll('.mapping-table select')];
  const status = form.querySelector("[data-mapping-open]");
  const rest = form.querySelector("[data-dismiss-rest]");
  const look = () => {
    const open = selects.filter((select) => select.value === "");
    const chosen = selects.filter((select) => select.value && select.value !== "-").map((select) => select.value);
    const twice = new Set(chosen.filter((value, index) => chosen.indexOf(value) !== index));
    const labels = [...new Set(selects.filter((select) => twice.has(select.value)).map((select) => select.selectedOptions[0].text))];
    for (const select of selects) {
      select.closest("tr").classList.toggle("is-undecided", select.value === "" || twice.has(select.value));
    }
    status.classList.toggle("is-open", open.length > 0 || labels.length > 0);
    status.textContent = labels.length
      ? status.dataset.twice.replace("#", labels.join("、"))
      : open.length ? status.dataset.some.replace("#", String(open.length)) : status.dataset.none;
    rest.hidden = open.length === 0;
  };
  rest.addEventListener("click", () => {
    for (const select of selects) if (select.value === "") select.value = "-";
    look();
  });
  form.addEventListener("change", look);
  look();
}

for (const zone of document.querySelectorAll("[data-drop-zone]")) startDropZone(zone);
for (const form of document.querySelectorAll("[data-mapping]")) startMapping(form);
