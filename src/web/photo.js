// The part of the page for models of photos: predictions of dropped photos as cards or as a contact sheet, the regions
// that matter, and the camera.
import { ask, fill_save_link, h, name_in, percent, Problem, problem_text, say, short, show_problem } from "./common.js";
import { bars } from "./charts.js";
import { feedback_part } from "./feedback.js";
import { on_files, predict_path } from "./page_state.js";

const kAtOnce = 4;  // requests; browsers would open more connections than the server has cores
const kSheet = 8;   // more photos are shown small

/** Runs asynchronous functions, at most kAtOnce of them at a time. */
class Queue {
  constructor() { this.waiting = []; this.running = 0; }
  add(work) { this.waiting.push(work); this.next(); }
  async next() {
    if (this.running >= kAtOnce || !this.waiting.length) return;
    this.running += 1;
    try { await this.waiting.shift()(); } finally { this.running -= 1; this.next(); }
  }
}

const media_type = (file) => (file.type.startsWith("image/") ? file.type : "application/octet-stream");
const send_photo = (path, file, query) => ask(path + query, { method: "POST", headers: { "Content-Type": media_type(file) }, body: file });

/** One photo with its prediction. `changed` is called when the prediction is there. */
class Photo {
  constructor(model, file, queue, changed) {
    this.model = model;
    this.file = file;
    this.said = null;
    this.changed = changed;
    this.visible = true;
    this.text = h("div", {}, h("p", { class: "note" }, "…"));
    this.seen = h("div", { class: "seen" }, this.image());
    if (model.card.image.fit === "crop") this.seen.style.aspectRatio = `${model.card.image.width} / ${model.card.image.height}`;
    const open = h("button", { type: "button", class: "open plain", "aria-expanded": "false", onclick: () => {
      open.setAttribute("aria-expanded", this.box.classList.toggle("open"));
    } }, "Details");
    this.box = h("article", { class: "card", "aria-label": short(file.name) }, this.seen, this.text, h("p", { class: "note more" }, short(file.name)), open);
    queue.add(() => this.answer());
  }
  image() {
    const url = URL.createObjectURL(this.file);
    const image = h("img", { src: url, alt: short(this.file.name) });
    image.addEventListener("load", () => URL.revokeObjectURL(url));
    image.addEventListener("error", () => {
      URL.revokeObjectURL(url);
      this.visible = false;
      image.replaceWith(h("p", { class: "note unseen" }, "This browser can't show this file."));
    });
    return image;
  }
  doubt() { return this.said ? 1 - this.said.probability : 2; }

  async answer() {
    const card = this.model.card;
    try {
      const response = await send_photo(predict_path(this.model), this.file, card.prediction_sets ? "?set=0.9" : "");
      const said = this.said = await response.json();
      const id = response.headers.get("X-Request-Id");
      const shares = card.target.classes.map((one) => [one.value, said.probabilities[one.value] ?? 0]).sort((a, b) => b[1] - a[1]);
      this.text.replaceChildren(h("p", { class: "label" }, name_in(said.label) + " ", h("span", { class: "sure" }, percent(said.probability))),
        h("div", { class: "more" }, said.set ? h("p", { class: "note" }, set_in_words(said)) : "",
          ...(said.warnings ?? []).map((one) => h("p", { class: "problem" }, short(one))), bars(shares.slice(0, 5), "Probabilities"),
          this.visible ? h("button", { type: "button", "aria-label": `Show important regions of ${short(this.file.name)}`, onclick: (event) => this.explain(event.target) }, "Show important regions") : "",
          feedback_part(this.model, said.label, async () => id)));
    } catch (error) { this.text.replaceChildren(this.retry(error, () => this.answer())); }
    this.changed();
  }
  async explain(part) {
    part.disabled = true;
    part.textContent = "Predicting with covered parts …";
    let next;
    try {
      next = spotlight(this.seen, (await (await send_photo(predict_path(this.model), this.file, "?explain=true&record=false")).json()).explanation);
    } catch (error) { next = this.retry(error, (old) => this.explain(old)); }
    part.replaceWith(next);
    next.focus();
  }
  retry(error, again) {
    const part = h("p", { class: "problem", tabindex: -1 }, problem_text(error), error.status === 503 || error.status === 0 ? h("button", { type: "button", onclick: () => again(part) }, "Try again") : "");
    return part;
  }
}

function set_in_words(said) {
  const others = said.set.filter((name) => name !== said.label).map(name_in);
  if (said.set.length === 0) return "No class is probable enough for the 90 % prediction set.";
  if (others.length === 0) return "The 90 % prediction set has no other class.";
  const listed = others.length > 8 ? [...others.slice(0, 8), `${others.length - 8} more`] : others;
  return "The 90 % prediction set also has " + new Intl.ListFormat("en").format(listed) + ".";
}

/** Darkens the parts of the photo that do not matter; returns a sentence about the others. */
function spotlight(seen, explanation) {
  const side = explanation.drops.length;
  const most = Math.max(...explanation.drops.flat());
  if (most < 0.01) return h("p", { class: "note", tabindex: -1 }, "No single region changes the prediction.");
  const at = explanation.drops.flat().indexOf(most);
  const third = (i) => Math.floor(3 * i / side);
  const place = [["top left", "top", "top right"], ["left", "middle", "right"], ["bottom left", "bottom", "bottom right"]][third(Math.floor(at / side))][third(at % side)];
  const canvas = h("canvas", { width: side, height: side, role: "img", "aria-label": "Important regions" });
  const pen = canvas.getContext("2d");
  explanation.drops.forEach((row, y) => row.forEach((drop, x) => {
    pen.fillStyle = `rgba(0, 0, 0, ${0.75 * (1 - Math.sqrt(Math.max(0, drop) / most))})`;
    pen.fillRect(x, y, 1, 1);
  }));
  seen.append(canvas);
  return h("p", { class: "note", tabindex: -1 }, `Bright: covering this region lowers the probability of '${name_in(explanation.of)}', by up to ${percent(most)}; most at the ${place}.`);
}

// Many photos.

/** The photos that were given, newest first, with a bar to sort, shrink and save them. */
class Sheet {
  constructor(model) {
    this.model = model;
    this.queue = new Queue();
    this.photos = [];
    this.grid = h("div", { class: "photos" });
    this.by_doubt = this.toggle("Most doubtful first", () => this.arrange());
    this.small = this.toggle("Small pictures", () => this.grid.classList.toggle("sheet", this.pressed(this.small)));
    this.save = h("a", { class: "button", href: "#", onclick: () => this.save_answers() }, "Save as CSV");
    this.count = h("span", { class: "note" });
    this.bar = h("div", { class: "row sheet-bar", hidden: true }, this.count, this.by_doubt, this.small, this.save);
  }
  toggle(words, changed) {
    const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => { button.setAttribute("aria-pressed", !this.pressed(button)); changed(); } }, words);
    return button;
  }
  pressed(button) { return button.getAttribute("aria-pressed") === "true"; }

  add(files) {
    const made = files.map((file) => new Photo(this.model, file, this.queue, () => this.answered()));
    this.photos.unshift(...made);
    this.grid.prepend(...made.map((one) => one.box));
    this.bar.hidden = this.photos.length < 2;
    if (this.photos.length > kSheet && this.photos.length - made.length <= kSheet) {  // it became many
      for (const button of [this.by_doubt, this.small]) if (!this.pressed(button)) button.click();
    }
  }
  answered() {
    const done = this.photos.filter((one) => one.said).length;
    say(`${done} of ${this.photos.length} photos predicted`);
    this.count.textContent = `${done} of ${this.photos.length} photos`;
    if (this.queue.waiting.length === 0) this.arrange();
  }
  /** Fills the link before the browser follows it. */
  save_answers() {
    const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
    const names = this.model.card.target.classes.map((one) => one.value);
    const known = this.photos.filter((one) => one.said).map(({ file, said }) => [quoted(file.name), quoted(said.label), ...names.map((name) => said.probabilities[name])].join(","));
    fill_save_link(this.save, "photos-answers.csv", [["file", "label", ...names.map((name) => quoted("probability_" + name))].join(","), ...known].join("\n") + "\n");
  }
  arrange() {
    const order = this.pressed(this.by_doubt) ? this.photos.toSorted((a, b) => b.doubt() - a.doubt()) : this.photos;
    order.forEach((one, i) => { if (this.grid.children[i] !== one.box) this.grid.insertBefore(one.box, this.grid.children[i] ?? null); });
  }
}

// Where photos come from.

/** The bytes of a base64 text as a file. */
function file_of(base64, name) {
  return new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: "image/jpeg" });
}

function examples_part(card, add) {
  const known = (card.examples ?? []).filter((one) => one.photo);
  if (!known.length) return null;
  return h("div", { class: "thumbnails" }, h("p", { class: "note" }, "Or try one of the training data:"), h("div", { class: "row" }, known.map((one) =>
    h("button", { type: "button", title: one.label, onclick: () => add([file_of(one.photo, `${one.label}.jpg`)]) },
      h("img", { src: "data:image/jpeg;base64," + one.photo, alt: short(one.label), width: 64, height: 64 })))));
}

export function photo_part(model) {
  const sheet = new Sheet(model);
  const add = (files) => sheet.add(files);
  on_files(add);
  const input = (id, more) => h("input", { type: "file", id, accept: "image/*", ...more, onchange: (event) => { add([...event.target.files]); event.target.value = ""; } });
  // A phone opens its own camera, which needs no permission and no HTTPS.
  const phone = matchMedia("(pointer: coarse)").matches;
  const zone = h("section", { class: "drop card", "aria-label": "Photos to predict" }, h("p", {}, phone ? "Take a photo, or choose some" : "Drop photos here, paste one, or"),
    h("div", { class: "row" }, phone ? [input("camera-file", { capture: "environment" }), h("label", { class: "button first", for: "camera-file" }, "Take a photo")] : null,
      input("photo-file", { multiple: true }), h("label", { class: "button", for: "photo-file" }, "Choose photos"),
      navigator.mediaDevices?.getUserMedia ? h("button", { type: "button", onclick: () => camera(model, add) }, "Use the camera") : null),
    examples_part(model.card, add));
  return [zone, sheet.bar, sheet.grid];
}

/** The camera's picture as a JPEG whose shorter side has `side` pixels (0: as it is). */
function frame_of(video, side, quality) {
  const scale = side ? Math.min(1, side / Math.min(video.videoWidth, video.videoHeight)) : 1;
  const canvas = h("canvas", { width: Math.round(video.videoWidth * scale), height: Math.round(video.videoHeight * scale) });
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob((blob) => done(blob && new File([blob], "camera.jpg", { type: "image/jpeg" })), "image/jpeg", quality); });
}

async function camera(model, add) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    show_problem(new Problem("This page can't use a camera.", "Allow the camera in the browser, or choose a photo."));
    return;
  }
  const video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": "Camera preview" });
  video.srcObject = stream;
  const live = h("p", { class: "label", "aria-hidden": "true" }, "…");
  let open = true;
  const box = h("dialog", { "aria-label": "Camera", onclose: () => { open = false; stream.getTracks().forEach((track) => track.stop()); box.remove(); } }, video, live,
    h("div", { class: "row" }, h("button", { type: "button", onclick: async () => {
      const photo = await frame_of(video, 0, 0.92);
      if (photo) add([photo]);
      box.close();
    } }, "Take photo"), h("button", { type: "button", onclick: () => box.close() }, "Cancel")));
  document.body.append(box);
  box.showModal();
  const side = 2 * Math.max(model.card.image.width, model.card.image.height);
  while (open) {  // one request at a time, with a pause
    if (video.videoWidth) {
      try {
        const said = await (await send_photo(predict_path(model), await frame_of(video, side, 0.8), "?record=false")).json();
        live.replaceChildren(name_in(said.label) + " ", h("span", { class: "sure" }, percent(said.probability)));
      } catch (error) { live.textContent = short(error.message); }
    }
    await new Promise((done) => { setTimeout(done, 400); });
  }
}
