/**
 * The small map of an element: its point or line, its addresses, its block. No tiles, no other machine.
 */
/* global L */

const NEAR = new Set(["element", "line", "other", "other-line"]);

/** @returns {(name: string) => string} colours of the page as it looks now */
function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

/** @param {string} role block, address, line or element */
function look(role) {
  const colour = colours();
  const accent = colour("--platform-accent");
  if (role === "block") return { color: colour("--platform-quiet"), weight: 1.5, fillColor: accent, fillOpacity: 0.08, interactive: false };
  if (role === "road") return { color: colour("--platform-quiet"), weight: 1.5, opacity: 0.6, fill: false };
  if (role === "line") return { color: accent, weight: 4, opacity: 0.7, fill: false };
  // Where two elements are compared, the second one.
  if (role === "other-line") return { color: colour("--platform-warn"), weight: 4, opacity: 0.7, dashArray: "8 6", fill: false };
  const fills = { element: accent, other: colour("--platform-warn") };
  return { radius: fills[role] ? 8 : 5, color: colour("--platform-surface"), weight: 2, fillColor: fills[role] ?? colour("--platform-quiet"), fillOpacity: fills[role] ? 0.85 : 1 };
}

/**
 * Fills the box.
 * @param {HTMLElement} box
 */
export async function draw(box) {
  const answer = await fetch(box.dataset.placesUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const places = await answer.json();
  if (!places.features.length) {
    box.textContent = box.dataset.emptyText;
    box.classList.add("is-empty");
    return;
  }
  const map = L.map(box, { attributionControl: false, scrollWheelZoom: false });
  const layer = L.geoJSON(places, {
    style: (feature) => look(feature.properties.role),
    pointToLayer: (feature, at) => L.circleMarker(at, look(feature.properties.role)),
    onEachFeature: (feature, one) => {
      if (feature.properties.role !== "block") one.bindTooltip(document.createTextNode(feature.properties.label));
    },
  }).addTo(map);
  // Two elements that are compared may stand metres apart: their blocks would hide that.
  const near = box.dataset.fit === "elements" ? layer.getLayers().filter((one) => NEAR.has(one.feature.properties.role)) : [];
  map.fitBounds((near.length ? L.featureGroup(near) : layer).getBounds(), { padding: [16, 16], maxZoom: near.length ? 20 : 17 });
  L.control.scale({ imperial: false }).addTo(map);
  document.addEventListener("platform:theme", () => layer.setStyle((feature) => look(feature.properties.role)));
}

for (const box of document.querySelectorAll("[data-places-url]")) {
  draw(box).catch(() => {
    box.textContent = box.dataset.failedText;
    box.classList.add("is-empty");
  });
}
