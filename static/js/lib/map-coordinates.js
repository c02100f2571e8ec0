/**
 * Coordinates under the pointer in both datums, to read and to copy. Only a reading: nothing shifted is ever stored.
 * Source: the published GCJ-02 formula, the same as common/geometry.py.
 */
import { showToast } from "./toasts.js";

const AXIS_M = 6378245;
const ECCENTRICITY = 0.006693421622965823;
const DIGITS = 6;

function wave(value) {
  return ((20 * Math.sin(6 * value * Math.PI) + 20 * Math.sin(2 * value * Math.PI)) * 2) / 3;
}

/** @param {number} lon WGS84 degrees @param {number} lat @returns {[number, number]} GCJ-02 degrees */
export function toGcj02(lon, lat) {
  const [x, y, pi] = [lon - 105, lat - 35, Math.PI];
  let dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave(x);
  dLat += ((20 * Math.sin(y * pi) + 40 * Math.sin((y / 3) * pi)) * 2) / 3;
  dLat += ((160 * Math.sin((y / 12) * pi) + 320 * Math.sin((y * pi) / 30)) * 2) / 3;
  let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave(x);
  dLon += ((20 * Math.sin(x * pi) + 40 * Math.sin((x / 3) * pi)) * 2) / 3;
  dLon += ((150 * Math.sin((x / 12) * pi) + 300 * Math.sin((x / 30) * pi)) * 2) / 3;
  const angle = (lat / 180) * pi;
  const magic = 1 - ECCENTRICITY * Math.sin(angle) ** 2;
  const root = Math.sqrt(magic);
  return [
    lon + (dLon * 180) / ((AXIS_M / root) * Math.cos(angle) * pi),
    lat + (dLat * 180) / (((AXIS_M * (1 - ECCENTRICITY)) / (magic * root)) * pi),
  ];
}

function text([lon, lat]) {
  return `${lon.toFixed(DIGITS)}, ${lat.toFixed(DIGITS)}`;
}

async function copy(value, texts) {
  try {
    await navigator.clipboard.writeText(value);
    showToast({ level: "success", text: `${texts.copied}${value}` });
  } catch {
    showToast({ level: "warning", text: `${texts.copyFailed}${value}` });
  }
}

/** @param {Object} map Leaflet map @param {HTMLElement} shell @param {DOMStringMap} texts */
export function startCoordinates(map, shell, texts) {
  const buttons = [...shell.querySelectorAll("[data-map-coordinate]")];
  const show = ({ lng, lat }) => {
    const values = { wgs: text([lng, lat]), gcj: text(toGcj02(lng, lat)) };
    for (const button of buttons) button.querySelector("[data-value]").textContent = values[button.dataset.mapCoordinate];
  };
  map.on("mousemove", (event) => show(event.latlng));
  map.on("moveend", () => show(map.getCenter()));
  for (const button of buttons) button.addEventListener("click", () => copy(button.querySelector("[data-value]").textContent, texts));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    show(map.getCenter());
    copy(buttons[0].querySelector("[data-value]").textContent, texts);
  });
  show(map.getCenter());
}
