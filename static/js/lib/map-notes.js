/** Notes over the map: loading, offline, an error with its next step, "narrow the filter", "thinned". */

const LEVELS = { narrow: "warn", narrowEvents: "warn", thinned: "note", info: "note", offline: "bad", failed: "bad", signedOut: "bad", denied: "bad", refused: "bad" };

export class Notes {
  /** @param {HTMLElement} shell @param {DOMStringMap} texts @param {{retry: () => void, clear: () => void}} on */
  constructor(shell, texts, on) {
    Object.assign(this, { shell, texts, on, box: shell.querySelector("[data-map-notes]"), info: "", problem: null, shown: "" });
  }

  /** @param {string} text "" takes it away */
  tell(text) {
    this.info = text;
    this.show(this.last ?? { narrow: false, thinned: false, error: null });
  }

  /** @param {{narrow: boolean, thinned: boolean, error: ?{reason: string, text: string}}} status */
  show(status) {
    this.last = status;
    const notes = [];
    const error = status.error ?? this.problem;
    if (error) notes.push([error.reason, error.text || this.texts[error.reason]]);
    if (status.narrowEvents) notes.push(["narrowEvents", this.texts.narrowEvents]);
    if (status.narrow) notes.push(["narrow", this.texts.narrow]);
    else if (status.thinned) notes.push(["thinned", this.texts.thinned]);
    if (this.info) notes.push(["info", this.info]);
    const key = JSON.stringify(notes);
    if (key === this.shown) return;
    this.shown = key;
    this.box.replaceChildren(...notes.map(([reason, text]) => this._note(reason, text)));
  }

  _note(reason, text) {
    const note = document.createElement("div");
    note.className = `map-note map-note-${LEVELS[reason] ?? "bad"}`;
    note.dataset.note = reason;
    const words = document.createElement("span");
    words.textContent = text;
    note.append(words);
    if (reason === "offline" || reason === "failed") note.append(this._button(this.texts.retry, this.on.retry));
    if (reason === "refused" || reason === "narrow") note.append(this._button(this.texts.clear, this.on.clear));
    if (reason === "signedOut") {
      const link = document.createElement("a");
      link.href = `${this.shell.dataset.loginUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = this.texts.signIn;
      note.append(link);
    }
    return note;
  }

  _button(text, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", run);
    return button;
  }
}
