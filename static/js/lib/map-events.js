/** The event layer in the panel: which events, of which time, how many. Days are those of Laizhou, as YYYY-MM-DD. */

const DAY_MS = 86_400_000;
const WAIT_MS = 250;

/** @param {string} day @param {number} by @returns {string} */
function shift(day, by) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);
}

/** @returns {number} whole days from one day to another */
function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

export class EventFilter {
  /**
   * @param {HTMLElement} shell
   * @param {(change: Object) => void} changed called with the changed parts of the state
   */
  constructor(shell, changed) {
    this.box = shell.querySelector("[data-map-events]");
    this.body = this.box.querySelector("[data-map-events-body]");
    this.kinds = [...this.box.querySelectorAll("[data-event-kind]")];
    this.problem = this.box.querySelector("[data-event-problem]");
    this.placeless = this.box.querySelector("[data-event-placeless]");
    this.today = this.box.dataset.today;
    this.changed = changed;
    this.timer = 0;
    for (const box of this.kinds) box.addEventListener("change", () => this._commit());
    for (const end of ["from", "to"]) {
      const [slide, day] = [this._slide(end), this._day(end)];
      slide.addEventListener("input", () => {
        day.value = this._dayOf(slide);
        this._commitSoon();
      });
      day.addEventListener("change", () => {
        this._follow(end);
        this._commit();
      });
    }
  }

  /** The state with a time: without one of its own the last days up to today. @param {Object} state */
  withTime(state) {
    const eventTo = state.eventTo || this.today;
    return { ...state, eventTo, eventFrom: state.eventFrom || shift(eventTo, 1 - Number(this.box.dataset.usualDays)) };
  }

  /** @param {Object} state @param {boolean} isOn the layer is shown */
  show(state, isOn) {
    this.body.hidden = !isOn;
    for (const box of this.kinds) box.checked = !state.eventKinds || state.eventKinds.includes(box.value);
    for (const [end, value] of [["from", state.eventFrom], ["to", state.eventTo]]) {
      this._day(end).value = value;
      this._follow(end);
    }
    this.problem.hidden = true;
  }

  /** @param {{rows: Object[]}} legend answer of the server */
  showLegend(legend) {
    let [placeless, isMore] = [0, false];
    for (const link of this.box.querySelectorAll("[data-event-count]")) {
      const row = legend.rows.find((one) => one.kind === link.dataset.eventCount);
      link.textContent = row ? row.text : "";
      if (row) link.href = row.list_url;
      else link.removeAttribute("href");
      placeless += row?.not_on_map.count ?? 0;
      isMore ||= row?.not_on_map.more_than ?? false;
    }
    this.placeless.hidden = !placeless;
    this.placeless.textContent = this.placeless.dataset.text.replace("{n}", `${isMore ? "> " : ""}${placeless}`);
  }

  _slide(end) {
    return this.box.querySelector(`[data-event-slide="${end}"]`);
  }

  _day(end) {
    return this.box.querySelector(`[data-event-day="${end}"]`);
  }

  /** The right end of a slide is today, one step a day. */
  _dayOf(slide) {
    return shift(this.today, Number(slide.value) - Number(slide.max));
  }

  /** The slide where the day is; a day before its left end leaves it there. */
  _follow(end) {
    const [slide, day] = [this._slide(end), this._day(end).value];
    if (day) slide.value = String(Number(slide.max) - daysBetween(day, this.today));
    slide.setAttribute("aria-valuetext", day);
  }

  _commitSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._commit(), WAIT_MS);
  }

  _commit() {
    clearTimeout(this.timer);
    const [from, to] = [this._day("from").value, this._day("to").value];
    const chosen = this.kinds.filter((box) => box.checked).map((box) => box.value);
    this.problem.hidden = !(from && to && from > to);
    this.problem.textContent = this.problem.hidden ? "" : this.problem.dataset.text;
    if (!from || !to || from > to) return;
    this.changed({ eventFrom: from, eventTo: to, eventKinds: chosen.length === this.kinds.length ? null : chosen });
  }
}
