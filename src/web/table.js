// The part of the page for models of tables: a form whose prediction follows each change, what-if lines, and
// predictions of whole CSV tables.
import { amount, ask, ask_json, figure, fill_save_link, grouped, h, name_in, percent, problem_text, say, short, signed } from "./common.js";
import { bars, sparkline, waterfall } from "./charts.js";
import { feedback_part } from "./feedback.js";
import { on_files, predict_path } from "./page_state.js";

/** The initial value of a number field: the median. */
const typical_number = (column) => column.quantiles?.[Math.floor(column.quantiles.length / 2)] ?? 0;
/** The initial value of a category field: the most frequent category. */
const typical_category = (column) => column.categories.reduce((a, b) => (b.count > a.count ? b : a), column.categories[0] ?? { value: "" });
/** `2024-07-25`, or with a time if the column's dates have one, of days since 1970. */
const date_text = (column, days) => new Date(Math.round(days * 86400000)).toISOString().slice(0, column.date.times ? 19 : 10);

/** The value of a column that its field has at first, as JSON. */
const TYPICAL = { number: typical_number, category: (column) => typical_category(column).value, date: (column) => date_text(column, typical_number(column)), text: () => "a text" };
export const typical_value = (column) => TYPICAL[column.kind](column);

// Fields. Each has `box` (the element), `read()` (the value as JSON), `write(value)` and `input`; number fields have a
// place for the what-if line.

const label_of = (column, id) => h("label", { for: id, title: column.name }, short(column.name));
const optional_hint = (column) => (column.optional ? "may be left empty" : "");
const starts_empty = (column) => column.optional && column.missing_share > 0.5;

/** The number of a value of a field, which may be a text in the column's format; NaN if it is none. */
function number_of(column, value) {
  if (typeof value !== "string" || !column.format) return value === null || value === "" ? NaN : Number(value);
  const kept = [...value.replace("−", "-")].filter((c) => /[0-9-]/.test(c) || c === column.format.decimal).join("");
  return kept === "" ? NaN : Number(kept.replace(column.format.decimal, "."));
}

/** A plain number as a field of the column takes it. */
const written_number = (column, value) => (column.format && typeof value === "number" ? String(value).replace(".", column.format.decimal) : value);

/** For the 0 and 1 of a column, and for yes and no: the values of "off" and "on"; null for other columns. */
function switch_values(column) {
  if (column.optional) return null;
  if (column.kind === "number") {
    const q = column.quantiles ?? [];
    return column.whole_numbers && !column.format && q[0] === 0 && q[q.length - 1] === 1 ? [0, 1] : null;
  }
  if (column.categories.length !== 2) return null;
  const values = column.categories.map((one) => one.value);
  const pair = [["no", "yes"], ["false", "true"], ["0", "1"], ["n", "y"], ["f", "t"], ["off", "on"]]
    .find(([off, on]) => values.some((value) => value.toLowerCase() === off) && values.some((value) => value.toLowerCase() === on));
  return pair ? pair.map((wanted) => values.find((value) => value.toLowerCase() === wanted)) : null;
}

function switch_field(column, id, changed, [off, on]) {
  const input = h("input", { id, type: "checkbox", role: "switch" });
  input.checked = typical_value(column) === on;
  input.addEventListener("input", changed);
  return { box: h("div", { class: "field switch" }, label_of(column, id), input), input,
    read: () => (input.checked ? on : off), write: (value) => { input.checked = value === on; } };
}

/** A field for numbers. If the training table's are not plain (1.234,50 EUR), it takes text in their format, as the server does. */
function number_field(column, id, changed) {
  const format = column.format;
  const written = (value) => (value === null ? "" : written_number(column, value));
  const q = column.quantiles ?? [];
  const has_range = q.length > 1 && q[q.length - 1] > q[0];
  const typical = typical_number(column);
  const step = column.whole_numbers ? 1 : (q[q.length - 1] - q[0]) / 200;
  const decimals = column.whole_numbers ? 0 : Math.min(12, Math.max(0, Math.ceil(1 - Math.log10(step || 1))));
  const number = h("input", { id, type: format ? "text" : "number", inputmode: "decimal", step: "any",
    value: starts_empty(column) ? "" : written(typical), "aria-describedby": id + "-hint", required: !column.optional });
  const range = has_range ? h("input", { type: "range", min: q[0], max: q[q.length - 1], step: column.whole_numbers ? 1 : "any",
    "aria-label": `${short(column.name)}, slider` }) : null;
  if (range) range.value = typical;
  const follow = () => { if (range && number.value !== "") range.value = number_of(column, number.value); };
  number.addEventListener("input", () => { follow(); changed(); });
  range?.addEventListener("input", () => { number.value = written(Number(Number(range.value).toFixed(decimals))); changed(); });
  const hint = [has_range ? `${amount(q[0])} to ${amount(q[q.length - 1])} in training` : "", optional_hint(column)].filter(Boolean).join(", ");
  const what_if = h("div", { class: "what-if" });
  return { box: h("div", { class: "field" }, label_of(column, id), h("div", { class: "pair" }, range ?? h("span"), number),
    has_range ? what_if : null, h("span", { class: "hint", id: id + "-hint" }, hint)), what_if, input: number,
  read: () => (number.value === "" ? null : format ? number.value : Number(number.value)),
  write: (value) => { number.value = written(value); follow(); },
  // The values that the what-if line tries.
  tries: () => (has_range ? [...new Set(Array.from({ length: 21 }, (_, i) => Number((q[0] + (q[q.length - 1] - q[0]) * i / 20).toFixed(decimals))))] : []) };
}

function date_field(column, id, changed) {
  const q = column.quantiles;
  const input = h("input", { id, type: column.date.times ? "datetime-local" : "date", step: column.date.times ? 1 : "any", required: !column.optional,
    value: starts_empty(column) ? "" : date_text(column, typical_number(column)), "aria-describedby": id + "-hint" });
  input.addEventListener("input", changed);
  const hint = [`${date_text(column, q[0])} to ${date_text(column, q[q.length - 1])} in training`, optional_hint(column)].filter(Boolean).join(", ");
  return { box: h("div", { class: "field" }, label_of(column, id), input, h("span", { class: "hint", id: id + "-hint" }, hint)), input,
    read: () => (input.value === "" ? null : input.value), write: (value) => { input.value = value ?? ""; } };
}

function category_field(column, id, changed) {
  const missing = "\u0000";
  const most = typical_category(column);
  const select = h("select", { id }, column.categories.map((one) =>
    h("option", { value: one.value, selected: one === most }, short(one.spelling))), column.optional ? h("option", { value: missing }, "missing") : null);
  select.addEventListener("input", changed);
  return { box: h("div", { class: "field" }, label_of(column, id), select), input: select,
    read: () => (select.value === missing ? null : select.value), write: (value) => { select.value = value ?? missing; },
    tries: () => column.categories.slice(0, 20).map((one) => one.value) };
}

function text_field(column, id, changed) {
  const input = h("textarea", { id, rows: 3, required: !column.optional });
  input.addEventListener("input", changed);
  return { box: h("div", { class: "field wide" }, label_of(column, id), input), input,
    read: () => (input.value === "" ? null : input.value), write: (value) => { input.value = value ?? ""; } };
}

const FIELDS = { number: number_field, category: category_field, date: date_field, text: text_field };

function field_of(column, id, changed) {
  const values = column.kind === "number" || column.kind === "category" ? switch_values(column) : null;
  return { column, tries: () => values ?? [], ...(values ? switch_field(column, id, changed, values) : FIELDS[column.kind](column, id, changed)) };
}

// The answer.

/** A value of a column in words. */
function value_words(column, value) {
  const category = column.categories?.find((one) => one.value === value);
  return `${name_in(column.name)}: ${value === null || value === undefined ? "missing" : category ? name_in(category.spelling) : short(String(value))}`;
}

/** The columns with their contributions, in the order in which the server adds them. An object's keys that look like numbers come first in JavaScript. */
const in_order = (explanation) => Object.entries(explanation.contributions).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));

/** The contributions as steps from the average to this answer, the first eight by name. `all`: [[key, change], ...]. */
function contributions(explanation, row, columns, { start, all, write, write_change, last }) {
  const steps = all.slice(0, 8).map(([key, change]) => [value_words(columns.find((one) => one.key === key), row[key]), change, write_change(change)]);
  if (all.length > 8) {
    const rest = all.slice(8).reduce((sum, [, change]) => sum + change, 0);
    steps.push([`${all.length - 8} other columns`, rest, write_change(rest)]);
  }
  const words = ([key, parts]) => {
    const of_words = (wanted) => Object.entries(parts).filter(([, value]) => (wanted ? value > 0 : value < 0)).map(([word, value]) => `${short(word)} ${signed(value, (size) => size.toFixed(2))}`).join(", ") || "none";
    return h("p", { class: "note" }, `Words of ${name_in(columns.find((one) => one.key === key).name)}, on the scale of the text's own score: for it ${of_words(true)}; against it ${of_words(false)}.`);
  };
  return [waterfall(start, steps, ["An average row", write(start)], ["This row", write(last)]),
    h("p", { class: "note" }, "The columns are added in this order; each changes the prediction by its amount."),
    ...Object.entries(explanation.words ?? {}).map(words)];
}

function points(x) {
  const size = (positive) => (100 * positive).toFixed(positive < 0.0995 ? 1 : 0);
  return `${Math.abs(x) < 0.0005 ? size(Math.abs(x)) : signed(x, size)} points`;
}

function class_contributions(explanation, row, columns) {
  const all = in_order(explanation).map(([key]) => [key, explanation.points[key]]);
  const last = all.reduce((sum, [, change]) => sum + change, explanation.base_probability);
  return contributions(explanation, row, columns, { start: explanation.base_probability, all, write: percent, write_change: points, last });
}

const INVERSE = { log: Math.exp, log1p: Math.expm1 };

/** Of a number whose model adds up logarithms, the steps are in the number's own unit. */
function number_contributions(explanation, row, columns) {
  const of = INVERSE[explanation.scale] ?? ((x) => x);
  let margin = explanation.base;
  const all = in_order(explanation).map(([key, value]) => {
    const before = of(margin);
    margin += value;
    return [key, of(margin) - before];
  });
  return contributions(explanation, row, columns, { start: of(explanation.base), all, write: amount, write_change: (x) => signed(x, amount), last: of(margin) });
}

/** A class as the table spells it. */
const spelling_of = (card, label) => name_in(card.target.classes.find((one) => one.value === label)?.spelling ?? label);

/** How a probability compares with that of all training rows. */
function verdict_words(card, said) {
  const counts = card.target.classes.map((one) => one.count);
  const all = counts.reduce((a, b) => a + b, 0);
  const at = card.target.classes.length === 2 ? 1 : card.target.classes.findIndex((one) => one.value === said.label);
  const of = card.target.classes[at];
  const p = said.probabilities[of.value];
  const name = `'${name_in(of.spelling)}'`;
  if (!all || !of.count) return `The probability of ${name} is ${percent(p)}.`;
  const usual = of.count / all;
  const ratio = p / usual;
  const compared = ratio >= 1.15 ? `${ratio >= 9.95 ? Math.round(ratio) : ratio.toFixed(1)} times as likely as on average`
    : ratio <= 1 / 1.15 ? `less likely than on average` : "about as likely as on average";
  return `Of 100 such rows about ${Math.round(100 * p)} are ${name}: ${compared} (${percent(usual)} in training).`;
}

/** The key of the number in an answer: the last one before the model's name that is not an interval. */
const number_key = (said) => {
  const keys = Object.keys(said);
  return keys.slice(0, keys.indexOf("model")).filter((key) => !Array.isArray(said[key])).pop();
};

/** The form, the answer and what-if lines of one model. */
class Row {
  constructor(model, address) {
    this.model = model;
    this.card = model.card;
    this.address = address;
    this.timer = 0;
    this.running = null;
    this.answer = h("div", {}, h("p", { class: "note" }, "…"));
    this.flips = h("div", {});
    this.peek = h("a", { class: "peek", href: "#main", "aria-hidden": "true", tabindex: -1, onclick: (event) => { event.preventDefault(); this.answer.scrollIntoView({ block: "center" }); } });
    const changed = () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.update(), 60); };
    this.fields = new Map(this.card.columns.map((column, i) => [column.key, field_of(column, `field-${i}`, changed)]));
    this.initial = this.read();
    this.write(address.values());
  }

  read() {
    const row = Object.create(null);  // a column may be named "__proto__"
    for (const [key, field] of this.fields) row[key] = field.read();
    return row;
  }
  write(values) {
    for (const [key, value] of Object.entries(values)) this.fields.get(key)?.write(value);
  }

  /** Removes what was said of other values of the row. */
  forget_others() {
    this.flips.replaceChildren();
    for (const field of this.fields.values()) field.what_if?.replaceChildren();
  }
  no_answer(...parts) {
    this.peek.textContent = "No prediction";
    this.forget_others();
    this.answer.replaceChildren(h("p", { class: "problem" }, ...parts));
    say("No prediction");
  }

  async update() {
    this.running?.abort();
    const wrong = [];
    for (const field of this.fields.values()) {
      const fits = field.input.checkValidity();
      field.input.setAttribute("aria-invalid", !fits);
      if (!fits) wrong.push(name_in(field.column.name));
    }
    if (wrong.length) return this.no_answer(`Enter a value: ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? " and others" : ""}.`);
    const row = this.read();
    this.address.keep(Object.fromEntries(Object.entries(row).filter(([key, value]) => value !== this.initial[key])));
    const running = this.running = new AbortController();
    const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
    try {
      const said = await (await ask_json(`${predict_path(this.model)}?record=false${this.model.explains ? "&explain=true" : ""}`, row, { signal: running.signal })).json();
      this.show(said, row);
      await wait(150);
      if (!running.signal.aborted) await this.try_others(said, row, running.signal);
    } catch (error) {
      if (error.name !== "AbortError") this.no_answer(...problem_text(error));
    }
  }

  show(said, row) {
    if (this.card.target.number) this.show_number(said, row);
    else this.show_class(said, row);
    say(this.peek.textContent);
  }
  warnings(said) { return (said.warnings ?? []).map((text) => h("p", { class: "problem" }, short(text))); }

  show_number(said, row) {
    const key = number_key(said);
    const interval = said[key + "_interval"];
    this.peek.textContent = `${name_in(this.card.target.name)}: ${amount(said[key])}`;
    this.answer.replaceChildren(
      h("p", { class: "label" }, `${name_in(this.card.target.name)}: ${amount(said[key])}`),
      ...(interval ? [h("p", { class: "note" }, `With a probability of 90 % it is between ${amount(interval[0])} and ${amount(interval[1])}.`)] : []),
      ...this.warnings(said), this.feedback(said, row),
      ...(said.explanation ? [h("h3", {}, "Contributions"), ...number_contributions(said.explanation, row, this.card.columns)] : []));
  }

  show_class(said, row) {
    const card = this.card;
    const label = spelling_of(card, said.label);
    const shares = card.target.classes.map((one) => [one.spelling, said.probabilities[one.value] ?? 0]);
    const two = shares.length === 2;
    const sure = percent(said.probabilities[said.label]);
    this.peek.textContent = `${name_in(card.target.name)}: ${label} ${sure}`;
    this.answer.replaceChildren(
      h("p", { class: "label" }, `${name_in(card.target.name)}: ${label} `, h("span", { class: "sure" }, sure)),
      h("p", {}, verdict_words(card, said)),
      bars(two ? shares.toReversed() : shares.toSorted((a, b) => b[1] - a[1]).slice(0, 10), "Probabilities"),
      two && card.threshold !== 0.5 ? h("p", { class: "note" }, `'${name_in(shares[1][0])}' is predicted from a probability of ${percent(card.threshold)}.`) : "",
      ...this.warnings(said), this.feedback(said, row),
      ...(said.explanation ? [h("h3", {}, `Contributions to '${spelling_of(card, said.explanation.of)}'`), ...class_contributions(said.explanation, row, card.columns)] : []));
  }

  /** The request that somebody calls wrong is sent again, so that it is logged. */
  feedback(said, row) {
    return feedback_part(this.model, said.label, async () =>
      (await ask_json(predict_path(this.model), row)).headers.get("X-Request-Id"));
  }

  /** Predicts the row with one value changed: for lines under the numbers, and for what would change the answer. */
  async try_others(said, row, signal) {
    const kMostTries = 400;
    const tries = [];
    for (const [key, field] of this.by_importance()) {
      const values = field.tries?.() ?? [];
      if (tries.length + values.length > kMostTries) continue;
      for (const value of values) tries.push({ key, value });
    }
    if (!tries.length) return;
    const rows = tries.map(({ key, value }) => ({ ...row, [key]: written_number(this.fields.get(key).column, value) }));
    let answers;
    try {
      answers = await (await ask_json(`${predict_path(this.model)}?record=false`, rows, { signal })).json();
    } catch (error) {
      if (error.name !== "AbortError") this.forget_others();  // such as a rate limit: the answer itself is there
      return;
    }
    const of = this.card.target.number ? null : this.card.target.classes.length === 2 ? this.card.target.classes[1].value : said.label;
    const height = (one) => (of === null ? one[number_key(one)] : one.probabilities[of]);
    tries.forEach((one, i) => { one.said = answers[i]; one.y = height(answers[i]); });
    this.show_lines(tries, row, height(said));
    if (of !== null) this.show_flips(tries, said, row);
  }

  show_lines(tries, row, now) {
    const numbers = tries.filter(({ key }) => this.fields.get(key).what_if);
    const ys = [now, ...numbers.map((one) => one.y)];
    const range = [Math.min(...ys), Math.max(...ys)];
    const text = this.card.target.number ? amount : percent;
    for (const [key, field] of this.fields) {
      const line = numbers.filter((one) => one.key === key).map((one) => [one.value, one.y]);
      if (!field.what_if || line.length < 2) continue;
      const value = number_of(field.column, row[key]);
      const here = value >= line[0][0] && value <= line[line.length - 1][0] ? [value, now] : null;
      const last = line[line.length - 1];
      field.what_if.replaceChildren(sparkline(here ? [...line, here].sort((a, b) => a[0] - b[0]) : line, here, range,
        `What if: ${text(line[0][1])} at ${amount(line[0][0])}, ${text(last[1])} at ${amount(last[0])}`),
      h("span", { class: "hint" }, `${text(line[0][1])} … ${text(last[1])}`));
    }
  }

  /** Single changes that lead to another answer, the smallest first: of numbers, by the share of their range. */
  show_flips(tries, said, row) {
    const best = new Map();
    for (const one of tries) {
      if (one.said.label === said.label) continue;
      const { column } = this.fields.get(one.key);
      const q = column.quantiles ?? [];
      const number = typeof one.value === "number" && q.length > 1;
      const far = number ? Math.abs(one.value - number_of(column, row[one.key])) / Math.max(q[q.length - 1] - q[0], 1e-12) : 0.5;
      const size = Number.isFinite(far) ? far : 0.5;
      const known = best.get(one.key);
      if (!known || size < known.size || (size === known.size && one.said.probabilities[said.label] < known.said.probabilities[said.label])) best.set(one.key, { ...one, size, column });
    }
    const found = [...best.values()].sort((a, b) => a.size - b.size).slice(0, 4);
    this.flips.replaceChildren(h("h3", {}, "What would change the answer"), found.length === 0
      ? h("p", { class: "note" }, "None of the changes of one column that were tried.")
      : h("ul", { class: "flips" }, found.map((one) => h("li", {}, h("button", { type: "button", onclick: () => { this.fields.get(one.key).write(one.value); this.update(); } }, value_words(one.column, one.value)),
        ` → ${spelling_of(this.card, one.said.label)}, ${percent(one.said.probabilities[one.said.label])}`))));
  }

  /** [[key, field], ...], the most important columns first. */
  by_importance() {
    const weights = new Map((this.card.importance?.columns ?? []).map((one) => [one.column, one.log_loss_increase ?? one.rmse_increase]));
    return [...this.fields].sort((a, b) => (weights.get(b[0]) ?? 0) - (weights.get(a[0]) ?? 0));
  }

  /** Of many columns, only the 40 most important ones are shown at first. */
  form() {
    const kMostOpen = 40;
    const order = this.by_importance().map(([, field]) => field.box);
    const rest = order.slice(kMostOpen);
    return h("form", { onsubmit: (event) => { event.preventDefault(); this.update(); }, novalidate: true },
      h("div", { class: "fields" }, order.slice(0, kMostOpen)),
      rest.length ? h("details", {}, h("summary", {}, `${rest.length} less important columns`), h("div", { class: "fields" }, rest)) : null);
  }

  examples() {
    const known = (this.card.examples ?? []).filter((one) => one.row);
    if (!known.length) return null;
    const words = (label) => (this.card.target.number ? `a row of the ${{ low: "lowest", middle: "middle", high: "highest" }[label] ?? name_in(label)} fifth` : `a typical '${name_in(label)}'`);
    return h("p", { class: "row examples" }, "Try ", known.map((one) => h("button", { type: "button", onclick: () => { this.write(one.row); this.update(); } }, words(one.label))),
      h("button", { type: "button", class: "plain", onclick: () => { this.write(this.initial); this.update(); } }, "Reset"));
  }
}

/** `address`: keeps the values of the form in the page's address (page_state.js). */
export function table_part(model, address) {
  const row = new Row(model, address);
  row.update();
  return [row.examples(), h("div", { class: "two" },
    h("section", { class: "card" }, h("h3", {}, "One row ", h("span", { class: "note" }, "– the prediction follows your changes; the most important columns come first")), row.form()),
    h("section", { class: "card stays", "aria-label": "Prediction" }, row.answer, row.flips)), csv_part(predict_path(model), model.card), row.peek];
}

// Whole tables.

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
  const save = h("a", { class: "button" }, "Save predictions");
  let turn = 0;
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
      fill_save_link(save, file.name.replace(/\.[^.]*$/, "") + "-answers.csv", text);
      const said = `Predicted ${grouped(answers.length - 1)} rows of ${name_in(file.name)}.`;
      say(said);
      const names = csv_fields(answers[0]);
      const is_figure = (i) => (card.target.number ? i >= names.length - (card.target.number.intervals ? 3 : 1) : names[i].startsWith("probability_"));  // others are ids and the label
      const cell_text = (cell, i) => short(cell === "" || isNaN(cell) || !is_figure(i) ? cell : figure(Number(cell), card.target.number));
      out.replaceChildren(
        h("p", {}, said + " ", save),
        files.length > 1 ? h("p", { class: "note" }, "Only the first table was predicted: drop one at a time.") : "",
        warning ? h("p", { class: "problem" }, short(new TextDecoder().decode(Uint8Array.from(warning, (c) => c.charCodeAt(0))))) : "",
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "First predictions" }, h("table", {}, h("caption", {}, "The predictions of the first ten rows"),
          h("thead", {}, h("tr", {}, names.map((cell) => h("th", { scope: "col" }, short(cell))))),
          h("tbody", {}, answers.slice(1, 11).map((record) => h("tr", {}, csv_fields(record).map((cell, i) => h("td", i === 0 ? { class: "left" } : {}, cell_text(cell, i)))))))));
    } catch (error) {
      if (mine === turn) out.replaceChildren(h("p", { class: "problem", role: "alert" }, problem_text(error)));
    }
  }
  on_files(answer);
  return h("section", { class: "card" }, h("h3", {}, "Many rows"),
    h("div", { class: "row" }, h("input", { type: "file", id: "table-file", class: "table-file", accept: ".csv,.tsv,text/csv", onchange: (event) => { answer([...event.target.files]); event.target.value = ""; } }),
      h("label", { class: "button", for: "table-file" }, "Choose a CSV table"), h("span", { class: "note" }, "or drop one anywhere on this page, to add predictions to it")), out);
}
