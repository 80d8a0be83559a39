// The page of the API: the calls that openapi.json describes, to read and to try.
import { $, ask, h, on_key, problem_text, send, short, show_problem } from "./common.js";

let document_ = null;

/** The schema behind a reference. */
function resolved(schema) {
  return schema?.$ref ? resolved(schema.$ref.slice(2).split("/").reduce((at, part) => at[part], document_)) : schema ?? {};
}

/** A value that a schema allows. */
function example_of(schema) {
  const one = resolved(schema);
  if (one.examples?.length) return one.examples[0];
  if (one.enum) return one.enum[0];
  if (one.oneOf || one.anyOf) return example_of((one.oneOf ?? one.anyOf)[0]);
  if (one.properties) return Object.fromEntries(Object.entries(one.properties).map(([key, value]) => [key, example_of(value)]));
  const type = Array.isArray(one.type) ? one.type[0] : one.type;
  return { array: () => [example_of(one.items)], number: () => one.minimum ?? 0, integer: () => one.minimum ?? 0, boolean: () => true, object: () => ({}) }[type]?.() ?? "";
}

/** The inputs of the query: [elements, read()]. */
function query_part(operation, id) {
  const inputs = (operation.parameters ?? []).map((one, i) => {
    const choices = one.schema?.enum;
    const input = choices ? h("select", { id: `${id}-${i}` }, h("option", { value: "" }, ""), choices.map((choice) => h("option", {}, choice)))
      : h("input", { id: `${id}-${i}`, type: "text" });
    return { name: one.name, input, box: h("div", { class: "field" }, h("label", { for: `${id}-${i}` }, one.name), input, h("span", { class: "hint" }, one.description ?? "")) };
  });
  return [inputs.length ? h("div", { class: "fields" }, inputs.map((one) => one.box)) : null,
    () => new URLSearchParams(inputs.filter((one) => one.input.value !== "").map((one) => [one.name, one.input.value])).toString()];
}

/** The body: a text or a file. Returns [element, read()], read() gives {type, body}. */
function body_part(operation, id) {
  const content = operation.requestBody?.content;
  if (!content) return [null, () => null];
  const [type, { schema }] = Object.entries(content)[0];
  const input = type.startsWith("image/") ? h("input", { id, type: "file", accept: "image/*" }) : h("textarea", { id, rows: 8, spellcheck: "false" });
  if (input.tagName === "TEXTAREA") input.value = JSON.stringify(example_of(schema), null, 1);
  const types = Object.keys(content).join(", ");
  return [h("div", { class: "field" }, h("label", { for: id }, "Body"), input, h("span", { class: "hint" }, types)),
    () => (input.files ? { type: input.files[0]?.type || "application/octet-stream", body: input.files[0] ?? "" } : { type, body: input.value })];
}

async function answer_text(response) {
  const text = await response.text();
  try { return JSON.stringify(JSON.parse(text), null, 1); } catch { return text; }
}

function call_part(path, method, operation, number) {
  const id = `call-${number}`;
  const [query, read_query] = query_part(operation, id);
  const [body, read_body] = body_part(operation, `${id}-body`);
  const out = h("div", { "aria-live": "polite" });
  async function run() {
    const said = read_body();
    const asked = read_query();
    const target = path.slice(1) + (asked ? "?" + asked : "");
    try {
      const began = performance.now();
      const response = await send(target, { method: method.toUpperCase(), ...(said ? { body: said.body, headers: { "Content-Type": said.type } } : {}) });
      const text = await answer_text(response);
      out.replaceChildren(h("p", { class: "note" }, `${response.status} ${response.statusText}, ${(performance.now() - began).toFixed(0)} ms, ${response.headers.get("Content-Type") ?? ""}`),
        h("pre", { tabindex: 0, role: "region", "aria-label": "Response" }, text.length > 20000 ? text.slice(0, 20000) + "…" : text));
    } catch (error) { out.replaceChildren(h("p", { class: "problem" }, problem_text(error))); }
  }
  return h("details", { class: "card call" }, h("summary", {}, h("code", {}, h("strong", {}, method.toUpperCase()), ` ${short(path)}`), " ", h("span", { class: "note" }, short(operation.summary ?? ""))),
    query, body, h("p", {}, h("button", { type: "button", onclick: run }, "Try it")), out,
    h("p", { class: "note" }, "Answers: ", Object.entries(operation.responses ?? {}).map(([code, one]) => `${code} ${one.description}`).join("; ")));
}

async function start() {
  try {
    document_ = await (await ask("openapi.json")).json();
    $("key").hidden = true;
    show_problem(null);
    const calls = Object.entries(document_.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
    const order = ({ method, path }) => (method === "post" ? 0 : 2) + (/^\/v[12]/.test(path) ? 1 : 0);
    calls.sort((a, b) => order(a) - order(b));
    $("model").replaceChildren(h("h2", { tabindex: -1 }, "Calls of this server"),
      h("p", { class: "note" }, "Each call can be tried here; predictions are made by the running models. ", h("a", { href: "openapi.json" }, "openapi.json"), " is the same for programs."),
      ...calls.map(({ path, method, operation }, i) => call_part(path, method, operation, i)));
  } catch (error) { show_problem(error); }
}

on_key(start);
start();
