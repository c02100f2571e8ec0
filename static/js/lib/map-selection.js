/** Draws a shape on the map and offers what is asked of the events inside: lists, and a special report. */
import { Measure } from "./map-measure.js";

const { L } = window;
const DIGITS = 6;
const LEAST_CORNERS = 3;

export class Selection extends Measure {
  /**
   * @param {Object} map @param {HTMLElement} shell @param {DOMStringMap} texts @param {(text: string) => void} tell
   * @param {() => {eventFrom: string, eventTo: string}} time the days that the map shows
   */
  constructor(map, shell, texts, tell, time) {
    super(map, shell.querySelector('[data-map-tool="selection"]'), texts, tell);
    Object.assign(this, { hint: texts.selection, time, panel: shell.querySelector("[data-map-selection]") });
    this.panel.querySelector("[data-map-selection-clear]").addEventListener("click", () => this.clear());
  }

  draw() {
    L.polygon(this.points, { className: "map-measure-line", color: "#b3006b", weight: 3, interactive: false }).addTo(this.group);
  }

  finish() {
    super.finish();
    if (this.points.length < LEAST_CORNERS) return;
    const { eventFrom, eventTo } = this.time();
    const shape = this.points.map(({ lat, lng }) => `${lng.toFixed(DIGITS)},${lat.toFixed(DIGITS)}`).join(";");
    const asked = new URLSearchParams({ shape, occurred_from: eventFrom, occurred_to: eventTo });
    for (const link of this.panel.querySelectorAll("a[data-list-url]")) link.href = `${link.dataset.listUrl}?${asked}`;
    const report = this.panel.querySelector("a[data-report-url]");
    if (report) {
      const about = new URLSearchParams({ first_day: eventFrom, last_day: eventTo, events_url: `${report.dataset.eventsUrl}?${asked}` });
      report.href = `${report.dataset.reportUrl}?${about}`;
    }
    this.panel.hidden = false;
  }

  clear() {
    super.clear();
    this.panel.hidden = true;
  }
}
