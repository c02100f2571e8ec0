/**
 * Notes on a picture: arrows, circles, words and regions to blur, drawn over it in shares of its width and height. The server
 * draws them into a copy; here is only what the hand and the keyboard do, and a likeness of what will come out.
 */

const SVG = "http://www.w3.org/2000/svg";
const SQUARES = 6; // of a blurred region along its longer side, as the server does it
const STEP = 0.01;
const LEAST = 0.008;
export const MAX_NOTES = 50;

/** @typedef {{kind: "arrow" | "circle" | "pixelate" | "text", x1: number, y1: number, x2?: number, y2?: number, text?: string}} Note */

/** @param {string} name @param {Record<string, string | number>} attributes @param {Element[]} children */
function draw(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const share = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 1e5) / 1e5;

/** @param {Note} note */
function box(note) {
  const [left, right] = [note.x1, note.x2].sort((a, b) => a - b);
  const [top, bottom] = [note.y1, note.y2].sort((a, b) => a - b);
  return { left, top, width: right - left, height: bottom - top };
}

/** What one picture carries while it is being annotated: its notes, the chosen one, and the steps back. */
export class PictureNotes {
  /**
   * @param {SVGSVGElement} layer shows the picture and its notes
   * @param {{label: (note: Note, number: number) => string, changed: () => void}} told
   */
  constructor(layer, told) {
    this.layer = layer;
    this.told = told;
    this.notes = [];
    this.past = [];
    this.chosen = -1;
    this.bindKeys();
  }

  /** @param {HTMLImageElement} image loaded: its own size is that of the picture */
  open(image) {
    this.image = image;
    [this.width, this.height] = [image.naturalWidth, image.naturalHeight];
    this.notes = [];
    this.past = [];
    this.chosen = -1;
    this.layer.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.paint();
  }

  /** @param {PointerEvent} event @returns {{x: number, y: number}} shares of the picture */
  placeOf(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.layer.getScreenCTM().inverse());
    return { x: share(at.x / this.width), y: share(at.y / this.height) };
  }

  remember() {
    this.past.push(JSON.stringify(this.notes));
  }

  undo() {
    if (!this.past.length) return;
    this.notes = JSON.parse(this.past.pop());
    this.chosen = -1;
    this.paint();
  }

  /** @param {Note} note @returns {boolean} whether there was room for it */
  add(note) {
    if (this.notes.length >= MAX_NOTES) return false;
    this.remember();
    this.notes.push(note);
    this.chosen = this.notes.length - 1;
    this.paint();
    return true;
  }

  remove() {
    if (this.chosen < 0) return;
    this.remember();
    this.notes.splice(this.chosen, 1);
    this.chosen = -1;
    this.paint();
  }

  /** Takes the last note back without a step to undo: it was begun and came out too small. */
  forget() {
    this.notes = JSON.parse(this.past.pop());
    this.chosen = -1;
    this.paint();
  }

  /** @param {number} dx @param {number} dy moves the chosen note, never out of the picture */
  move(dx, dy) {
    const note = this.notes[this.chosen];
    const [xs, ys] = note.kind === "text" ? [[note.x1], [note.y1]] : [[note.x1, note.x2], [note.y1, note.y2]];
    const x = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
    const y = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
    note.x1 = share(note.x1 + x);
    note.y1 = share(note.y1 + y);
    if (note.kind !== "text") [note.x2, note.y2] = [share(note.x2 + x), share(note.y2 + y)];
    this.paint();
  }

  /** @param {number} x @param {number} y where the second corner of the chosen note goes */
  stretchTo(x, y) {
    const note = this.notes[this.chosen];
    if (note.kind === "text") return;
    [note.x2, note.y2] = [share(x), share(y)];
    this.paint();
  }

  /** @returns {boolean} whether the chosen note is too small to be seen */
  isTooSmall() {
    const { width, height } = box(this.notes[this.chosen]);
    return (this.notes[this.chosen].kind === "arrow" ? Math.max(width, height) : Math.min(width, height)) < LEAST;
  }

  bindKeys() {
    const steps = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    this.layer.addEventListener("focusin", (event) => {
      const number = event.target.closest("[data-note]")?.dataset.note;
      if (number !== undefined && Number(number) !== this.chosen) this.choose(Number(number));
    });
    this.layer.addEventListener("keydown", (event) => {
      if (this.chosen < 0) return;
      const step = steps[event.key];
      if (step) {
        event.preventDefault();
        this.remember();
        const note = this.notes[this.chosen];
        if (event.shiftKey) this.stretchTo(note.x2 + step[0], note.y2 + step[1]);
        else this.move(...step);
        if (event.shiftKey && note.kind !== "text" && this.isTooSmall()) this.undo();
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        this.remove();
        this.layer.focus();
      }
    });
  }

  /** @param {number} number of the note to choose */
  choose(number) {
    this.chosen = number;
    this.paint();
  }

  /** Draws everything anew; the chosen note keeps the focus when it had it. */
  paint() {
    const hadFocus = this.layer.contains(document.activeElement) && document.activeElement !== this.layer;
    const picture = draw("image", { href: this.image.src, width: this.width, height: this.height });
    const notes = this.notes.map((note, number) => {
      const group = draw("g", { tabindex: 0, role: "button", "data-note": number, "aria-pressed": number === this.chosen }, ...this.shape(note));
      group.setAttribute("aria-label", this.told.label(note, number + 1));
      return group;
    });
    const under = notes.filter((_group, number) => this.notes[number].kind === "pixelate");
    this.layer.replaceChildren(picture, ...under, ...notes.filter((group) => !under.includes(group)));
    if (this.chosen >= 0) {
      this.frameChosen(notes[this.chosen]);
      if (hadFocus) notes[this.chosen].focus({ preventScroll: true });
    }
    this.told.changed();
  }

  frameChosen(group) {
    const { x, y, width, height } = group.getBBox();
    const edge = this.stroke() * 1.5;
    group.append(draw("rect", { class: "note-frame", x: x - edge, y: y - edge, width: width + 2 * edge, height: height + 2 * edge, "stroke-width": this.stroke() / 2 }));
  }

  stroke() {
    return Math.max(2, Math.round(Math.max(this.width, this.height) / 220));
  }

  /** @param {Note} note @returns {SVGElement[]} */
  shape(note) {
    if (note.kind === "arrow") return this.arrow(note);
    if (note.kind === "text") return this.words(note);
    const { left, top, width, height } = box(note);
    const [w, h] = [width * this.width, height * this.height];
    if (note.kind === "pixelate") return this.squares(left * this.width, top * this.height, w, h);
    const round = { cx: left * this.width + w / 2, cy: top * this.height + h / 2, rx: w / 2, ry: h / 2 };
    return [
      draw("ellipse", { ...round, class: "note-edge", "stroke-width": this.stroke() * 1.7 }),
      draw("ellipse", { ...round, class: "note-line", "stroke-width": this.stroke() }),
    ];
  }

  arrow(note) {
    const [x1, y1, x2, y2] = [note.x1 * this.width, note.y1 * this.height, note.x2 * this.width, note.y2 * this.height];
    const head = Math.min(this.stroke() * 5, Math.hypot(x2 - x1, y2 - y1) * 0.6);
    const angle = Math.atan2(y2 - y1, x2 - x1);
    const wing = (turn) => `${x2 - head * Math.cos(angle + turn)},${y2 - head * Math.sin(angle + turn)}`;
    const line = { x1, y1, x2: x2 - head * 0.8 * Math.cos(angle), y2: y2 - head * 0.8 * Math.sin(angle) };
    return [
      draw("line", { ...line, class: "note-edge", "stroke-width": this.stroke() * 1.7 }),
      draw("polygon", { points: `${x2},${y2} ${wing(0.45)} ${wing(-0.45)}`, class: "note-head", "stroke-width": this.stroke() / 3 }),
      draw("line", { ...line, class: "note-line", "stroke-width": this.stroke() }),
    ];
  }

  words(note) {
    const size = Math.max(14, Math.round(Math.max(this.width, this.height) / 36));
    const length = [...note.text].reduce((sum, one) => sum + (one.charCodeAt(0) < 256 ? 0.56 : 1), 0) * size;
    const shown = length > this.width ? (size * this.width) / length : size;
    const width = Math.min(length, this.width);
    const [x, y] = [Math.min(note.x1 * this.width, this.width - width), Math.min(note.y1 * this.height, this.height - shown * 1.3)];
    const words = draw("text", { x: x + shown * 0.15, y: y + shown, "font-size": shown, class: "note-words" });
    words.textContent = note.text;
    return [draw("rect", { x, y, width: width + shown * 0.3, height: shown * 1.3, class: "note-paper" }), words];
  }

  /** About what the server makes of a region: few squares, each of one colour. */
  squares(x, y, width, height) {
    if (width < 1 || height < 1) return [];
    const edge = Math.max(1, Math.max(width, height) / SQUARES);
    const [across, down] = [Math.max(1, Math.round(width / edge)), Math.max(1, Math.round(height / edge))];
    const canvas = new OffscreenCanvas(across, down);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.image, x, y, width, height, 0, 0, across, down);
    const { data } = pen.getImageData(0, 0, across, down);
    const [w, h] = [width / across, height / down];
    return Array.from({ length: across * down }, (_none, index) => {
      const fill = `rgb(${data[index * 4]},${data[index * 4 + 1]},${data[index * 4 + 2]})`;
      return draw("rect", { x: x + (index % across) * w, y: y + Math.floor(index / across) * h, width: w + 0.5, height: h + 0.5, fill });
    });
  }
}
