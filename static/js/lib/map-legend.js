/** The legend: what a dot is, how many there are, how many have no place on the map. The counts are those of the lists. */

/**
 * @param {HTMLElement} shell
 * @param {Object} legend answer of the server
 */
export function showLegend(shell, legend) {
  const body = shell.querySelector("[data-map-legend]");
  body.replaceChildren(...legend.registries.map((row) => legendRow(shell, row)));
  for (const row of legend.addresses) {
    const place = shell.querySelector(`[data-map-address-count="${row.kind}"]`);
    if (place) place.textContent = row.count.toLocaleString("zh-CN");
  }
}

function legendRow(shell, row) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.append(symbol(shell, row.kind), row.label);
  line.append(head, figure(row.text), figure(row.not_on_map.text));
  return line;
}

function figure(text) {
  const cell = document.createElement("td");
  cell.className = "is-numeric";
  cell.textContent = text;
  return cell;
}

/** @param {HTMLElement} shell @param {string} kind @returns {Node} a copy of the symbol that the page carries */
export function symbol(shell, kind) {
  const found = shell.querySelector(`[data-map-symbols] [data-kind="${kind}"] svg`);
  return found ? found.cloneNode(true) : document.createTextNode("");
}
