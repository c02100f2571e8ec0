/** The board: its charts and the button that prints it. */
import { startCharts } from "../lib/charts.js";

startCharts(document);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.documentElement.dataset.board = "ready";
