// The charts of the page. Classes of colours and lines are those of tokens.css, as in the reports.
import { h, grouped, name_in, percent, short } from "./common.js";

const wide = (view, ...parts) => h("svg", { viewBox: view, preserveAspectRatio: "none", "aria-hidden": "true" }, ...parts);

/** A list of names with their shares (0 to 1) as bars: [[name, share], ...]. */
export function bars(shares, label) {
  return h("ul", { class: "bars", "aria-label": label }, shares.map(([name, share]) =>
    h("li", {}, h("span", { class: "name", title: name }, short(name)), h("span", { class: "amount" }, percent(share)),
      wide("0 0 100 1", h("rect", { class: "blue", width: Math.max(0, 100 * share), height: 1 })))));
}

/** Steps from one value to another: each bar begins where the one before it ends. `steps` is [[name, change, text], ...]; `first` and `last` are [name, text]. */
export function waterfall(start, steps, first, last) {
  const values = [start];
  for (const [, change] of steps) values.push(values[values.length - 1] + change);
  const low = Math.min(...values);
  const scale = 100 / Math.max(Math.max(...values) - low, 1e-12);
  const x = (value) => (value - low) * scale;
  const line = ([name, text], part, kind = "") => h("li", { class: kind }, h("span", { class: "name", title: name }, name), h("span", { class: "amount" }, text), part);
  const mark = (value) => wide("0 0 100 1", h("rect", { class: "quiet", x: Math.min(99.4, x(value)), width: 0.6, height: 1 }));
  return h("ul", { class: "bars waterfall" }, line(first, mark(start), "end"),
    steps.map(([name, change, text], i) => line([name, text], wide("0 0 100 1",
      h("rect", { class: change < 0 ? "orange" : "blue", x: Math.min(x(values[i]), x(values[i + 1])), width: Math.abs(change) * scale, height: 1 })))),
    line(last, mark(values[values.length - 1]), "end"));
}

/** A small line through [[x, y], ...] with a dot at `here`, in the range of y that `range` says. */
export function sparkline(points, here, [low, high], label) {
  const xs = points.map(([at]) => at);
  const span = Math.max(xs[xs.length - 1] - xs[0], 1e-12);
  const height = Math.max(high - low, 1e-12);
  const place = ([at, value]) => `${(2 + 96 * (at - xs[0]) / span).toFixed(2)} ${(17 - 14 * (value - low) / height).toFixed(2)}`;
  return h("svg", { class: "sparkline", viewBox: "0 0 100 20", preserveAspectRatio: "none", role: "img", "aria-label": label },
    h("path", { class: "curve", d: "M" + points.map(place).join("L") }), here ? h("path", { class: "now", d: `M${place(here)}h0` }) : null);
}

export function calibration_plot(bins, of) {
  const x = (p) => 40 + 240 * p;
  const y = (p) => 250 - 240 * p;
  const most = Math.max(...bins.map((bin) => bin.rows));
  const points = bins.map((bin) => `${x(bin.confidence).toFixed(1)} ${y(bin.observed).toFixed(1)}`);
  return h("svg", { class: "plot", viewBox: "0 0 305 290", role: "img", "aria-label":
    `Observed frequency of ${of} by predicted probability: ` + bins.map((bin) => `${percent(bin.confidence)} predicted, ${percent(bin.observed)} observed`).join("; ") },
  h("path", { class: "axis", d: "M40 10V250H280" }), h("path", { class: "ideal", d: "M40 250L280 10" }),
  [0, 0.5, 1].map((p) => [h("text", { x: x(p), y: 265, "text-anchor": "middle" }, percent(p)), h("text", { x: 36, y: y(p) + 4, "text-anchor": "end" }, percent(p))]),
  h("text", { x: 160, y: 283, "text-anchor": "middle" }, "predicted probability"), h("path", { class: "curve", d: "M" + points.join("L") }),
  // The area of a point says how many rows it stands for.
  bins.map((bin) => h("circle", { class: "blue", cx: x(bin.confidence), cy: y(bin.observed), r: 2 + 8 * Math.sqrt(bin.rows / most) },
    h("title", {}, `${grouped(bin.rows)} rows: ${percent(bin.confidence)} predicted, ${percent(bin.observed)} observed`))));
}

export function confusion_table(matrix, labels) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }, h("table", { class: "confusion" },
    h("caption", {}, "Rows: true class. Columns: predicted class"), h("thead", {}, h("tr", {}, h("td"), labels.map((name) => h("th", { scope: "col", title: name }, name)))),
    h("tbody", {}, matrix.map((row, truth) => h("tr", {}, h("th", { scope: "row", title: labels[truth] }, labels[truth]), row.map((count, said) => {
      const cell = h("td", truth === said ? {} : { class: "wrong" }, count === 0 ? "·" : grouped(count));
      cell.style.setProperty("--share", count / Math.max(1, row.reduce((a, b) => a + b, 0)));
      return cell;
    }))))));
}

export function frequent_mistakes(matrix, labels) {
  const mistakes = matrix.flatMap((row, truth) => row.map((count, said) => ({ count, truth, said }))).filter((one) => one.count > 0 && one.truth !== one.said).sort((a, b) => b.count - a.count);
  if (!mistakes.length) return h("p", { class: "note" }, "No errors.");
  return h("ul", {}, mistakes.slice(0, 15).map(({ count, truth, said }) => h("li", {}, `${name_in(labels[truth])} predicted as ${name_in(labels[said])}: ${grouped(count)}`)),
    mistakes.length > 15 ? h("li", { class: "note" }, `${grouped(mistakes.length - 15)} more pairs`) : null);
}
