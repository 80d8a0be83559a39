// The script of the page. Texts of models and files are inserted as text, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/** Makes an element with attributes, listeners (onclick: ...) and children (elements or texts). */
function h(name, attributes = {}, ...children) {
  const svg = ["svg", "rect", "path", "line", "circle", "text", "title"].includes(name);
  const out = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) out.addEventListener(key.slice(2), value);
    else if (value === true) out.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) out.setAttribute(key, value);
  }
  out.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return out;
}

const percent = (x) => (x > 0 && x < 0.0005 ? "< 0.1 %" : x < 1 && x > 0.9995 ? "> 99.9 %"
  : (100 * x).toFixed(x > 0.0995 && x < 0.9895 ? 0 : 1).replace(/\.0$/, "") + "\u00a0%");
/** A number of any size with about four digits. */
const amount = (x) => (Math.abs(x) >= 1000 ? Math.round(x).toLocaleString("en-US") : String(Number(x.toPrecision(4))));
const signed = (x) => (x < 0 ? "−" : "+") + (Math.abs(x) >= 100 ? amount(Math.abs(x)) : Math.abs(x).toFixed(2));
const figure = (x, in_units) => (x === undefined ? "" : in_units ? amount(x) : x.toFixed(3));
const grouped = (n) => n.toLocaleString("en-US");
/** Cuts long names so that they do not fill the page; the tooltip has the whole name. */
const short = (text) => (text.length > 200 ? text.slice(0, 200) + "…" : text);
/** A name inside a sentence. Bidirectional marks are removed and right-to-left names are isolated. */
function name_in(text) {
  const cut = short(text).replace(/[\u202A-\u202E\u2066-\u2069]/g, "");
  return /[^\u0000-\u02FF\u2026]/.test(cut) ? "\u2068" + cut + "\u2069" : cut;
}
/** Sets the status line for screen readers, once it has not changed for 0.7 s. */
let saying = 0;
function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => { $("status").textContent = text; }, 700);
}

// The server.

class Problem extends Error {
  constructor(title, hint, status) {
    super(title);
    this.hint = hint;
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const key = sessionStorage.getItem("vitrine-key");
  if (key) headers.set("X-API-Key", key);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not respond.", "Check that it is running and that the network works.", 0);
  }
  if (response.ok) return response;
  let said = {};
  try { said = await response.json(); } catch { /* no problem document */ }
  if (response.status === 401) $("key").hidden = false;
  throw new Problem(said.detail || said.title || `The server returned status ${response.status}.`, said.hint || "", response.status);
}

function problem_text(error) {
  return [h("strong", {}, short(error.message)), error.hint ? short(error.hint) : ""];
}

function show_problem(error) {
  $("problem").replaceChildren(...(error ? problem_text(error) : []));
  $("problem").hidden = !error;
}

// Parts of the page.

/** A list of names with their shares (0 to 1) as bars: [[name, share], ...]. */
function bars(shares, label) {
  return h("ul", { class: "bars", "aria-label": label }, shares.map(([name, share]) =>
    h("li", {}, h("span", { class: "name", title: name }, short(name)), h("span", { class: "amount" }, percent(share)),
      h("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
        h("rect", { class: "blue", width: Math.max(0, 100 * share), height: 1 })))));
}

/** The contributions of the columns: positive ones blue to the right, negative ones orange to the left. */
function contributions(explanation, row, columns, scale = "On the log-odds scale") {
  const all = Object.entries(explanation.contributions).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const shown = all.slice(0, 8);
  const rest = all.slice(8).reduce((sum, [, value]) => sum + value, 0);
  const most = Math.max(...all.map(([, value]) => Math.abs(value)), 1e-9);
  const bar = (value) => h("svg", { viewBox: "-50 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("rect", { class: value < 0 ? "orange" : "blue", x: value < 0 ? -50 * Math.min(1, -value / most) : 0, width: 50 * Math.min(1, Math.abs(value) / most), height: 1 }));
  const line = (name, value) => h("li", {}, h("span", { class: "name", title: name }, name), h("span", { class: "amount" }, signed(value)), bar(value));
  const name_of = (key) => {
    const column = columns.find((one) => one.key === key);
    const value = row[key];
    const category = column.categories?.find((one) => one.value === value);
    return `${name_in(column.name)}: ${value === null || value === undefined ? "missing" : category ? name_in(category.spelling) : value}`;
  };
  const words = ([key, parts]) => {
    const of_words = (wanted) => Object.entries(parts).filter(([, value]) => (wanted ? value > 0 : value < 0)).map(([word, value]) => `${short(word)} ${signed(value)}`).join(", ") || "none";
    return h("p", { class: "note" }, `Words of ${name_in(columns.find((one) => one.key === key).name)}, on the scale of the text's own score: for it ${of_words(true)}; against it ${of_words(false)}.`);
  };
  return [h("ul", { class: "bars" }, shown.map(([key, value]) => line(name_of(key), value)),
    all.length > 8 ? line(`${all.length - 8} other columns`, rest) : null),
    h("p", { class: "note" }, `${scale}. Average over the training data ${signed(explanation.base)}, plus all contributions: ${signed(explanation.margin)}.`),
    ...Object.entries(explanation.words ?? {}).map(words)];
}

function copy_block(title, text) {
  const code = h("code", {}, text);
  const button = h("button", { type: "button", onclick: async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // the clipboard API needs HTTPS or localhost
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected";
    say(done ? `${title} copied` : `${title} selected`);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }, "aria-label": `Copy ${title}` }, "Copy");
  return [h("div", { class: "row" }, h("h3", {}, title), button), h("pre", { tabindex: 0, role: "region", "aria-label": title }, code)];
}

// Tables.

const predict_path = (model) => `models/${encodeURIComponent(model.name)}/predict`;
/** The initial value of a number field: the median. */
const typical_number = (column) => column.quantiles?.[Math.floor(column.quantiles.length / 2)] ?? 0;
/** The initial value of a category field: the most frequent category. */
const typical_category = (column) => column.categories.reduce((a, b) => (b.count > a.count ? b : a), column.categories[0] ?? { value: "" });

/** A field for numbers. If the training table's are not plain (1.234,50 EUR), it takes text in their format, as the server does. */
function number_field(column, id, changed) {
  const format = column.format;
  const written = (value) => (format ? String(value).replace(".", format.decimal) : value);
  const q = column.quantiles ?? [];
  const has_range = q.length > 1 && q[q.length - 1] > q[0];
  const typical = typical_number(column);
  const step = column.whole_numbers ? 1 : (q[q.length - 1] - q[0]) / 200;
  const decimals = column.whole_numbers ? 0 : Math.min(12, Math.max(0, Math.ceil(1 - Math.log10(step || 1))));
  const number = h("input", { id, type: format ? "text" : "number", inputmode: "decimal", step: "any",
    value: column.optional && column.missing_share > 0.5 ? "" : written(typical), "aria-describedby": id + "-hint", required: !column.optional });
  const range = has_range ? h("input", { type: "range", min: q[0], max: q[q.length - 1], step: column.whole_numbers ? 1 : "any",
    "aria-label": `${short(column.name)}, slider` }) : null;
  if (range) range.value = typical;
  number.addEventListener("input", () => { if (range && !format && number.value !== "") range.value = number.value; changed(); });
  range?.addEventListener("input", () => { number.value = written(Number(Number(range.value).toFixed(decimals))); changed(); });
  const hint = [has_range ? `${q[0]} to ${q[q.length - 1]} in training` : "", column.optional ? "may be left empty" : ""].filter(Boolean).join(", ");
  return { box: h("div", { class: "field" }, h("label", { for: id, title: column.name }, short(column.name)), h("div", { class: "pair" }, range ?? h("span"), number),
    h("span", { class: "hint", id: id + "-hint" }, hint)), read: () => (number.value === "" ? null : format ? number.value : Number(number.value)), input: number };
}

/** `2024-07-25`, or with a time if the column's dates have one, of days since 1970. */
const date_text = (column, days) => new Date(Math.round(days * 86400000)).toISOString().slice(0, column.date.times ? 19 : 10);

function date_field(column, id, changed) {
  const q = column.quantiles;
  const input = h("input", { id, type: column.date.times ? "datetime-local" : "date", step: column.date.times ? 1 : "any", required: !column.optional,
    value: column.optional && column.missing_share > 0.5 ? "" : date_text(column, typical_number(column)), "aria-describedby": id + "-hint" });
  input.addEventListener("input", changed);
  const hint = [`${date_text(column, q[0])} to ${date_text(column, q[q.length - 1])} in training`, column.optional ? "may be left empty" : ""].filter(Boolean).join(", ");
  return { box: h("div", { class: "field" }, h("label", { for: id, title: column.name }, short(column.name)), input, h("span", { class: "hint", id: id + "-hint" }, hint)),
    read: () => (input.value === "" ? null : input.value), input };
}

function category_field(column, id, changed) {
  const most = typical_category(column);
  const select = h("select", { id }, column.categories.map((one) =>
    h("option", { value: one.value, selected: one === most }, short(one.spelling))), column.optional ? h("option", { value: "\u0000" }, "missing") : null);
  select.addEventListener("input", changed);
  return { box: h("div", { class: "field" }, h("label", { for: id, title: column.name }, short(column.name)), select),
    read: () => (select.value === "\u0000" ? null : select.value), input: select };
}

function text_field(column, id, changed) {
  const input = h("textarea", { id, rows: 3, required: !column.optional });
  input.addEventListener("input", changed);
  return { box: h("div", { class: "field wide" }, h("label", { for: id, title: column.name }, short(column.name)), input),
    read: () => (input.value === "" ? null : input.value), input };
}

const FIELDS = { number: number_field, category: category_field, date: date_field, text: text_field };
/** The value of a column that its field has at first, as JSON. */
const TYPICAL = { number: typical_number, category: (column) => typical_category(column).value, date: (column) => date_text(column, typical_number(column)), text: () => "a text" };

function table_part(model) {
  const card = model.card;
  const path = predict_path(model);
  const answer = h("div", {}, h("p", { class: "note" }, "…"));
  const no_answer = (...parts) => {
    peek.textContent = "No prediction";
    answer.replaceChildren(h("p", { class: "problem" }, ...parts));
    say("No prediction");
  };
  const peek = h("a", { class: "peek", href: "#main", "aria-hidden": "true", tabindex: -1, onclick: (event) => { event.preventDefault(); answer.scrollIntoView({ block: "center" }); } });
  let running = null;
  let timer = 0;
  async function update() {
    running?.abort();
    const row = Object.create(null);  // a column may be named "__proto__"
    const wrong = [];
    for (const [key, field] of fields) {
      row[key] = field.read();
      const fits = field.input.checkValidity();
      field.input.setAttribute("aria-invalid", !fits);
      if (!fits) wrong.push(name_in(field.name));
    }
    if (wrong.length) return no_answer(`Enter a value: ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? " and others" : ""}.`);
    running = new AbortController();
    try {
      const said = await (await ask(path + (model.explains ? "?explain=true" : ""), { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify(row), signal: running.signal })).json();
      show_answer(said, row);
    } catch (error) {
      if (error.name === "AbortError") return;
      no_answer(...problem_text(error));
    }
  }
  function show_number(said, row) {
    const key = Object.keys(said)[0];
    const [low, high] = said[key + "_interval"];
    peek.textContent = `${name_in(card.target.name)}: ${amount(said[key])}`;
    say(peek.textContent);
    const log = said.explanation?.scale ? ", on the scale of logarithms" : "";
    answer.replaceChildren(
      h("p", { class: "label" }, `${name_in(card.target.name)}: ${amount(said[key])}`),
      h("p", { class: "note" }, `With a probability of 90 % it is between ${amount(low)} and ${amount(high)}.`),
      ...(said.warnings ?? []).map((text) => h("p", { class: "problem" }, short(text))),
      ...(said.explanation ? [h("h3", {}, "Contributions"), ...contributions(said.explanation, row, card.columns, `In the unit of ${name_in(card.target.name)}${log}`)] : []));
  }
  function show_answer(said, row) {
    if (card.target.number) return show_number(said, row);
    const names = new Map(card.target.classes.map((one) => [one.value, one.spelling]));
    const label = name_in(names.get(said.label) ?? said.label);
    const shares = card.target.classes.map((one) => [one.spelling, said.probabilities[one.value] ?? 0]);
    const two = shares.length === 2;
    const sure = percent(said.probabilities[said.label]);
    peek.textContent = `${name_in(card.target.name)}: ${label} ${sure}`;
    say(peek.textContent);
    answer.replaceChildren(
      h("p", { class: "label" }, `${name_in(card.target.name)}: ${label} `, h("span", { class: "sure" }, sure)),
      bars(two ? shares.toReversed() : shares.toSorted((a, b) => b[1] - a[1]).slice(0, 10), "Probabilities"),
      two && card.threshold !== 0.5 ? h("p", { class: "note" }, `'${name_in(shares[1][0])}' is predicted from a probability of ${percent(card.threshold)}.`) : "",
      ...(said.warnings ?? []).map((text) => h("p", { class: "problem" }, short(text))),
      ...(said.explanation ? [h("h3", {}, `Contributions to '${name_in(names.get(said.explanation.of) ?? said.explanation.of)}'`), ...contributions(said.explanation, row, card.columns)] : []));
  }
  const changed = () => { clearTimeout(timer); timer = setTimeout(update, 60); };
  const fields = new Map(card.columns.map((column, i) =>
    [column.key, { name: column.name, ...FIELDS[column.kind](column, `field-${i}`, changed) }]));
  // Of many columns, only the 40 most important ones are shown at first.
  const kMostOpen = 40;
  const weights = new Map((card.importance?.columns ?? []).map((one) => [one.column, one.log_loss_increase ?? one.rmse_increase]));
  const open = new Set(card.columns.map((column) => column.key).toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0)).slice(0, kMostOpen));
  const boxes = (wanted) => [...fields].filter(([key]) => open.has(key) === wanted).map(([, field]) => field.box);
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); update(); }, novalidate: true },
    h("div", { class: "fields" }, boxes(true)),
    fields.size > open.size ? h("details", {}, h("summary", {}, `${fields.size - open.size} less important columns`), h("div", { class: "fields" }, boxes(false))) : null);
  update();
  return [h("div", { class: "two" }, h("section", { class: "card" }, h("h3", {}, "One row ", h("span", { class: "note" }, "– the prediction follows your changes")), form),
    h("section", { class: "card stays", "aria-label": "Prediction" }, answer)), csv_part(path, card), peek];
}

/** The records of a CSV text; line ends inside quotes are part of a field. */
const csv_records = (text) => text.replace(/^\uFEFF/, "").match(/(?:"(?:[^"]|"")*"|[^"\r\n])+/g) ?? [];
/** The fields of a CSV record written by the server. */
function csv_fields(record) {
  return [...record.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((match) => match[1].replace(/^"|"$/g, "").replaceAll('""', '"')).slice(0, -1);
}
/** Appends the predictions to their rows. Returns only the predictions if the numbers of rows differ. */
function joined(table, answers) {
  const rows = csv_records(table);
  if (rows.length !== answers.length) return answers.join("\n") + "\n";
  const header = rows[0].replace(/"(?:[^"]|"")*"/g, "");
  const separator = [",", ";", "\t", "|"].toSorted((a, b) => header.split(b).length - header.split(a).length)[0];
  const written = (cell) => (cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row, i) => row + separator + csv_fields(answers[i]).map(written).join(separator)).join("\n") + "\n";
}

function csv_part(path, card) {
  const out = h("div", {});
  let turn = 0;
  let url = null;
  async function answer(files) {
    const file = files[0];
    if (!file) return;
    const mine = ++turn;
    out.replaceChildren(h("p", { class: "note" }, `Predicting ${name_in(file.name)} …`));
    try {
      const response = await ask(path, { method: "POST", headers: { "Content-Type": "text/csv" }, body: file });
      const answers = csv_records(await response.text());
      const text = joined(await file.text(), answers);
      if (mine !== turn) return;
      const warning = response.headers.get("Vitrine-Warning");
      const name = file.name.replace(/\.[^.]*$/, "") + "-answers.csv";
      if (url) URL.revokeObjectURL(url);
      url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      const said = `Predicted ${grouped(answers.length - 1)} rows of ${name_in(file.name)}.`;
      say(said);
      out.replaceChildren(
        h("p", {}, said + " ", h("a", { class: "button", download: name, href: url }, "Save predictions")),
        files.length > 1 ? h("p", { class: "note" }, "Only the first table was predicted: drop one at a time.") : "",
        warning ? h("p", { class: "problem" }, short(new TextDecoder().decode(Uint8Array.from(warning, (c) => c.charCodeAt(0))))) : "",
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "First predictions" }, h("table", {}, h("caption", {}, "The predictions of the first ten rows"),
          h("thead", {}, h("tr", {}, csv_fields(answers[0]).map((cell) => h("th", { scope: "col" }, short(cell))))),
          h("tbody", {}, answers.slice(1, 11).map((record) => h("tr", {}, csv_fields(record).map((cell, i) => h("td", i === 0 ? { class: "left" } : {}, short(cell === "" || isNaN(cell) || (i === 0 && !card.target.number) ? cell : figure(Number(cell), card.target.number))))))))));
    } catch (error) {
      if (mine === turn) out.replaceChildren(h("p", { class: "problem", role: "alert" }, problem_text(error)));
    }
  }
  drop_files = answer;
  return h("section", { class: "card" }, h("h3", {}, "Many rows"),
    h("div", { class: "row" }, h("input", { type: "file", id: "table-file", class: "table-file", accept: ".csv,.tsv,text/csv", onchange: (event) => { answer([...event.target.files]); event.target.value = ""; } }),
      h("label", { class: "button", for: "table-file" }, "Choose a CSV table"), h("span", { class: "note" }, "or drop one anywhere on this page, to add predictions to it")), out);
}

// Photos.

function photo_part(model) {
  const card = model.card;
  const path = predict_path(model);
  const sets = card.prediction_sets !== undefined;
  const grid = h("div", { class: "photos" });
  let asked = 0;
  let answered = 0;
  const add = (files) => {
    asked += files.length;
    grid.prepend(...files.map(one_photo));
  };
  function one_photo(file) {
    const url = URL.createObjectURL(file);
    const image = h("img", { src: url, alt: short(file.name) });
    const seen = h("div", { class: "seen" }, image);
    let visible = true;
    image.addEventListener("load", () => URL.revokeObjectURL(url));
    image.addEventListener("error", () => {
      URL.revokeObjectURL(url);
      visible = false;
      image.replaceWith(h("p", { class: "note unseen" }, "This browser can't show this file."));
    });
    if (card.image.fit === "crop") seen.style.aspectRatio = `${card.image.width} / ${card.image.height}`;
    const text = h("div", {}, h("p", { class: "note" }, "…"));
    const send = async (query) => (await ask(path + query, { method: "POST", headers: { "Content-Type": file.type.startsWith("image/") ? file.type : "application/octet-stream" }, body: file })).json();
    const retry_part = (error, retry) => {
      const part = h("p", { class: "problem", tabindex: -1 }, problem_text(error), error.status === 503 || error.status === 0 ? h("button", { type: "button", onclick: () => retry(part) }, "Try again") : "");
      return part;
    };
    async function look(part) {
      part.disabled = true;
      part.textContent = "Predicting with covered parts …";
      let next;
      try { next = heat(seen, (await send("?explain=true")).explanation); } catch (error) { next = retry_part(error, look); }
      part.replaceWith(next);
      next.focus();
    }
    async function answer() {
      try {
        const said = await send(sets ? "?set=0.9" : "");
        const shares = card.target.classes.map((one) => [one.value, said.probabilities[one.value] ?? 0]).sort((a, b) => b[1] - a[1]);
        text.replaceChildren(h("p", { class: "label" }, name_in(said.label) + " ", h("span", { class: "sure" }, percent(said.probability))),
          said.set ? h("p", { class: "note" }, set_in_words(said)) : "",
          ...(said.warnings ?? []).map((one) => h("p", { class: "problem" }, short(one))), bars(shares.slice(0, 5), "Probabilities"),
          visible ? h("button", { type: "button", "aria-label": `Show important regions of ${short(file.name)}`, onclick: (event) => look(event.target) }, "Show important regions") : "");
      } catch (error) { text.replaceChildren(retry_part(error, answer)); }
      answered += 1;
      say(`${answered} of ${asked} photos predicted`);
    }
    answer();
    return h("article", { class: "card", "aria-label": short(file.name) }, seen, text, h("p", { class: "note" }, short(file.name)));
  }
  drop_files = add;
  const zone = h("section", { class: "drop card", "aria-label": "Photos to predict" }, h("p", {}, "Drop photos here, paste one, or"),
    h("div", { class: "row" }, h("input", { type: "file", id: "photo-file", accept: "image/*", multiple: true, onchange: (event) => { add([...event.target.files]); event.target.value = ""; } }),
      h("label", { class: "button", for: "photo-file" }, "Choose photos"),
      navigator.mediaDevices?.getUserMedia ? h("button", { type: "button", onclick: () => camera(add) }, "Use the camera") : null));
  return [zone, grid];
}

function set_in_words(said) {
  const others = said.set.filter((name) => name !== said.label).map(name_in);
  if (said.set.length === 0) return "No class is probable enough for the 90 % prediction set.";
  if (others.length === 0) return "The 90 % prediction set has no other class.";
  const listed = others.length > 8 ? [...others.slice(0, 8), `${others.length - 8} more`] : others;
  return "The 90 % prediction set also has " + new Intl.ListFormat("en").format(listed) + ".";
}

/** Draws the occlusion scores over the photo; returns a sentence about them. */
function heat(seen, explanation) {
  const side = explanation.drops.length;
  const most = Math.max(...explanation.drops.flat());
  if (most < 0.01) return h("p", { class: "note", tabindex: -1 }, "No single region changes the prediction.");
  const at = explanation.drops.flat().indexOf(most);
  const third = (i) => Math.floor(3 * i / side);
  const place = [["top left", "top", "top right"], ["left", "middle", "right"], ["bottom left", "bottom", "bottom right"]][third(Math.floor(at / side))][third(at % side)];
  const canvas = h("canvas", { width: side, height: side, role: "img", "aria-label": "Important regions" });
  const pen = canvas.getContext("2d");
  explanation.drops.forEach((row, y) => row.forEach((drop, x) => {
    pen.fillStyle = `rgba(240, 120, 20, ${0.8 * Math.max(0, drop) / most})`;
    pen.fillRect(x, y, 1, 1);
  }));
  seen.append(canvas);
  return h("p", { class: "note", tabindex: -1 }, `Orange: covering this region lowers the probability of '${name_in(explanation.of)}', by up to ${percent(most)}; most at the ${place}.`);
}

async function camera(add) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    show_problem(new Problem("This page can't use a camera.", "Allow the camera in the browser, or choose a photo."));
    return;
  }
  const video = h("video", { autoplay: true, playsinline: true, "aria-label": "Camera preview" });
  video.srcObject = stream;
  const box = h("dialog", { "aria-label": "Camera", onclose: () => { stream.getTracks().forEach((track) => track.stop()); box.remove(); } }, video,
    h("div", { class: "row" }, h("button", { type: "button", onclick: () => {
      const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob((blob) => { if (blob) add([new File([blob], "camera.jpg", { type: "image/jpeg" })]); box.close(); }, "image/jpeg", 0.92);
    } }, "Take photo"), h("button", { type: "button", onclick: () => box.close() }, "Cancel")));
  document.body.append(box);
  box.showModal();
}

// Facts about the model.

function figures_part({ card, metrics }) {
  const [found, words] = best_figures(card);
  if (!found) return [];
  const baseline = found.baseline;
  return [h("section", { class: "card" }, h("h3", {}, "Metrics"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Metrics" }, h("table", { class: "figures" }, h("caption", {}, `${grouped(found.rows)} ${words}, with 95 % intervals`),
    h("tbody", {}, metrics.filter(({ key }) => found[key] !== undefined).map(({ key, name, in_units }) => h("tr", {}, h("th", { scope: "row" }, name[0].toUpperCase() + name.slice(1)), h("td", {}, figure(found[key], in_units)),
      h("td", {}, found[key + "_ci95"] ? `${figure(found[key + "_ci95"][0], in_units)} to ${figure(found[key + "_ci95"][1], in_units)}` : ""),
      baseline ? h("td", { class: "quiet" }, baseline[key] === undefined ? "" : figure(baseline[key], in_units)) : null)))),
    baseline ? h("p", { class: "note" }, `Last column: the baseline, always ${found.rmse === undefined ? `'${short(baseline.prediction)}'` : `the mean, ${short(baseline.prediction)}`}.`, baseline.beaten ? "" : " The model is no better by more than chance.") : null))
, calibration_part(found, card)];
}

/** The metrics of the test set, else of the validation set, else of the cross-validation. */
function best_figures(card) {
  const kinds = [["test", "rows of a held-out test set"], ["validation", "rows of the validation set"], ["cross_validation", "rows by cross-validation"]];
  const [kind, words] = kinds.find(([name]) => card.figures?.[name]) ?? [];
  return kind ? [card.figures[kind], card.task === "image" ? words.replace("rows", "photos") : words] : [];
}

function calibration_part(found, card) {
  const bins = (found.calibration ?? []).filter((bin) => bin.rows > 0);
  if (bins.length < 2) return null;
  const x = (p) => 40 + 240 * p;
  const y = (p) => 250 - 240 * p;
  const points = bins.map((bin) => `${x(bin.confidence).toFixed(1)} ${y(bin.observed).toFixed(1)}`);
  const of = card.target.classes.length === 2 ? `'${short(card.target.classes[1].spelling)}'` : "the predicted class";
  return h("section", { class: "card" }, h("h3", {}, "Calibration"), h("svg", { class: "plot", viewBox: "0 0 305 290", role: "img", "aria-label":
    `Observed frequency of ${of} by predicted probability: ` + bins.map((bin) => `${percent(bin.confidence)} predicted, ${percent(bin.observed)} observed`).join("; ") },
    h("path", { class: "axis", d: "M40 10V250H280" }), h("path", { class: "ideal", d: `M40 250L280 10` }),
    [0, 0.5, 1].map((p) => [h("text", { x: x(p), y: 265, "text-anchor": "middle" }, percent(p)), h("text", { x: 36, y: y(p) + 4, "text-anchor": "end" }, percent(p))]),
    h("text", { x: 160, y: 283, "text-anchor": "middle" }, "predicted probability"), h("path", { class: "curve", d: "M" + points.join("L") }),
    bins.map((bin) => h("circle", { class: "blue", cx: x(bin.confidence), cy: y(bin.observed), r: 3 }, h("title", {}, `${grouped(bin.rows)} rows: ${percent(bin.confidence)} predicted, ${percent(bin.observed)} observed`)))),
  h("p", { class: "note" }, `Observed frequency of ${of}; the dashed line is perfect calibration.`));
}

function confusion_part(card) {
  const [found] = best_figures(card);
  const matrix = found?.confusion?.rows_are_truth;
  if (!matrix) return null;
  const labels = card.target.classes.map((one) => short(one.spelling));
  const table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }, h("table", { class: "confusion" },
    h("caption", {}, "Rows: true class. Columns: predicted class"), h("thead", {}, h("tr", {}, h("td"), labels.map((name) => h("th", { scope: "col", title: name }, name)))),
    h("tbody", {}, matrix.map((row, truth) => h("tr", {}, h("th", { scope: "row", title: labels[truth] }, labels[truth]), row.map((count, said) => {
      const cell = h("td", truth === said ? {} : { class: "wrong" }, grouped(count));
      cell.style.setProperty("--share", count / Math.max(1, row.reduce((a, b) => a + b, 0)));
      return cell;
    }))))));
  const many = labels.length > 25;  // a matrix of many classes is hard to read
  return h("section", { class: "card" }, h("h3", {}, "Confusion matrix"), many ? [frequent_mistakes(matrix, labels), h("details", {}, h("summary", {}, "The whole matrix"), table)] : table);
}

function frequent_mistakes(matrix, labels) {
  const mistakes = matrix.flatMap((row, truth) => row.map((count, said) => ({ count, truth, said }))).filter((one) => one.count > 0 && one.truth !== one.said).sort((a, b) => b.count - a.count);
  if (!mistakes.length) return h("p", { class: "note" }, "No errors.");
  return h("ul", {}, mistakes.slice(0, 15).map(({ count, truth, said }) => h("li", {}, `${labels[truth]} predicted as ${labels[said]}: ${grouped(count)}`)),
    mistakes.length > 15 ? h("li", { class: "note" }, `${grouped(mistakes.length - 15)} more pairs`) : null);
}

const ALGORITHMS = { logistic: "Logistic regression", linear: "Linear regression", trees: "Boosted trees", frozen: "A pre-trained network with a new last layer", fine_tuned: "A fine-tuned pre-trained network", from_scratch: "A network trained from scratch" };

function target_words({ classes, number }) {
  if (number) return `a number, ${amount(number.quantiles[0])} to ${amount(number.quantiles[10])} in training`;
  return classes.slice(0, 20).map((one) => name_in(one.spelling)).join(", ") + (classes.length > 20 ? ` and ${classes.length - 20} more` : "");
}

function about_part(model) {
  const card = model.card;
  const facts = [["Algorithm", ALGORITHMS[card.algorithm] ?? card.algorithm], ["Trained on", card.training?.rows ? `${grouped(card.training.rows)} ${card.task === "image" ? "photos" : "rows"}` : null],
    ["Target", `${name_in(card.target.name)}: ${target_words(card.target)}`], ["Engine", model.engine], ["Version", model.version], ["SHA-256", model.sha256]];
  const warnings = (card.warnings ?? []).map((one) => h("details", {}, h("summary", {}, short(one.message).split(": ")[0]), h("p", { class: "note" }, short(one.message)), h("p", { class: "note" }, short(one.hint ?? ""))));
  return [h("section", { class: "card" }, h("h3", {}, "Model"), h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, name === "Target" ? value : short(String(value)))]))),
    warnings.length ? h("section", { class: "card" }, h("h3", {}, "Findings in the training data"), warnings) : null];
}

function code_part(model) {
  const url = new URL(predict_path(model), location.href).href;
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const with_key = sessionStorage.getItem("vitrine-key") !== null;
  const curl_key = with_key ? ' -H "X-API-Key: $VITRINE_KEY"' : "";
  const import_os = with_key ? "import os\n" : "";
  const python_key = with_key ? '"X-API-Key": os.environ["VITRINE_KEY"]' : "";
  const js_key = with_key ? ', "X-API-Key": key' : "";
  if (model.card.task === "image") {
    return h("section", { class: "card" }, ...copy_block("curl", `curl ${quoted(url)}${curl_key} -H 'Content-Type: image/jpeg' --data-binary @photo.jpg`),
      ...copy_block("Python", `${import_os}import requests\nprint(requests.post(${JSON.stringify(url)}, open("photo.jpg", "rb"),\n    headers={"Content-Type": "image/jpeg"${with_key ? ", " + python_key : ""}}).json())`),
      ...copy_block("JavaScript", `const answer = await (await fetch(${JSON.stringify(url)}, {\n  method: "POST", body: file, headers: { "Content-Type": file.type${js_key} } })).json();`));
  }
  const row = Object.create(null);
  for (const column of model.card.columns) {
    row[column.key] = TYPICAL[column.kind](column);
  }
  return h("section", { class: "card" }, ...copy_block("curl", `curl ${quoted(url)}${curl_key} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(row))}`),
    ...copy_block("Python", `${import_os}import requests\nrow = ${JSON.stringify(row, null, 2)}\nprint(requests.post(${JSON.stringify(url)}, json=row${with_key ? `, headers={${python_key}}` : ""}).json())`),
    ...copy_block("JavaScript", `const row = ${JSON.stringify(row, null, 2)};\nconst answer = await (await fetch(${JSON.stringify(url)}, {\n  method: "POST", headers: { "Content-Type": "application/json"${js_key} },\n  body: JSON.stringify(row) })).json();`));
}

// The page.

let drop_files = () => {};
let shown = null;

/** The name of the model in the address, #/NAME, or null. */
function named_in_address() {
  if (!location.hash.startsWith("#/")) return null;
  try { return decodeURIComponent(location.hash.slice(2)); } catch { return null; }
}

async function show_model(name, moved) {
  shown = name;
  drop_files = () => {};
  for (const link of $("models").querySelectorAll("a")) {
    if (link.dataset.name === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = h("h2", { tabindex: -1 }, short(name));
  let parts = [];
  let problem = null;
  try {
    const model = await (await ask(`models/${encodeURIComponent(name)}`)).json();
    if (shown !== name) return;
    const few = model.card !== null && (model.card.target.classes ?? []).length < 5;
    parts = model.card === null ? [h("p", { class: "problem" }, "This file has no card: it is served as tensors by the Open Inference Protocol (/v2).")]
      : [...(model.card.task === "image" ? photo_part(model) : table_part(model)), h("div", { class: "grid" }, about_part(model), figures_part(model), few ? confusion_part(model.card) : null, code_part(model)),
        few ? null : confusion_part(model.card)];
  } catch (error) {
    if (shown !== name) return;
    problem = error;
  }
  document.title = `${short(name)} – Vitrine`;
  $("model").replaceChildren(heading, ...parts.filter(Boolean));
  show_problem(problem);
  if (moved) heading.focus();
}

async function start(moved) {
  try {
    const said = await (await ask("models")).json();
    show_problem(null);
    $("key").hidden = true;
    $("models").replaceChildren(...said.models.map((one) => h("li", {}, h("a", { href: "#/" + encodeURIComponent(one.name), "data-name": one.name, title: one.name }, short(one.name)))));
    const wanted = named_in_address();
    const names = said.models.map((one) => one.name);
    if (names.length === 0) throw new Problem("There is no model yet.", "Put a model file into the server's folder.", 404);
    await show_model(names.includes(wanted) ? wanted : said.default, moved);
  } catch (error) {
    show_problem(error);
  }
}

addEventListener("hashchange", () => {
  const name = named_in_address();
  if (name !== null) show_model(name, true);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});
addEventListener("dragover", (event) => { event.preventDefault(); document.querySelector(".drop")?.classList.add("over"); });
addEventListener("dragleave", () => document.querySelector(".drop")?.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.querySelector(".drop")?.classList.remove("over");
  drop_files([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length && !event.target.closest?.("input, select")) drop_files(files);
});
$("key").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("vitrine-key", $("key-text").value);
  start(true);
});
start(false);
