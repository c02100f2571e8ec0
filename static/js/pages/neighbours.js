/**
 * The page of an element that was opened from a list: `j` or `]` the next row, `k` or `[` the one before.
 * Where the page itself has rows to walk, `j` and `k` are theirs.
 */

const STEPS = { "]": 1, "[": -1 };
const LETTERS = { j: 1, k: -1 };

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const step = STEPS[event.key] ?? (document.querySelector("tr[data-row-url]") ? undefined : LETTERS[event.key]);
  const link = step && document.querySelector(`[data-neighbour="${step}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
