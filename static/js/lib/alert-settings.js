/**
 * How this browser tells of alerts: notes, sounds, quiet hours. Kept in the browser; it holds no personal data.
 */
import { recall, remember } from "./store.js";

const KEY = "alerts";
const USUAL = { toastUrgent: true, soundUrgent: false, toastNormal: true, soundNormal: false, quietFrom: "", quietTo: "" };
const TONE_HZ = [880, 660];
const TONE_S = 0.18;

/** @returns {typeof USUAL} */
export function settings() {
  return { ...USUAL, ...recall(KEY) };
}

/** @param {typeof USUAL} chosen */
export function keepSettings(chosen) {
  remember(KEY, chosen);
}

/**
 * @param {{quietFrom: string, quietTo: string}} chosen hours as "22:00"; the end may lie on the next day
 * @param {Date} now
 */
export function isQuiet({ quietFrom, quietTo }, now) {
  if (!quietFrom || !quietTo || quietFrom === quietTo) return false;
  const at = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return quietFrom < quietTo ? at >= quietFrom && at < quietTo : at >= quietFrom || at < quietTo;
}

/** Two short tones; a browser that nobody has touched yet stays silent. */
export function chime() {
  const context = new AudioContext();
  TONE_HZ.forEach((pitch, number) => {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.15;
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + number * TONE_S);
    tone.stop(context.currentTime + (number + 1) * TONE_S);
  });
  setTimeout(() => context.close(), 1_000);
}
