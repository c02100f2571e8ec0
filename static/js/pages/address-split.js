/**
 * Sharing out what lies below a divided address: filter, ranges, whole floors, by mouse and keyboard. The selects of the
 * form hold the answer; without this module they are filled one by one.
 */
const MAX_PARTS = 8;
const box = document.querySelector("[data-split]");
if (box) start(box);

/** @param {HTMLElement} box */
function start(box) {
  const texts = box.dataset;
  const rows = [...box.querySelectorAll("[data-split-row]")].map((row) => ({
    row, pick: row.querySelector("[data-split-pick]"), select: row.querySelector("select"), label: row.dataset.label,
  }));
  const [count, give, message] = ["[data-split-count]", "[data-split-parts]", "[data-split-message]"].map((one) => box.querySelector(one));
  const [filter, floor, from, to] = ["filter", "floor", "from", "to"].map((one) => box.querySelector(`[data-split-${one}]`));
  const sums = document.querySelector("[data-split-sums]");
  const parts = box.form?.elements.parts ?? document.querySelector("[name=parts]");
  let last = -1;

  const shown = () => rows.filter((one) => !one.row.hidden);
  const chosen = () => rows.filter((one) => one.pick.checked);
  const names = () => parts.value.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, MAX_PARTS);
  const nameOf = (number) => `${texts.textPart.replace("N", String(number))}${names()[number - 1] ? ` ${names()[number - 1]}` : ""}`;

  const tell = (text) => {
    message.textContent = text;
    message.hidden = !text;
  };
  const count_ = () => {
    const number = chosen().length;
    count.textContent = number ? texts.textChosen.replace("N", String(number)) : texts.textNone;
    for (const button of give.children) button.disabled = number === 0;
    for (const { row, pick } of rows) row.classList.toggle("is-chosen", pick.checked);
  };
  const sum = () => {
    const filled = names().map((_name, at) => rows.filter((one) => one.select.value === String(at + 1)).length);
    sums.textContent = filled.length > 1 ? filled.map((number, at) => `${nameOf(at + 1)}: ${number}`).join(" · ") : "";
  };
  const hand = (number) => {
    if (number > Math.max(names().length, 2)) return;
    for (const one of chosen()) {
      one.select.value = String(number);
      one.pick.checked = false;
    }
    count_();
    sum();
  };
  // What the lines of the text say names the parts everywhere; a part without a line can not be given anything.
  const rename = () => {
    const many = Math.max(names().length, 2);
    give.replaceChildren(...Array.from({ length: many }, (_one, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn";
      button.textContent = `→ ${nameOf(at + 1)}`;
      button.addEventListener("click", () => hand(at + 1));
      return button;
    }));
    for (const { select } of rows) {
      for (const option of select.options) {
        option.textContent = nameOf(Number(option.value));
        option.hidden = option.disabled = Number(option.value) > many;
      }
      if (Number(select.value) > many) select.value = "1";
    }
    count_();
    sum();
  };
  const between = (first, second, isOn) => {
    const [low, high] = first < second ? [first, second] : [second, first];
    for (const one of rows.slice(low, high + 1)) if (!one.row.hidden) one.pick.checked = isOn;
    count_();
  };
  const find = (text) => {
    const wanted = text.trim();
    if (!wanted) return -1;
    const exact = rows.findIndex((one) => one.label.replace(/\D+$/u, "") === wanted || one.label === wanted);
    return exact >= 0 ? exact : rows.findIndex((one) => one.label.startsWith(wanted));
  };
  const range = () => {
    const [first, second] = [find(from.value), find(to.value)];
    if (first < 0 || second < 0) return tell(texts.textNoRange);
    tell("");
    return between(first, second, true);
  };

  rows.forEach((one, at) => {
    one.pick.hidden = false;
    one.pick.addEventListener("click", (event) => {
      if (event.shiftKey && last >= 0) between(last, at, one.pick.checked);
      last = at;
      count_();
    });
    one.select.addEventListener("change", sum);
    one.pick.addEventListener("keydown", (event) => {
      if (/^[1-8]$/.test(event.key)) return hand(Number(event.key));
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return undefined;
      event.preventDefault();
      const seen = shown();
      const next = seen[seen.indexOf(one) + (event.key === "ArrowDown" ? 1 : -1)];
      if (!next) return undefined;
      if (event.shiftKey) {
        one.pick.checked = next.pick.checked = true;
        count_();
      }
      last = rows.indexOf(next);
      return next.pick.focus();
    });
  });
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim();
    for (const one of rows) {
      one.row.hidden = wanted !== "" && !one.label.includes(wanted);
      // What is out of sight is not given away unseen.
      if (one.row.hidden) one.pick.checked = false;
    }
    tell(shown().length ? "" : texts.textEmpty);
    count_();
  });
  floor?.addEventListener("change", () => {
    for (const one of shown()) if (floor.value && one.row.dataset.floor === floor.value) one.pick.checked = true;
    floor.value = "";
    count_();
  });
  box.querySelector("[data-split-range]").addEventListener("click", range);
  for (const input of [from, to, filter]) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (input !== filter) range();
    });
  }
  box.querySelector("[data-split-all]").addEventListener("click", () => between(0, rows.length - 1, true));
  box.querySelector("[data-split-none]").addEventListener("click", () => {
    for (const one of rows) one.pick.checked = false;
    count_();
  });
  parts.addEventListener("input", rename);
  for (const part of box.querySelectorAll(".split-tools, .split-give")) part.hidden = false;
  rename();
}
