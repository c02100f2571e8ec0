/** One point on a small map, in step with the fields for longitude, latitude and datum; by mouse, finger and keyboard. */

const COUNTY = [[36.97, 119.55], [37.47, 120.3]];
const DECIMALS = 6;
const NEAR_ZOOM = 15;

/**
 * @param {HTMLElement} box the map; focusable
 * @param {{lon: HTMLInputElement, lat: HTMLInputElement, datum: HTMLSelectElement}} fields
 * @returns {{map: L.Map, clear: () => void, look: () => void}} `look` shows what the fields say
 */
export function startPoint(box, { lon, lat, datum }) {
  const { L } = window;
  const map = L.map(box, { attributionControl: false, minZoom: 8, maxZoom: 19 });
  map.fitBounds(COUNTY);
  L.control.scale({ imperial: false }).addTo(map);
  const icon = L.divIcon({ className: "map-point", iconSize: [20, 20] });
  let marker = null;
  const drop = () => {
    marker?.remove();
    marker = null;
  };
  const tell = () => lon.dispatchEvent(new Event("input", { bubbles: true }));
  const put = (at) => {
    if (!marker) {
      marker = L.marker(at, { icon, draggable: true, keyboard: true }).addTo(map);
      marker.on("dragend", () => say(marker.getLatLng()));
    }
    marker.setLatLng(at);
  };
  const say = (at) => {
    put(at);
    lon.value = at.lng.toFixed(DECIMALS);
    lat.value = at.lat.toFixed(DECIMALS);
    datum.value = "WGS84";
    tell();
  };
  const look = () => {
    const at = [Number(lat.value), Number(lon.value)];
    // Only a point of the stored datum can be shown; the server shifts the others.
    if (datum.value !== "WGS84" || !lat.value || !lon.value || at.some(Number.isNaN)) return drop();
    put(at);
    return map.setView(at, Math.max(map.getZoom(), NEAR_ZOOM));
  };
  map.on("click", (event) => say(event.latlng));
  // From the keyboard: arrows move the map, Enter puts the point in its middle.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== box) return;
    event.preventDefault();
    say(map.getCenter());
  });
  for (const input of [lon, lat, datum]) input.addEventListener("change", look);
  const clear = () => {
    lon.value = lat.value = "";
    drop();
    tell();
  };
  return { map, clear, look };
}
