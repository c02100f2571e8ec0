/**
 * Charts from the JSON in the page (`console/charts.py`), drawn as SVG by ECharts. Colours are those of the page, light, dark and
 * on paper; a click on a figure opens its rows. The numbers stand in the table beside each chart, for who does not see it.
 */
/* global echarts */

const BAR_MAX_PX = 28;
const LYING_ROW_REM = 2.25;
const LYING_EDGE_REM = 3.5;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const ROLES = ["accent", "note", "warn", "bad", "ok", "idle"];

/** @type {Map<HTMLElement, {chart: Object, resizer: ResizeObserver}>} */
const drawn = new Map();
// On paper the drawing is scaled as it is: what the sheet does to its box is no reason to draw it anew.
let isPrinting = false;

/** Colours of the page as it looks now, or those of paper. @param {boolean} isPaper */
function palette(isPaper) {
  const probe = document.createElement("div");
  // Paper is light whatever the screen is.
  if (isPaper) probe.dataset.bsTheme = "light";
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const read = (name) => style.getPropertyValue(name).trim();
  const found = {
    text: read("--tblr-body-color"), quiet: read("--platform-quiet"), line: read("--platform-line"), ground: read("--platform-surface"),
    ...Object.fromEntries(ROLES.map((role) => [role, read(`--platform-${role}`)])),
  };
  probe.remove();
  return found;
}

/** One series of ECharts. */
function series(one, spec, colours, size) {
  const common = { name: one.name, data: one.values, itemStyle: { color: colours[one.role] }, cursor: one.urls.some(Boolean) ? "pointer" : "default" };
  // A target: a stroke across the bar.
  if (one.drawn === "mark") {
    const look = { color: colours[one.role], borderColor: colours.ground, borderWidth: 1, opacity: 1 };
    return { ...common, itemStyle: look, type: "scatter", symbol: "rect", symbolSize: spec.lying ? [size / 5, size * 1.6] : [size * 1.6, size / 5], z: 5 };
  }
  if (one.drawn === "line") return { ...common, type: "line", symbolSize: 6, lineStyle: { color: colours[one.role], width: 2 } };
  return { ...common, type: "bar", stack: spec.stacked ? "all" : undefined, barMaxWidth: BAR_MAX_PX, emphasis: { focus: "none" } };
}

/** The options of ECharts. @param {Object} spec @param {Object} colours @param {number} size of text in pixels @param {boolean} isStill */
function options(spec, colours, size, isStill) {
  const text = { color: colours.quiet, fontSize: size, fontFamily: getComputedStyle(document.body).fontFamily };
  const names = {
    type: "category", data: spec.labels, inverse: spec.lying, axisLabel: { ...text, hideOverlap: !spec.lying, interval: spec.lying ? 0 : "auto" },
    axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } },
  };
  const isPercent = spec.unit === "%";
  const figures = {
    type: "value", minInterval: isPercent ? 0 : 1, max: isPercent ? 100 : undefined, axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: colours.line } },
  };
  return {
    animation: !isStill && !still.matches, animationDuration: 300, textStyle: text,
    grid: { left: 4, right: size * 1.5, top: spec.series.length > 1 ? size * 2.5 : size, bottom: 4, containLabel: true },
    legend: spec.series.length > 1 ? { top: 0, right: 0, itemWidth: size, itemHeight: size, textStyle: text } : undefined,
    tooltip: {
      // Not as HTML: its style attributes are what the policy of the page forbids.
      renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: colours.line, opacity: 0.35 } }, confine: true,
      backgroundColor: colours.ground, borderColor: colours.line, textStyle: { ...text, color: colours.text },
      valueFormatter: (value) => (value === null || value === undefined ? "—" : `${value.toLocaleString("zh-CN")} ${spec.unit}`),
    },
    xAxis: spec.lying ? figures : names, yAxis: spec.lying ? names : figures,
    series: spec.series.map((one) => series(one, spec, colours, size)),
  };
}

/** @param {HTMLElement} box @param {boolean} [isPaper] */
function paint(box, isPaper = false) {
  const { chart, spec } = drawn.get(box);
  const size = parseFloat(getComputedStyle(box).fontSize);
  const isStill = isPaper || box.dataset.still !== undefined;
  chart.setOption(options(spec, palette(isPaper), size, isStill), { notMerge: true, lazyUpdate: false });
  if (isPaper) {
    chart.getZr().flush();
    const svg = box.querySelector("svg");
    svg?.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
  }
}

/** @param {HTMLElement} box an element with `data-chart` */
function draw(box) {
  const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  if (spec.lying) box.style.setProperty("--chart-height", `${spec.labels.length * LYING_ROW_REM + LYING_EDGE_REM}rem`);
  const chart = echarts.init(box, null, { renderer: "svg" });
  const resizer = new ResizeObserver(() => isPrinting || chart.resize());
  drawn.set(box, { chart, spec, resizer });
  paint(box);
  resizer.observe(box);
  chart.on("click", ({ seriesIndex, dataIndex, event }) => {
    const url = spec.series[seriesIndex]?.urls[dataIndex];
    if (!url) return;
    const { ctrlKey, metaKey } = event.event;
    if (ctrlKey || metaKey) window.open(url, "_blank", "noopener");
    else location.assign(url);
  });
  box.dataset.drawn = "1";
}

/** Forgets charts whose boxes have left the page. */
function sweep() {
  for (const [box, { chart, resizer }] of drawn) {
    if (box.isConnected) continue;
    resizer.disconnect();
    chart.dispose();
    drawn.delete(box);
  }
}

/** Draws every chart below an element that is not drawn yet. @param {Element} root */
export function startCharts(root) {
  sweep();
  for (const box of root.querySelectorAll("[data-chart]:not([data-drawn])")) draw(box);
}

document.addEventListener("platform:theme", () => [...drawn.keys()].forEach((box) => paint(box)));
addEventListener("beforeprint", () => {
  isPrinting = true;
  document.querySelectorAll("[data-chart-table]").forEach((table) => table.setAttribute("open", ""));
  [...drawn.keys()].forEach((box) => paint(box, true));
});
addEventListener("afterprint", () => {
  isPrinting = false;
  document.querySelectorAll("[data-chart-table]").forEach((table) => table.removeAttribute("open"));
  for (const [box, { chart }] of drawn) {
    chart.resize();
    paint(box);
  }
});
