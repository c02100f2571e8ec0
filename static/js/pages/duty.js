/**
 * Work orders: printing, and forms that are sent once however often their button is pressed.
 */

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  });
}
// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-once] button[type=submit]")) button.disabled = false;
});

// In what state the facility is says a fault only; of a danger its treatment is said.
const cause = document.getElementById("id_cause");
const condition = document.getElementById("id_condition")?.closest(".form-row");
if (cause && condition) {
  const follow = () => {
    condition.hidden = cause.value === "DANGER";
  };
  cause.addEventListener("change", follow);
  follow();
}
