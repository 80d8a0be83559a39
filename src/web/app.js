// The page: chooses a model by the address and shows its parts.
import { $, ask, h, on_key, Problem, short, show_problem } from "./common.js";
import { about_part, code_part, confusion_part, figures_part, headline_part, sentence_of } from "./facts.js";
import { address_of, give_files, named_in_address, on_files } from "./page_state.js";
import { photo_part } from "./photo.js";
import { table_part } from "./table.js";

let shown = null;

function parts_of(model) {
  if (model.card === null) return [h("p", { class: "problem" }, "This file has no card: it is served as tensors by the Open Inference Protocol (/v2).")];
  const few = (model.card.target.classes ?? []).length < 5;
  return [headline_part(model), model.card.task === "image" ? photo_part(model) : table_part(model, address_of(model.name)), code_part(model),
    h("div", { class: "grid" }, figures_part(model), few ? confusion_part(model.card) : null, about_part(model)), few ? null : confusion_part(model.card)];
}

async function show_model(name, moved) {
  shown = name;
  on_files(() => {});
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
    if (model.card !== null) heading.textContent = sentence_of(model.card);
    parts = parts_of(model);
  } catch (error) {
    if (shown !== name) return;
    problem = error;
  }
  document.title = `${short(name)} – Vitrine`;
  $("model").dataset.name = name;
  $("model").replaceChildren(heading, ...parts.flat(3).filter(Boolean));
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
  give_files([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length && !event.target.closest?.("input, select")) give_files(files);
});
on_key(() => start(true));
start(false);
