/**
 * Small settings of this browser (theme, columns, density). Never personal data: this storage outlives the session.
 */

/**
 * @param {string} key
 * @returns {any} the stored value, or null when there is none or the storage is switched off
 */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {any} value what JSON can hold; null removes the key
 */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or switched off: the setting holds until the page is left.
  }
}
