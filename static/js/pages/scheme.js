/**
 * The form of a grading scheme: sliders and their numbers move together, the button asks the simulator.
 */

/** @param {HTMLFormElement} form */
function startScheme(form) {
  for (const slider of form.querySelectorAll("input[data-slides]")) {
    const number = document.getElementById(slider.dataset.slides);
    slider.addEventListener("input", () => {
      number.value = slider.value;
    });
    number.addEventListener("input", () => {
      slider.value = number.value;
    });
  }
  document.querySelector("[data-simulate]")?.addEventListener("click", () => {
    if (form.reportValidity()) form.dispatchEvent(new CustomEvent("simulate"));
  });
}

const form = document.querySelector("[data-scheme-form]");
if (form instanceof HTMLFormElement) startScheme(form);
