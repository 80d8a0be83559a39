// "This was wrong": tells the server's log of predictions what was true.
import { ask_json, h, name_in, problem_text } from "./common.js";

/** A button, and the choice of what was true. `label`: the class that was predicted. `request_id` is asynchronous. */
export function feedback_part(model, label, request_id) {
  if (!model.takes_feedback) return "";
  const { classes, number } = model.card.target;
  const box = h("div", { class: "feedback" });
  async function tell(truth) {
    for (const button of box.querySelectorAll("button")) button.disabled = true;  // one answer a click
    try {
      await ask_json(`models/${encodeURIComponent(model.name)}/feedback`, { request_id: await request_id(), truth });
      box.replaceChildren(h("p", { class: "note", role: "status" }, "Logged. Thank you."));
    } catch (error) { box.replaceChildren(h("p", { class: "problem" }, problem_text(error))); }
  }
  const others = number ? [] : classes.filter((one) => one.value !== label);
  const choice = number ? h("input", { type: "number", step: "any", "aria-label": `True ${model.card.target.name}` })
    : h("select", { "aria-label": "True class" }, others.map((one) => h("option", { value: one.value }, one.spelling)));
  const read = () => (number ? (choice.value === "" ? null : Number(choice.value)) : choice.value);
  box.append(h("button", { type: "button", class: "plain", onclick: () => {
    if (others.length === 1) return tell(others[0].value);
    box.replaceChildren(h("div", { class: "row" }, h("span", { class: "note" }, "True was"), choice, h("button", { type: "button", onclick: () => { if (read() !== null) tell(read()); } }, "Log it")));
    choice.focus();
  } }, others.length === 1 ? `This was wrong: it is '${name_in(others[0].spelling)}'` : "This was wrong"));
  return box;
}
