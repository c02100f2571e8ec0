/**
 * The relation graph of an element: three columns (itself, first hop, second hop), drawn once, nothing moves. The table below says
 * the same; when the drawing fails, it stays.
 */

const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 350;
const ROW = 54;
const MARGIN = 28;
const BADGE = 15;
const TEXT_AT = 24;
const LONGEST = 12;
// Outlines of the badges, about (0, 0); a kind is told by shape, icon and colour.
const SHAPES = {
  PERSON: "M0-15a15 15 0 1 0 .01 0Z",
  VEHICLE: "M-15-11h30v22h-30Z",
  UNIT: "M-14-14h28v28h-28Z",
  HOUSE: "M0-17 16-3V14H-16V-3Z",
  ROAD: "M-9-15H9L17 0 9 15H-9L-17 0Z",
  FACILITY: "M0-18 18 0 0 18-18 0Z",
};

/** @returns {SVGElement} an element with attributes and children */
function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** @param {string} text with `{n}` */
const counted = (text, n) => text.replace("{n}", String(n));

/** @returns {string} no longer than fits beside the badge */
const short = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** Stands nodes below each other, none higher than it wants. */
function follow(nodes, wanted) {
  let floor = 0;
  for (const node of nodes) {
    node.y = Math.max(floor, wanted(node));
    floor = node.y + ROW;
  }
}

/**
 * Gives every node x and y: three columns about one middle, the second hop in the order of the first.
 * @returns {{width: number, height: number}}
 */
function place(nodes, edges) {
  const columns = [0, 1, 2].map((hop) => nodes.filter((node) => node.hop === hop));
  const near = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) {
    near.get(edge.subject)?.push(edge.object);
    near.get(edge.object)?.push(edge.subject);
  }
  const rank = new Map(columns[1].map((node, index) => [node.id, index]));
  const parent = (node) => Math.min(...near.get(node.id).map((id) => rank.get(id) ?? Infinity), Infinity);
  columns[2].sort((a, b) => parent(a) - parent(b) || a.id - b.id);
  // Few at the first hop stand close round the middle, where the element itself is.
  const height = Math.max(columns[1].length, columns[2].length, 1) * ROW;
  const step = Math.min(Math.max(height / Math.max(columns[1].length, 1), ROW), ROW * 2);
  const middle = MARGIN + (height - ROW) / 2;
  columns[1].forEach((node, index) => { node.y = middle + (index - (columns[1].length - 1) / 2) * step; });
  follow(columns[2], columns[1].length < columns[2].length ? () => 0 : (node) => columns[1][parent(node)]?.y ?? 0);
  if (columns[1].length < columns[2].length) columns[2].forEach((node) => { node.y += MARGIN; });
  for (const node of columns[0]) node.y = middle;
  for (const node of nodes) node.x = MARGIN + node.hop * COLUMN;
  const widest = Math.max(...nodes.map((node) => node.hop));
  const deepest = Math.max(...nodes.map((node) => node.y));
  return { width: MARGIN * 2 + widest * COLUMN + 210, height: deepest + MARGIN + 14 };
}

/** @returns {[string, number, number, string]} path of the line, and where its word stands with its end or its start */
function line(from, to) {
  const [a, b] = from.hop <= to.hop ? [from, to] : [to, from];
  if (a.hop === b.hop) {
    const right = Math.max(a.end, b.end);
    return [`M${a.end} ${a.y}C${right + 40} ${a.y} ${right + 40} ${b.y} ${b.end} ${b.y}`, right + 34, (a.y + b.y) / 2 + 4, "start"];
  }
  const right = b.x - BADGE - 6;
  const middle = (a.end + right) / 2;
  return [`M${a.end} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${right} ${b.y}`, right - 2, b.y - 5, "end"];
}

/** @param {object[]} same edges between the same two nodes */
function drawLine(same, from, to, texts) {
  const [path, x, y, anchor] = line(from, to);
  const isEnded = same.every((edge) => edge.is_ended);
  const group = make("g", { class: `graph-edge${isEnded ? " is-ended" : ""}` });
  const period = (edge) => (edge.valid_from || edge.valid_to ? ` ${edge.valid_from ?? "…"} — ${edge.valid_to ?? "…"}` : "");
  const said = same.map((edge) => `${edge.label}${edge.is_ended ? period(edge) : ""}`).join("、");
  const title = same.map((edge) => `${edge.label}${period(edge)}${edge.is_ended ? ` ${texts.textEnded}` : ""}\n${edge.sources.join("、")} ${edge.said_on ?? ""}`).join("\n");
  group.append(make("title", {}, title), make("path", { d: path }), make("text", { x, y, "text-anchor": anchor }, said));
  return group;
}

/** @returns {number} pixels that a text takes: Chinese is as wide as high */
const wide = (text, size) => [...text].reduce((sum, one) => sum + (one.charCodeAt(0) > 0x2000 ? size : size * 0.6), 0);

/** Words of a node: `label`, `notes`, and `end`, where its lines begin. */
function word(node, texts) {
  node.label ||= texts.textNameless;
  node.notes = [node.kind_label];
  if (node.is_stub) node.notes.push(texts.textStub);
  if (node.more) node.notes.push(counted(texts.textMore, node.more));
  if (node.hidden) node.notes.push(counted(texts.textHidden, node.hidden));
  node.end = node.x + TEXT_AT + Math.max(wide(short(node.label), 14), wide(node.notes.join(" · "), 12)) + 8;
}

/** @param {object} node one of the answer, placed and worded */
function drawNode(node, isCentre, shell) {
  const { label, notes } = node;
  const group = make("g", {
    class: `graph-node is-${node.kind.toLowerCase()}${node.is_stub ? " is-stub" : ""}${isCentre ? " is-centre" : ""}`,
    transform: `translate(${node.x} ${node.y})`, tabindex: 0, role: "button", "aria-label": `${label}，${notes.join("，")}`, "data-node": node.id,
  });
  const icon = make("use", { href: `${shell.dataset.icons}#${node.icon}`, x: -9, y: -9, width: 18, height: 18 });
  group.append(
    make("title", {}, `${label}\n${notes.join(" · ")}`),
    make("rect", { class: "graph-hit", x: -22, y: -24, width: node.end - node.x + 24, height: 48, rx: 6 }),
    make("path", { class: "graph-shape", d: SHAPES[node.kind] }), icon,
    make("text", { class: "graph-label", x: TEXT_AT, y: -2 }, short(label)),
    make("text", { class: "graph-note", x: TEXT_AT, y: 14 }, notes.join(" · ")),
  );
  return group;
}

/** Opens the card of a node beside the drawing. */
async function open(shell, node) {
  const side = shell.querySelector("[data-graph-side]");
  const recentre = side.querySelector("[data-graph-recentre]");
  for (const one of shell.querySelectorAll(".graph-node")) one.classList.toggle("is-chosen", Number(one.dataset.node) === node.id);
  recentre.href = node.url;
  recentre.hidden = node.hop === 0;
  side.hidden = false;
  const card = side.querySelector("#graph-card");
  try {
    const answer = await fetch(node.card_url, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    card.innerHTML = await answer.text();
  } catch {
    card.textContent = shell.dataset.textNoCard;
  }
  if (globalThis.matchMedia("(max-width: 991.98px)").matches) side.scrollIntoView({ block: "nearest" });
}

/** Draws the answer of the server into the box. */
function draw(shell, box, answer) {
  const byId = new Map(answer.nodes.map((node) => [node.id, node]));
  const { width, height } = place(answer.nodes, answer.edges);
  for (const node of answer.nodes) word(node, shell.dataset);
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "graph-svg" });
  for (const same of byPair(answer.edges).values()) svg.append(drawLine(same, byId.get(same[0].subject), byId.get(same[0].object), shell.dataset));
  for (const node of [...answer.nodes].sort((a, b) => a.hop - b.hop || a.y - b.y)) {
    const drawn = drawNode(node, node.id === answer.centre, shell);
    drawn.addEventListener("click", () => open(shell, node));
    drawn.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(shell, node);
    });
    svg.append(drawn);
  }
  box.replaceChildren(svg);
  // What one came for stands in sight, however long the columns are.
  box.scrollTop = Math.max(0, byId.get(answer.centre).y - box.clientHeight / 2);
}

/** @returns {Map<string, object[]>} edges by their two nodes, whoever is the subject */
function byPair(edges) {
  const found = new Map();
  for (const edge of edges) {
    const pair = `${Math.min(edge.subject, edge.object)}-${Math.max(edge.subject, edge.object)}`;
    found.set(pair, [...(found.get(pair) ?? []), edge]);
  }
  return found;
}

/** Starts the graph that is on the page, once. */
async function start() {
  const shell = document.getElementById("element-graph");
  const box = shell?.querySelector("[data-graph-drawing]");
  if (!box || shell.dataset.started) return;
  shell.dataset.started = "yes";
  shell.querySelector("[data-graph-close]").addEventListener("click", () => {
    shell.querySelector("[data-graph-side]").hidden = true;
    shell.querySelector(".graph-node.is-chosen")?.focus();
  });
  try {
    const answer = await fetch(shell.dataset.graphUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    draw(shell, box, await answer.json());
    shell.dataset.state = "ready";
  } catch {
    box.textContent = shell.dataset.textFailed;
    box.classList.add("is-empty");
    shell.dataset.state = "failed";
  }
}

document.addEventListener("htmx:afterSettle", start);
start();
