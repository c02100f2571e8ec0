/**
 * The state of the map as it stands in the URL: place, layers, filter, what is chosen. A link shows the same map.
 */

const LIST_NAMES = ["layers", "kinds", "addressKinds", "eventKinds"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const OWN = new Set(["z", "lat", "lon", "layers", "kinds", "addressKinds", "registry", "area", "search", "selected", "everywhere", "eventKinds", "eventFrom", "eventTo", "event"]);
export const DEFAULT_LAYERS = ["elements", "SQUADRON", "DISTRICT"];

/** @returns {Object} state from the address of the page */
export function readState() {
  const parameters = new URLSearchParams(location.search);
  const number = (name) => (parameters.get(name) && Number.isFinite(Number(parameters.get(name))) ? Number(parameters.get(name)) : null);
  const day = (name) => (DAY.test(parameters.get(name) ?? "") ? parameters.get(name) : "");
  const state = {
    z: number("z"),
    lat: number("lat"),
    lon: number("lon"),
    registry: parameters.get("registry") ?? "",
    area: parameters.get("area") ?? "",
    search: parameters.get("search") ?? "",
    selected: number("selected"),
    event: number("event"),
    eventFrom: day("eventFrom"),
    eventTo: day("eventTo"),
    everywhere: parameters.get("everywhere") === "1",
    filters: [...parameters].filter(([name, value]) => !OWN.has(name) && value !== ""),
  };
  for (const name of LIST_NAMES) state[name] = parameters.has(name) ? parameters.get(name).split(",").filter(Boolean) : null;
  return state;
}

/** @param {Object} state @returns {string} address of the page */
export function toUrl(state) {
  const parameters = new URLSearchParams();
  if (state.z !== null) {
    parameters.set("z", String(state.z));
    parameters.set("lat", state.lat.toFixed(5));
    parameters.set("lon", state.lon.toFixed(5));
  }
  for (const name of LIST_NAMES) if (state[name]) parameters.set(name, state[name].join(","));
  for (const name of ["registry", "area", "search"]) if (state[name]) parameters.set(name, state[name]);
  for (const [name, value] of state.filters) parameters.append(name, value);
  if (state.selected) parameters.set("selected", String(state.selected));
  if (state.everywhere) parameters.set("everywhere", "1");
  if (state.layers?.includes("events")) {
    for (const name of ["eventFrom", "eventTo"]) parameters.set(name, state[name]);
    if (state.event) parameters.set("event", String(state.event));
  }
  const text = parameters.toString().replaceAll("%2C", ",");
  return text ? `${location.pathname}?${text}` : location.pathname;
}

/** Parameters of tiles, legend and list of the elements. @param {Object} state */
export function elementQuery(state) {
  const parameters = new URLSearchParams();
  if (state.registry) {
    parameters.set("registry", state.registry);
    for (const [name, value] of state.filters) parameters.append(name, value);
  } else if (state.kinds) {
    parameters.set("kinds", state.kinds.join(","));
  }
  if (state.area) parameters.set("area", state.area);
  if (state.search) parameters.set("search", state.search);
  return parameters.toString();
}

/** Parameters of the tiles and counts of the events. @param {Object} state */
export function eventQuery(state) {
  const parameters = new URLSearchParams({ occurred_from: state.eventFrom, occurred_to: state.eventTo });
  if (state.eventKinds) parameters.set("events", state.eventKinds.join(","));
  if (state.area) parameters.set("area", state.area);
  return parameters.toString();
}

/** Parameters of the tiles of the addresses. @param {Object} state */
export function addressQuery(state) {
  const parameters = new URLSearchParams();
  if (state.addressKinds) parameters.set("kinds", state.addressKinds.join(","));
  if (state.area) parameters.set("area", state.area);
  return parameters.toString();
}
