// The state of the page outside of its parts: the address, and who takes files that are dropped.

export const predict_path = (model) => `models/${encodeURIComponent(model.name)}/predict`;

let take = () => {};
/** Sets the function that takes dropped and pasted files. */
export function on_files(taker) { take = taker; }
export const give_files = (files) => take(files);

/** The name of the model in the address, #/NAME or #/NAME?column=value, or null. */
export function named_in_address() {
  if (!location.hash.startsWith("#/")) return null;
  try { return decodeURIComponent(location.hash.slice(2).split("?")[0]); } catch { return null; }
}

/** The values of a form in the address, so that a link shows the same row. Values are JSON, or texts. */
export function address_of(name) {
  const kLongest = 4000;
  return {
    values() {
      const out = Object.create(null);
      for (const [key, text] of new URLSearchParams(location.hash.split("?").slice(1).join("?"))) {
        try { out[key] = JSON.parse(text); } catch { out[key] = text; }
        if (typeof out[key] === "object" && out[key] !== null) delete out[key];
      }
      return out;
    },
    keep(values) {
      const query = new URLSearchParams(Object.entries(values).map(([key, value]) => [key, typeof value === "string" && !is_json(value) ? value : JSON.stringify(value)])).toString();
      if (named_in_address() !== name && query === "") return;  // the address without a name shows the first model
      const hash = `#/${encodeURIComponent(name)}${query && query.length < kLongest ? "?" + query : ""}`;
      if (hash !== location.hash) history.replaceState(null, "", hash);
    },
  };
}

function is_json(text) {
  try { JSON.parse(text); return true; } catch { return false; }
}
