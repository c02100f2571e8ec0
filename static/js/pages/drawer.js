/**
 * The drawer beside a list. A plain click on a row's link, or `p` on the chosen row, opens the element's card; the list stays
 * as it is. Arrows or `j` `k` walk over the rows and on to the next page; `Esc` closes. The URL says what is open.
 * Every other click on the link, and `Enter`, goes to the page as the browser does.
 */

const PARAMETER = "open";
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const EDGES = { first: 0, last: -1 };
const SEQUENCE_MS = 1500;
const TEXT_FIELDS = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';

/** @returns {HTMLAnchorElement[]} rows of the page, in order */
const rowLinks = () => [...document.querySelectorAll("a[data-preview]")];

/** @param {Element | null | undefined} link */
const rowOf = (link) => link?.closest("tr, [data-card]") ?? null;

/** @param {number} step @returns {HTMLAnchorElement | null} the link to the page before or behind */
const pageLink = (step) => document.querySelector(`.list-pager a[rel="${step > 0 ? "next" : "prev"}"]`);

/** @param {string} href @param {?string} value of what is open; null = nothing */
function urlWith(href, value) {
  const url = new URL(href, location.href);
  if (value === null) {
    url.searchParams.delete(PARAMETER);
  } else {
    url.searchParams.set(PARAMETER, value);
    url.hash = "";
  }
  return url;
}

class Drawer {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.body = panel.querySelector("[data-drawer-body]");
    // In figures for the eye, in words for a screen reader.
    this.number = panel.querySelector("[data-drawer-number]");
    this.place = panel.querySelector("[data-drawer-place]");
    this.steps = [...panel.querySelectorAll("[data-drawer-step]")];
    /** @type {?string} id of the element that is open */
    this.id = null;
    /** @type {?HTMLAnchorElement} its row, when the page has it */
    this.link = null;
    this.asking = new AbortController();
    for (const button of this.steps) button.addEventListener("click", () => this.step(Number(button.dataset.drawerStep)));
    panel.querySelector("[data-drawer-close]").addEventListener("click", () => this.close());
    panel.querySelector("[data-drawer-print]").addEventListener("click", () => this.print());
    this.body.addEventListener("click", (event) => {
      if (event.target.closest("[data-drawer-retry]")) this.fill();
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** @param {string} id of an element @param {?HTMLAnchorElement} link its row */
  open(id, link) {
    const walks = this.isOpen && !this.panel.contains(document.activeElement);
    this.id = id;
    this.link = link;
    this.panel.hidden = false;
    document.body.classList.add("has-drawer");
    history.replaceState(history.state, "", urlWith(location.href, id));
    this.mark();
    if (walks && link) link.focus({ preventScroll: true });
    else if (!this.panel.contains(document.activeElement)) this.panel.focus({ preventScroll: true });
    return this.fill();
  }

  /** The row of what is open, its number, and whether there is one before and behind. */
  mark() {
    for (const row of document.querySelectorAll("tr.is-current, [data-card].is-current")) row.classList.remove("is-current");
    const row = rowOf(this.link);
    row?.classList.add("is-current");
    row?.scrollIntoView({ block: "nearest", behavior: "instant" });
    const links = rowLinks();
    const at = links.indexOf(this.link);
    const { textPlace, textOffPage } = this.panel.dataset;
    this.number.textContent = at < 0 ? "" : `${at + 1} / ${links.length}`;
    this.place.textContent = at < 0 ? textOffPage : textPlace.replace("{n}", at + 1).replace("{all}", links.length);
    this.place.classList.toggle("visually-hidden", at >= 0);
    for (const button of this.steps) {
      const step = Number(button.dataset.drawerStep);
      const leads = at < 0 ? links.length > 0 : links[at + step] || pageLink(step);
      button.setAttribute("aria-disabled", String(!leads));
      button.classList.toggle("disabled", !leads);
    }
  }

  /** Fetches the card; what an earlier row still waits for is dropped. */
  async fill() {
    this.asking.abort();
    const asking = (this.asking = new AbortController());
    if (!this.body.childElementCount) this.body.textContent = this.panel.dataset.textLoading;
    this.body.setAttribute("aria-busy", "true");
    let reason = "textFailed";
    try {
      const answer = await fetch(this.panel.dataset.cardUrl.replace("/0/", `/${this.id}/`), { headers: { "HX-Request": "true" }, signal: asking.signal });
      if (answer.status === 404) reason = "textMissing";
      else if (answer.status === 401 || answer.redirected) reason = "textSignedOut";
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const card = await answer.text();
      if (asking.signal.aborted) return;
      this.body.innerHTML = card;
    } catch {
      if (asking.signal.aborted) return;
      this.refuse(reason);
    }
    this.body.removeAttribute("aria-busy");
    this.body.scrollTop = 0;
  }

  /** @param {string} reason key of the panel's texts */
  refuse(reason) {
    const shown = document.getElementById("drawer-refusal").content.cloneNode(true);
    shown.querySelector("[data-drawer-reason]").textContent = this.panel.dataset[reason];
    shown.querySelector("[data-drawer-retry]").hidden = reason !== "textFailed";
    this.body.replaceChildren(shown);
  }

  /** @param {number} by +1 or -1: the next row, behind the last one the next page */
  step(by) {
    const links = rowLinks();
    const at = links.indexOf(this.link);
    const next = at < 0 ? links[0] : links[at + by];
    const page = pageLink(by);
    if (next) this.open(next.dataset.preview, next);
    else if (page) location.assign(urlWith(page.href, by > 0 ? "first" : "last"));
  }

  close() {
    this.asking.abort();
    this.panel.hidden = true;
    this.body.replaceChildren();
    document.body.classList.remove("has-drawer");
    history.replaceState(history.state, "", urlWith(location.href, null));
    (this.link ?? rowLinks()[0])?.focus({ preventScroll: true });
    rowOf(this.link)?.scrollIntoView({ block: "nearest", behavior: "instant" });
    this.id = this.link = null;
  }

  /** The card alone on paper. */
  print() {
    document.body.classList.add("is-printing-card");
    window.addEventListener("afterprint", () => document.body.classList.remove("is-printing-card"), { once: true });
    window.print();
  }
}

/** The link of the row that has the focus, or of the one that `j` and `k` chose. */
function chosenLink() {
  const row = rowOf(document.activeElement) ?? document.querySelector("tr.is-current, [data-card].is-current");
  return row?.querySelector("a[data-preview]") ?? null;
}

/** @param {Drawer} drawer */
function startClicks(drawer) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-preview]");
    // `detail` is 0 when the click comes from the keyboard: Enter goes to the page.
    const isPlain = event.button === 0 && event.detail > 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    drawer.open(link.dataset.preview, link);
  });
}

/** @param {Drawer} drawer @param {string} key @returns {boolean} whether the key was for the drawer */
function act(drawer, key) {
  const link = key === "p" ? chosenLink() : null;
  if (key === "p" && drawer.isOpen && (!link || link === drawer.link)) drawer.close();
  else if (link) drawer.open(link.dataset.preview, link);
  else if (drawer.isOpen && key === "Escape") drawer.close();
  else if (drawer.isOpen && STEPS[key]) drawer.step(STEPS[key]);
  else return false;
  return true;
}

/** Before the frame's own keys, which would only move the row. @param {Drawer} drawer */
function startKeys(drawer) {
  let afterGo = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest?.(TEXT_FIELDS)) return;
    if (document.querySelector("dialog[open], .dropdown-menu.show, .offcanvas.show, .offcanvas-lg.show")) return;
    // `g` and a letter goes to a page.
    const isGoing = event.timeStamp - afterGo < SEQUENCE_MS;
    afterGo = event.key === "g" ? event.timeStamp : -Infinity;
    if (isGoing) return;
    if (!act(drawer, event.key.length === 1 ? event.key.toLowerCase() : event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}

/** Opens what the URL names: an element, or the first or last row for who walked over the edge of a page. @param {Drawer} drawer */
function openAsked(drawer) {
  const asked = new URLSearchParams(location.search).get(PARAMETER) ?? "";
  const links = rowLinks();
  const link = asked in EDGES ? links.at(EDGES[asked]) : links.find((one) => one.dataset.preview === asked);
  if (link) drawer.open(link.dataset.preview, link);
  else if (/^\d{1,18}$/.test(asked)) drawer.open(asked, null);
}

const panel = document.querySelector("[data-drawer]");
if (panel) {
  const drawer = new Drawer(panel);
  startClicks(drawer);
  startKeys(drawer);
  openAsked(drawer);
  panel.dataset.ready = "true";
}
