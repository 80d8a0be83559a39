// What the modules of the page share: elements, texts and requests. Texts of models and files are inserted as text,
// never as HTML.

export const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const SVG_NAMES = ["svg", "rect", "path", "line", "circle", "text", "title"];

/** Makes an element with attributes, listeners (onclick: ...) and children (elements or texts). */
export function h(name, attributes = {}, ...children) {
  const out = SVG_NAMES.includes(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) out.addEventListener(key.slice(2), value);
    else if (value === true) out.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) out.setAttribute(key, value);
  }
  out.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return out;
}

export const percent = (x) => (x > 0 && x < 0.0005 ? "< 0.1 %" : x < 1 && x > 0.9995 ? "> 99.9 %"
  : (100 * x).toFixed(x > 0.0995 && x < 0.9895 ? 0 : 1).replace(/\.0$/, "") + "\u00a0%");
/** A number of any size with about four digits. */
export const amount = (x) => (Math.abs(x) >= 1000 ? Math.round(x).toLocaleString("en-US") : String(Number(x.toPrecision(4))));
/** A change: the text of its size with a sign. */
export const signed = (x, text) => (x < 0 ? "−" : "+") + text(Math.abs(x));
export const figure = (x, in_units) => (x === undefined ? "" : in_units ? amount(x) : x.toFixed(3));
export const grouped = (n) => n.toLocaleString("en-US");
/** Cuts long names so that they do not fill the page; the tooltip has the whole name. */
export const short = (text) => (text.length > 200 ? text.slice(0, 200) + "…" : text);
/** A name inside a sentence. Bidirectional marks are removed and right-to-left names are isolated. */
export function name_in(text) {
  const cut = short(text).replace(/[\u202A-\u202E\u2066-\u2069]/g, "");
  return /[^\u0000-\u02FF\u2026]/.test(cut) ? "\u2068" + cut + "\u2069" : cut;
}

/** Sets the status line for screen readers, once it has not changed for 0.7 s. */
let saying = 0;
export function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => { $("status").textContent = text; }, 700);
}

export class Problem extends Error {
  constructor(title, hint, status) {
    super(title);
    this.hint = hint;
    this.status = status;
  }
}

export const api_key = () => sessionStorage.getItem("vitrine-key");

/** Sends a request with the API key; returns any response. Asks for the key if the server wants one. */
export async function send(path, options = {}) {
  const headers = new Headers(options.headers);
  if (api_key()) headers.set("X-API-Key", api_key());
  try {
    const response = await fetch(path, { ...options, headers });
    if (response.status === 401) $("key").hidden = false;
    return response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not respond.", "Check that it is running and that the network works.", 0);
  }
}

/** The same; throws a Problem for an error of the server. */
export async function ask(path, options = {}) {
  const response = await send(path, options);
  if (response.ok) return response;
  let said = {};
  try { said = await response.json(); } catch { /* no problem document */ }
  throw new Problem(said.detail || said.title || `The server returned status ${response.status}.`, said.hint || "", response.status);
}

export const ask_json = async (path, body, options = {}) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...options });

export function problem_text(error) {
  return [h("strong", {}, short(error.message)), error.hint ? short(error.hint) : ""];
}

export function show_problem(error) {
  $("problem").replaceChildren(...(error ? problem_text(error) : []));
  $("problem").hidden = !error;
}

/** Lets the user enter the API key; `used` is called then. */
export function on_key(used) {
  $("key").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("vitrine-key", $("key-text").value);
    used();
  });
}

/** Panels under a row of tabs: [[title, element], ...]. The arrow keys change between them. */
export function tabs(label, panels) {
  const id = `tab-${Math.random().toString(36).slice(2)}`;
  const buttons = panels.map(([title], i) => h("button", { type: "button", role: "tab", id: `${id}-${i}`, "aria-controls": `${id}-${i}-panel`, onclick: () => choose(i) }, title));
  const boxes = panels.map(([, content], i) => h("div", { role: "tabpanel", id: `${id}-${i}-panel`, "aria-labelledby": `${id}-${i}` }, content));
  function choose(chosen) {
    buttons.forEach((button, i) => { button.setAttribute("aria-selected", i === chosen); button.tabIndex = i === chosen ? 0 : -1; });
    boxes.forEach((box, i) => { box.hidden = i !== chosen; });
  }
  choose(0);
  return [h("div", { class: "row tabs", role: "tablist", "aria-label": label, onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: buttons.length - 1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(event.target) + step) % buttons.length;
    choose(next);
    buttons[next].focus();
  } }, buttons), ...boxes];
}

/** A text to copy, with a button. */
export function copy_block(title, text) {
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
  return h("div", { class: "code" }, button, h("pre", { tabindex: 0, role: "region", "aria-label": title }, code));
}

/** Lets a link save a text as a CSV file. */
export function fill_save_link(link, name, text) {
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
}
