// Facts about a model: its metrics, its data, and how to call it.
import { api_key, copy_block, figure, amount, grouped, h, name_in, short, tabs } from "./common.js";
import { calibration_plot, confusion_table, frequent_mistakes } from "./charts.js";
import { predict_path } from "./page_state.js";
import { typical_value } from "./table.js";

/** The metrics of the test set, else of the validation set, else of the cross-validation. */
function best_figures(card) {
  const kinds = [["test", "rows of a held-out test set"], ["validation", "rows of the validation set"], ["cross_validation", "rows by cross-validation"]];
  const [kind, words] = kinds.find(([name]) => card.figures?.[name]) ?? [];
  return kind ? [card.figures[kind], card.task === "image" ? words.replace("rows", "photos") : words] : [];
}

/** What the model predicts, as a sentence. */
export function sentence_of(card) {
  const { name, classes, number } = card.target;
  if (card.about) return short(card.about);
  if (number) return `What is the ${name_in(name)}?`;
  if (card.task === "image") return `What is on this photo?`;
  if (classes.length <= 3) return `${name_in(name)}: ${classes.map((one) => name_in(one.spelling)).join(" or ")}?`;
  return `Which ${name_in(name)}?`;
}

/** One line on how good the model is. */
export function headline_part({ name, card, metrics }) {
  const [found, words] = best_figures(card);
  const parts = [h("strong", { title: name }, short(name))];
  const shown = found ? metrics.filter(({ key }) => found[key] !== undefined).slice(0, 2) : [];
  for (const { key, name: title, in_units } of shown) {
    const baseline = found.baseline?.[key];
    parts.push(` · ${title} ${figure(found[key], in_units)}`, baseline === undefined ? "" : ` (baseline ${figure(baseline, in_units)})`);
  }
  return [h("p", { class: "note" }, parts, found ? ` on ${grouped(found.rows)} ${words}` : ""),
    found?.baseline && !found.baseline.beaten ? h("p", { class: "problem card" }, "The model is no better than its baseline by more than chance: do not rely on its answers.") : null];
}

export function figures_part({ card, metrics }) {
  const [found, words] = best_figures(card);
  if (!found) return [];
  const baseline = found.baseline;
  return [h("section", { class: "card" }, h("h3", {}, "Metrics"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Metrics" }, h("table", { class: "figures" }, h("caption", {}, `${grouped(found.rows)} ${words}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "left" }, "Metric"), h("th", { scope: "col" }, "Value"), h("th", { scope: "col" }, "95 % interval"), baseline ? h("th", { scope: "col" }, "Baseline") : null)),
    h("tbody", {}, metrics.filter(({ key }) => found[key] !== undefined).map(({ key, name, in_units }) => h("tr", {}, h("th", { scope: "row" }, name[0].toUpperCase() + name.slice(1)), h("td", {}, figure(found[key], in_units)),
      h("td", {}, found[key + "_ci95"] ? `${figure(found[key + "_ci95"][0], in_units)} to ${figure(found[key + "_ci95"][1], in_units)}` : ""),
      baseline ? h("td", { class: "quiet" }, baseline[key] === undefined ? "" : figure(baseline[key], in_units)) : null)))),
  baseline ? h("p", { class: "note" }, `Baseline: always ${found.rmse === undefined ? `'${short(baseline.prediction)}'` : `the mean, ${short(baseline.prediction)}`}.`) : null)),
  calibration_part(found, card)];
}

function calibration_part(found, card) {
  const bins = (found.calibration ?? []).filter((bin) => bin.rows > 0);
  if (bins.length < 2) return null;
  const of = card.target.classes.length === 2 ? `'${short(card.target.classes[1].spelling)}'` : "the predicted class";
  return h("section", { class: "card" }, h("h3", {}, "Calibration"), calibration_plot(bins, of),
    h("p", { class: "note" }, `Observed frequency of ${of}; larger points stand for more rows; the dashed line is perfect calibration.`));
}

export function confusion_part(card) {
  const matrix = best_figures(card)[0]?.confusion?.rows_are_truth;
  if (!matrix) return null;
  const labels = card.target.classes.map((one) => short(one.spelling));
  const table = confusion_table(matrix, labels);
  const many = labels.length > 25;  // a matrix of many classes is hard to read
  return h("section", { class: "card" }, h("h3", {}, "Confusion matrix"), many ? [frequent_mistakes(matrix, labels), h("details", {}, h("summary", {}, "The whole matrix"), table)] : table);
}

const ALGORITHMS = { logistic: "Logistic regression", linear: "Linear regression", trees: "Boosted trees", tree: "Decision tree", forest: "Random forest", frozen: "A pre-trained network with a new last layer", fine_tuned: "A fine-tuned pre-trained network", from_scratch: "A network trained from scratch", network: "An imported network" };

function target_words({ classes, number }) {
  if (number && !number.quantiles.length) return "a number";
  if (number) return `a number, ${amount(number.quantiles[0])} to ${amount(number.quantiles[10])} in training`;
  return classes.slice(0, 20).map((one) => name_in(one.spelling)).join(", ") + (classes.length > 20 ? ` and ${classes.length - 20} more` : "");
}

const fact_list = (facts) => h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

export function about_part(model) {
  const card = model.card;
  const warnings = (card.warnings ?? []).map((one) => h("details", {}, h("summary", {}, short(one.message).split(": ")[0]), h("p", { class: "note" }, short(one.message)), h("p", { class: "note" }, short(one.hint ?? ""))));
  return [h("section", { class: "card" }, h("h3", {}, "Model"), fact_list([["Algorithm", ALGORITHMS[card.algorithm] ?? short(card.algorithm)],
    ["Trained on", card.training?.rows ? `${grouped(card.training.rows)} ${card.task === "image" ? "photos" : "rows"}` : null],
    ["Target", `${name_in(card.target.name)}: ${target_words(card.target)}`]]),
  h("details", {}, h("summary", {}, "For operators"), fact_list([["Engine", short(model.engine)], ["Version", model.version], ["SHA-256", model.sha256]]))),
  warnings.length ? h("section", { class: "card" }, h("h3", {}, "Findings in the training data"), warnings) : null];
}

export function code_part(model) {
  const url = new URL(predict_path(model), location.href).href;
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const with_key = api_key() !== null;
  const curl_key = with_key ? ' -H "X-API-Key: $VITRINE_KEY"' : "";
  const import_os = with_key ? "import os\n" : "";
  const python_key = with_key ? '"X-API-Key": os.environ["VITRINE_KEY"]' : "";
  const js_key = with_key ? ', "X-API-Key": key' : "";
  const shown = (blocks) => h("section", { class: "card" }, h("h3", {}, "Call it"), tabs("Languages", blocks.map(([title, text]) => [title, copy_block(title, text)])),
    h("p", { class: "note" }, h("a", { href: "docs" }, "All calls of this server"), ", to read and to try."));
  if (model.card.task === "image") {
    return shown([["curl", `curl ${quoted(url)}${curl_key} -H 'Content-Type: image/jpeg' --data-binary @photo.jpg`],
      ["Python", `${import_os}import requests\nprint(requests.post(${JSON.stringify(url)}, open("photo.jpg", "rb"),\n    headers={"Content-Type": "image/jpeg"${with_key ? ", " + python_key : ""}}).json())`],
      ["JavaScript", `const answer = await (await fetch(${JSON.stringify(url)}, {\n  method: "POST", body: file, headers: { "Content-Type": file.type${js_key} } })).json();`]]);
  }
  const row = Object.create(null);
  for (const column of model.card.columns) row[column.key] = typical_value(column);
  return shown([["curl", `curl ${quoted(url)}${curl_key} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(row))}`],
    ["Python", `${import_os}import requests\nrow = ${JSON.stringify(row, null, 2).replaceAll(": null", ": None").replaceAll(": true", ": True").replaceAll(": false", ": False")}\nprint(requests.post(${JSON.stringify(url)}, json=row${with_key ? `, headers={${python_key}}` : ""}).json())`],
    ["JavaScript", `const row = ${JSON.stringify(row, null, 2)};\nconst answer = await (await fetch(${JSON.stringify(url)}, {\n  method: "POST", headers: { "Content-Type": "application/json"${js_key} },\n  body: JSON.stringify(row) })).json();`]]);
}
