// Plan of the file:
// 1. Names of metrics and algorithms; worst_mistakes().
// 2. class Html: page() calls one method per section of the report, in order. Each method appends
//    to out_ and writes nothing if its data is missing (such as single cases in a training report).
// 3. markdown_of(): the short form without plots and photos.
// Every name of a model, column, class or file passes through html_text() or cell(): they come from
// files of unknown origin.
#include "report/evaluation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <ranges>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "metrics/curves.h"
#include "metrics/drift.h"
#include "report/html.h"
#include "report/model_sections.h"
#include "task/evaluation.h"

namespace vitrine::report {
namespace {

constexpr std::size_t kWorst = 20;
constexpr std::size_t kPhotosACell = 8;

/// A metric's name as a table shows it, with a capital letter.
std::string heading(std::string_view name) {
  std::string out(name);
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

std::string algorithm_in_words(const std::string& algorithm) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"logistic", "Logistic regression"},
      {"linear", "Linear regression"},
      {"trees", "Boosted trees"},
      {"tree", "Decision tree"},
      {"forest", "Random forest"},
      {"frozen", "A pre-trained network with a new last layer"},
      {"fine_tuned", "A fine-tuned pre-trained network"},
      {"from_scratch", "A network trained from scratch"},
      {"network", "An imported network"}};
  for (const auto& [name, words] : kWords) {
    if (name == algorithm) return std::string(words);
  }
  return algorithm;
}

std::string spelling(const model::Card& card, std::size_t k) {
  return card.schema.target.classes[k].spelling;
}
std::string spelling(const model::Card& card, int k) {
  return spelling(card, static_cast<std::size_t>(k));
}

bool is_wrong(const EvaluationReport& report, std::size_t i) {
  return report.labels[i] >= 0 && report.labels[i] != report.predicted[i];
}

double probability(const EvaluationReport& report, std::size_t i, int of) {
  return report
      .probabilities[i * report.card.schema.target.classes.size() + static_cast<std::size_t>(of)];
}

/// At most kWorst wrong predictions, those with the lowest probability of the true class first.
std::vector<std::size_t> worst_mistakes(const EvaluationReport& report) {
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < report.labels.size(); ++i) {
    if (is_wrong(report, i)) wrong.push_back(i);
  }
  const std::size_t count = std::min(kWorst, wrong.size());
  std::ranges::partial_sort(
      wrong, wrong.begin() + static_cast<std::ptrdiff_t>(count), {},
      [&](std::size_t i) { return probability(report, i, report.labels[i]); });
  wrong.resize(count);
  return wrong;
}

/// A value of a metric as text.
std::string metric_text(const task::MetricInfo& metric, const Json& value) {
  return metric.in_units ? short_number(value.get<double>()) : html_number(value);
}

/// The same of `figures`; empty if they do not have it.
std::string metric_of(const Json& figures, const task::MetricInfo& metric) {
  return figures.contains(metric.key) ? metric_text(metric, figures.at(metric.key)) : "";
}

/// A case with a known number.
struct NumberCase {
  std::size_t place = 0;
  double truth = 0;
  double prediction = 0;
  double low = 0;
  double high = 0;
  double error() const { return prediction - truth; }
};

std::vector<NumberCase> number_cases(const EvaluationReport& report) {
  std::vector<NumberCase> out;
  const std::size_t each = report.card.schema.target.outputs();
  for (std::size_t i = 0; i < report.targets.size(); ++i) {
    if (std::isnan(report.targets[i])) continue;
    const data::NumberOutputs one =
        data::number_outputs(std::span(report.probabilities).subspan(i * each, each));
    out.push_back({i, report.targets[i], static_cast<double>(one.prediction),
                   static_cast<double>(one.low), static_cast<double>(one.high)});
  }
  return out;
}

/// At most kWorst, the largest error first.
std::vector<NumberCase> worst_numbers(std::vector<NumberCase> cases) {
  std::ranges::stable_sort(cases, std::ranges::greater{},
                           [](const NumberCase& one) { return std::abs(one.error()); });
  cases.resize(std::min(cases.size(), kWorst));
  return cases;
}

/// The class whose probability the calibration shows, as HTML.
std::string calibrated_class(const data::Target& target) {
  switch (target.task()) {
    case data::TaskKind::binary:
      return "'" + html_text(target.classes[1].spelling) + "'";
    case data::TaskKind::multiclass:
      return "the predicted class";
    case data::TaskKind::regression:
      break;  // has no probabilities
  }
  unknown_kind("task", target.task());
}

/// JSON for a script in a page: no `<` can end it.
std::string script_text(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

class Html {
 public:
  explicit Html(const EvaluationReport& report) : report_(report), figures_(report.metrics) {}

  std::string page() {
    const std::string& about = report_.card.about;
    out_ += "<h1>" + html_text(about.empty() ? report_.model : about, 300) + "</h1>\n<p>" +
            (about.empty() ? "" : html_text(report_.model) + ": ") +
            html_text(algorithm_in_words(report_.card.algorithm)) + " for " +
            html_text(report_.card.schema.target.name) + ", evaluated on " +
            with_commas(whole_number<std::size_t>(figures_["rows"])) + " " + report_.noun + " " +
            html_text(report_.data) + ".</p>\n";
    if (!report_.verdict.empty()) {
      out_ += "<p class=\"verdict\"><strong>Verdict:</strong> " + html_text(report_.verdict, 500) +
              ".</p>\n";
    }
    headline();
    out_ += provenance(report_.card) + importances(report_.card);
    out_ += dependence(report_.dependence, report_.card.schema.target);
    if (report_.card.schema.target.number) {
      numbers();
    } else {
      thresholds();
      calibration();
      confusion();
      mistakes();
    }
    if (report_.table) out_ += slices(report_.card.schema, *report_.table, errors());
    out_ += leaderboard(report_.card);
    learning();
    drift();
    findings();
    return html_page(report_.model, out_);
  }

 private:
  void headline() {
    out_ +=
        "<h2>Metrics</h2>\n<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th "
        "class=\"left\" "
        "scope=\"col\">Metric"
        "</th><th scope=\"col\">Value</th><th scope=\"col\">95 % interval</th>";
    std::vector<std::string> others;
    for (const auto& [key, title] :
         {std::pair{"at_training", "At training"}, {"baseline", "Baseline"}}) {
      if (!figures_.contains(key)) continue;
      others.emplace_back(key);
      out_ += fmt::format("<th scope=\"col\">{}</th>", title);
    }
    out_ += "<th class=\"left\" scope=\"col\">Meaning</th></tr></thead><tbody>\n";
    for (const task::MetricInfo& one : task::known_metrics()) {
      if (!figures_.contains(one.key)) continue;
      const Json& interval = figures_.at(std::string(one.key) + "_ci95");
      out_ += fmt::format(
          "<tr><th scope=\"row\">{}</th><td data-figure=\"{}\">{}</td><td>{} to {}</td>",
          heading(one.name), one.key, metric_text(one, figures_.at(one.key)),
          metric_text(one, interval.at(0)), metric_text(one, interval.at(1)));
      for (const std::string& other : others) {
        out_ += "<td>" + metric_of(figures_.at(other), one) + "</td>";
      }
      out_ += fmt::format("<td class=\"left\">{}</td></tr>\n", one.meaning);
    }
    out_ += "</tbody></table></div>\n" + baseline_note();
  }

  /// What the column "Baseline" is.
  std::string baseline_note() const {
    if (!figures_.contains("baseline")) return "";
    const std::string prediction =
        html_text(figures_.at("baseline").at("prediction").get<std::string>(), 60);
    return "<p class=\"note\">Baseline: always " +
           (report_.card.schema.target.number
                ? "the mean of the training data, " + prediction
                : "the commonest class of the training data, '" + prediction + "'") +
           ".</p>\n";
  }

  /// Truth against prediction, the residuals, and the worst predictions of a number.
  void numbers() {
    const std::vector<NumberCase> cases = number_cases(report_);
    if (cases.size() < 2) return;
    constexpr std::size_t kMostDots = 2000;
    PlotLine truths{.dots = true, .connected = false}, residuals = truths;
    const std::size_t step = (cases.size() + kMostDots - 1) / kMostDots;
    std::pair<double, double> values{cases[0].truth, cases[0].truth}, errors{0, 0};
    for (std::size_t i = 0; i < cases.size(); i += step) {
      const NumberCase& one = cases[i];
      truths.points.emplace_back(one.prediction, one.truth);
      residuals.points.emplace_back(one.prediction, one.error());
      values.first = std::min({values.first, one.truth, one.prediction});
      values.second = std::max({values.second, one.truth, one.prediction});
      errors.first = std::min(errors.first, one.error());
      errors.second = std::max(errors.second, one.error());
    }
    const PlotRange range = range_around(values.first, values.second);
    out_ +=
        "<h2>Predictions</h2>\n<div class=\"plots\"><figure>" +
        svg_plot({truths}, true, "prediction", "truth", "Truth against prediction", range, range) +
        "<figcaption>Truth against prediction; on the dashed line they are equal." +
        (step > 1 ? " One case in " + std::to_string(step) + " is shown." : "") +
        "</figcaption></figure><figure>" +
        svg_plot({residuals}, false, "prediction", "prediction - truth",
                 "Residuals against prediction", range, range_around(errors.first, errors.second)) +
        "<figcaption>Residuals</figcaption></figure></div>\n"
        "<h2>Worst errors</h2>\n<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th "
        "class=\"left\" scope=\"col\">Case</th><th scope=\"col\">Truth</th><th "
        "scope=\"col\">Prediction</th>";
    const bool intervals = report_.card.schema.target.number->has_intervals();
    if (intervals) out_ += "<th scope=\"col\">90 % interval</th>";
    if (report_.details) out_ += "<th class=\"left\" scope=\"col\">Most important columns</th>";
    out_ += "</tr></thead><tbody>\n";
    for (const NumberCase& one : worst_numbers(cases)) {
      out_ +=
          "<tr><th class=\"place\" scope=\"row\">" + html_text(report_.name(one.place)) +
          "</th><td>" + short_number(one.truth) + "</td><td>" + short_number(one.prediction) +
          "</td>" +
          (intervals ? "<td>" + short_number(one.low) + " to " + short_number(one.high) + "</td>"
                     : std::string()) +
          (report_.details
               ? "<td class=\"left\">" + html_text(report_.details(one.place), 300) + "</td>"
               : std::string()) +
          "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }

  /// ROC and precision-recall; the threshold can be dragged.
  void thresholds() {
    const data::Target& target = report_.card.schema.target;
    if (target.task() != data::TaskKind::binary || report_.labels.empty()) return;
    std::vector<float> scores;
    for (std::size_t i = 0; i < report_.labels.size(); ++i)
      scores.push_back(report_.probabilities[2 * i + 1]);
    const metrics::ThresholdCurve curve =
        metrics::threshold_curve(scores, report_.labels, report_.card.threshold);
    if (curve.positives == 0 || curve.negatives == 0) return;
    PlotLine roc{.name = "roc-here"}, recall{.name = "pr-here"};
    Json points = Json::array();  // by rising threshold
    for (const metrics::ThresholdPoint& point : std::views::reverse(curve.points)) {
      points.push_back({rounded(point.threshold, 5), point.hits, point.false_alarms});
    }
    for (const metrics::ThresholdPoint& point : curve.points) {
      const auto hits = static_cast<double>(point.hits);
      const auto alarms = static_cast<double>(point.false_alarms);
      roc.points.emplace_back(alarms / static_cast<double>(curve.negatives),
                              hits / static_cast<double>(curve.positives));
      if (point.hits + point.false_alarms > 0) {
        recall.points.emplace_back(hits / static_cast<double>(curve.positives),
                                   hits / (hits + alarms));
      }
    }
    const std::string yes = html_text(spelling(report_.card, 1));
    out_ += "<h2>Decision threshold</h2>\n<p>The model predicts '" + yes +
            "' from a probability of " + html_number(report_.card.threshold) +
            ". Move the slider to see other thresholds.</p>\n<div class=\"plots\"><figure>" +
            svg_plot({roc}, true, "false positive rate", "true positive rate",
                     "ROC curve, area " + html_number(figures_.value("auc", 0.0))) +
            "<figcaption>ROC</figcaption></figure><figure>" +
            svg_plot({recall}, false, "recall", "precision", "Precision against recall") +
            "<figcaption>Precision and recall</figcaption></figure></div>\n<p><label "
            "for=\"at\">Threshold</label> "
            "<output id=\"value\" for=\"at\"></output><br><input id=\"at\" type=\"range\" "
            "min=\"0\" max=\"1\" step=\"0.001\" value=\"0.5\"></p>\n<div class=\"scroll\" "
            "tabindex=\"0\"><table><thead><tr><td></td>"
            "<th scope=\"col\">predicted '" +
            yes +
            "'</th><th scope=\"col\">predicted other</th></tr></thead><tbody>"
            "<tr><th scope=\"row\">is '" +
            yes +
            "'</th><td id=\"tp\"></td><td id=\"fn\"></td></tr>"
            "<tr><th scope=\"row\">is other</th><td id=\"fp\"></td><td "
            "id=\"tn\"></td></tr></tbody></table></div>\n"
            "<p id=\"words\" class=\"note\" aria-live=\"polite\"></p>\n"
            "<p>To use this threshold: <code id=\"tune\"></code></p>\n";
    const Json data{
        {"points", points},
        {"positives", curve.positives},
        {"negatives", curve.negatives},
        {"at", report_.card.threshold},
        {"model", shown(std::filesystem::path(report_.model).filename().string(), 100)}};
    out_ += "<script>\nconst data = " + script_text(data.dump()) + R"js(;
const part = (id) => document.getElementById(id), share = (a, b) => b === 0 ? "none" : (100 * a / b).toFixed(1) + " %";
function show() {
  const threshold = Number(part("at").value);
  // The counts of the first point from which the same cases are positive, to the precision of the slider.
  const [, hits, alarms] = data.points.find(([from]) => from >= threshold - 1e-5) ?? data.points.at(-1);
  part("value").textContent = threshold.toFixed(3);
  part("tune").textContent = `vitrine tune ${data.model} --threshold ${Math.min(0.999, Math.max(0.001, threshold)).toFixed(3)}`;
  part("at").setAttribute("aria-valuetext", part("value").textContent);
  part("tp").textContent = hits; part("fn").textContent = data.positives - hits;
  part("fp").textContent = alarms; part("tn").textContent = data.negatives - alarms;
  part("words").textContent = `Recall ${share(hits, data.positives)}, precision ${share(hits, hits + alarms)}.`;
  const put = (id, x, y) => { part(id).setAttribute("cx", 42 + 240 * x); part(id).setAttribute("cy", 250 - 240 * y); };
  put("roc-here", alarms / data.negatives, hits / data.positives);
  put("pr-here", hits / data.positives, hits + alarms ? hits / (hits + alarms) : 1);
}
part("at").value = data.at;
part("at").addEventListener("input", show);
show();
</script>
)js";
    out_ += gains(scores, report_.labels, yes);
  }

  void calibration() {
    PlotLine line{.dots = true};
    std::string words;
    for (const Json& bin : figures_.value("calibration", Json::array())) {
      const auto rows = whole_number<std::size_t>(bin.at("rows"));
      if (rows == 0) continue;
      const auto seen = static_cast<std::size_t>(
          std::lround(bin.at("observed").get<double>() * static_cast<double>(rows)));
      const auto range = metrics::proportion(seen, rows).ci95;
      line.bands.emplace_back(range.low, range.high);
      line.points.emplace_back(bin.at("confidence"), bin.at("observed"));
      words += html_number(bin.at("confidence"), 2) + " predicted, " +
               html_number(bin.at("observed"), 2) + " observed; ";
    }
    if (line.points.size() < 2) return;
    out_ += "<h2>Calibration</h2>\n<figure>" +
            svg_plot({line}, true, "predicted probability", "observed frequency", words) +
            "<figcaption>Of " + calibrated_class(report_.card.schema.target) +
            "; the dashed line is perfect calibration; the bars are 95 % intervals of the "
            "observed frequencies.</figcaption></figure>\n";
  }

  void confusion() {
    const Json& matrix = figures_.at("confusion").at("rows_are_truth");
    out_ += "<h2>Confusion matrix</h2>\n";
    // A matrix of many classes is hard to read: the most frequent errors come first.
    const bool many = matrix.size() > 25;
    if (many) {
      frequent_mistakes(matrix);
      out_ += "<details><summary>The whole matrix</summary>\n";
    }
    confusion_table(matrix);
    if (many) out_ += "</details>\n";
    photos_behind_cells();
  }

  void frequent_mistakes(const Json& matrix) {
    constexpr std::size_t kMost = 20;
    const std::vector<task::Confusion> mistakes = task::frequent_confusions(matrix);
    out_ += mistakes.empty() ? "<p>No errors.</p>\n" : "<ul>\n";
    if (mistakes.empty()) return;
    for (const task::Confusion& one : mistakes | std::views::take(kMost)) {
      out_ += "<li>" + html_text(spelling(report_.card, one.truth), 60) + " predicted as " +
              html_text(spelling(report_.card, one.predicted), 60) + ": " + with_commas(one.count) +
              "</li>\n";
    }
    if (mistakes.size() > kMost) {
      out_ += "<li class=\"note\">" + with_commas(mistakes.size() - kMost) + " more pairs</li>\n";
    }
    out_ += "</ul>\n";
  }

  void confusion_table(const Json& matrix) {
    const std::size_t count = matrix.size();
    out_ +=
        "<p class=\"note\">Rows: true class. Columns: predicted class.</p>\n<div "
        "class=\"scroll\" tabindex=\"0\"><table class=\"confusion\"><thead><tr><td></td>";
    for (std::size_t k = 0; k < count; ++k)
      out_ += "<th scope=\"col\">" + html_text(spelling(report_.card, k), 40) + "</th>";
    out_ += "<th scope=\"col\">precision</th><th scope=\"col\">recall</th></tr></thead><tbody>\n";
    for (std::size_t truth = 0; truth < count; ++truth) {
      double all = 0;
      for (const Json& one : matrix[truth]) all += one.get<double>();
      out_ += "<tr><th scope=\"row\">" + html_text(spelling(report_.card, truth), 40) + "</th>";
      for (std::size_t predicted = 0; predicted < count; ++predicted) {
        out_ += fmt::format(
            "<td {}style=\"--share: {:.3f}\">{}</td>", truth == predicted ? "" : "class=\"wrong\" ",
            all > 0 ? matrix[truth][predicted].get<double>() / all : 0.0,
            count_of_cell(whole_number<std::size_t>(matrix[truth][predicted]), truth, predicted));
      }
      const Json& one = figures_.at("classes").at(truth);
      out_ += "<td class=\"margin\">" + html_number(one.at("precision")) +
              "</td><td class=\"margin\">" + html_number(one.at("recall")) + "</td></tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }

  /// A count of the matrix. Of wrong predictions of photos it is a link, which opens the photos.
  std::string count_of_cell(std::size_t cases, std::size_t truth, std::size_t predicted) const {
    if (cases == 0 || truth == predicted || !report_.image) return std::to_string(cases);
    return fmt::format("<a href=\"#cell-{}-{}\">{}</a>", truth, predicted, cases);
  }

  void photos_behind_cells() {
    if (!report_.image) return;
    std::map<std::pair<int, int>, std::vector<std::size_t>> cells;
    for (std::size_t i = 0; i < report_.labels.size(); ++i) {
      if (is_wrong(report_, i)) cells[{report_.labels[i], report_.predicted[i]}].push_back(i);
    }
    for (const auto& [cell, cases] : cells) {
      out_ += "<details><summary>" + html_text(spelling(report_.card, cell.first), 60) +
              " predicted as " + html_text(spelling(report_.card, cell.second), 60) + ": " +
              std::to_string(cases.size()) + "</summary>\n<div class=\"photos\" id=\"cell-" +
              std::to_string(cell.first) + "-" + std::to_string(cell.second) + "\">";
      for (std::size_t i = 0; i < std::min(kPhotosACell, cases.size()); ++i) photo(cases[i], "");
      out_ += "</div></details>\n";
    }
  }

  void photo(std::size_t i, const std::string& words) {
    figure(report_.name(i), report_.image(i), words);
  }

  /// `words`: HTML after the name.
  void figure(const std::string& name, const std::string& jpeg, const std::string& words) {
    out_ += "<figure>";
    if (!jpeg.empty()) {
      out_ += "<img alt=\"" + html_text(name) + "\" src=\"data:image/jpeg;base64," +
              encode_base64(jpeg) + "\">";
    }
    out_ += "<figcaption>" + html_text(name, 80) + words + "</figcaption></figure>";
  }

  void mistakes() {
    const auto worst = worst_mistakes(report_);
    if (worst.empty()) return;
    out_ +=
        "<h2>Worst errors</h2>\n<p class=\"note\">The wrong predictions that gave the true class "
        "the lowest probability.</p>\n";
    if (report_.image) {
      out_ += "<div class=\"photos\">";
      for (const std::size_t i : worst) {
        photo(i, "<br>" + html_text(spelling(report_.card, report_.labels[i]), 40) +
                     ", predicted as " +
                     html_text(spelling(report_.card, report_.predicted[i]), 40) + " (" +
                     html_number(probability(report_, i, report_.predicted[i]), 2) + ")");
      }
      out_ += "</div>\n";
      return;
    }
    out_ +=
        "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th class=\"left\" "
        "scope=\"col\">Case</th><th "
        "scope=\"col\">True class</th>"
        "<th scope=\"col\">Predicted class</th><th scope=\"col\">Its probability</th>";
    if (report_.details) out_ += "<th class=\"left\" scope=\"col\">Most important columns</th>";
    out_ += "</tr></thead><tbody>\n";
    for (const std::size_t i : worst) {
      out_ +=
          "<tr><th class=\"place\" scope=\"row\">" + html_text(report_.name(i)) + "</th><td>" +
          html_text(spelling(report_.card, report_.labels[i]), 60) + "</td><td>" +
          html_text(spelling(report_.card, report_.predicted[i]), 60) + "</td><td>" +
          html_number(probability(report_, i, report_.predicted[i])) + "</td>" +
          (report_.details ? "<td class=\"left\">" + html_text(report_.details(i), 300) + "</td>"
                           : std::string()) +
          "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }

  /// The error of each row: whether it is wrong, or of numbers the absolute error.
  std::vector<double> errors() const {
    std::vector<double> out;
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    if (report_.card.schema.target.number) {
      for (std::size_t i = 0; i < report_.targets.size(); ++i) {
        const double prediction =
            static_cast<double>(report_.probabilities[i * report_.card.schema.target.outputs()]);
        out.push_back(std::abs(report_.targets[i] - prediction));  // NaN stays NaN
      }
      return out;
    }
    for (std::size_t i = 0; i < report_.labels.size(); ++i) {
      out.push_back(report_.labels[i] < 0 ? unknown : is_wrong(report_, i) ? 1 : 0);
    }
    return out;
  }

  /// The learning curve, if the training has steps (epochs of networks, rounds of trees).
  void learning() {
    const Json curve = report_.card.training.value("learning_curve", Json::object());
    const std::vector<double> validation = curve.value("validation_loss", std::vector<double>{});
    if (validation.size() < 2) return;
    const std::string step = curve.at("step");
    const auto chosen = std::clamp<std::size_t>(curve.at("chosen"), 1, validation.size());
    const auto line = [](const std::vector<double>& values, const char* label) {
      PlotLine out{.label = label};
      for (std::size_t i = 0; i < values.size(); ++i)
        out.points.emplace_back(static_cast<double>(i + 1), values[i]);
      return out;
    };
    const auto steps = static_cast<double>(validation.size());
    const auto plot = [&](const std::vector<PlotLine>& lines, const std::string& figure,
                          double at_chosen, const PlotRange& range) {
      return "<figure>" +
             svg_plot(
                 lines, false, step + " of training", figure,
                 figure + " by " + step + "; " + html_number(at_chosen) + " at " + step + " " +
                     std::to_string(chosen) + ", which was chosen",
                 [&] {
                   PlotRange all = range_around(1, steps);
                   std::erase_if(all.ticks, [&](double tick) { return tick < 1 || tick > steps; });
                   return PlotRange{1, steps, all.ticks};
                 }(),
                 range) +
             "<figcaption>" + figure + "</figcaption></figure>";
    };
    const std::vector<double> training = curve.value("training_loss", std::vector<double>{});
    std::vector<PlotLine> losses{line(validation, "validation")};
    losses.back().mark = static_cast<double>(chosen);
    auto [low, high] = std::ranges::minmax(validation);
    if (!training.empty()) {
      losses.push_back(line(training, "training"));
      losses.back().dashed = true;
      const auto [least, most] = std::ranges::minmax(training);
      low = std::min(low, least);
      high = std::max(high, most);
    }
    out_ += "<h2>Learning curve</h2>\n<p class=\"note\">" +
            (step == "epoch" ? std::string("Epoch ") : std::string("Round ")) +
            std::to_string(chosen) + " of " + std::to_string(validation.size()) + " was chosen" +
            (training.empty() ? std::string(".")
                              : std::string(". Augmentation and label smoothing raise the training "
                                            "loss, so the dashed line may be the higher one.")) +
            "</p>\n<div class=\"plots\">" +
            plot(losses, "log loss", validation[chosen - 1], range_around(low, high));
    const std::vector<double> accuracy = curve.value("validation_accuracy", std::vector<double>{});
    if (accuracy.size() == validation.size()) {
      PlotLine shares = line(accuracy, "validation");
      shares.mark = static_cast<double>(chosen);
      const auto [least, most] = std::ranges::minmax(accuracy);
      out_ += plot({shares}, "accuracy", accuracy[chosen - 1], range_around(least, most));
    }
    out_ += "</div>\n";
  }

  void drift() {
    const Json all = figures_.value("drift", Json::object());
    if (all.empty()) return;
    std::vector<std::pair<double, std::string>> columns;
    for (const auto& [column, index] : all.items())
      columns.emplace_back(index.get<double>(), column);
    std::ranges::stable_sort(columns, std::ranges::greater{},
                             [](const auto& one) { return one.first; });
    constexpr std::size_t kMost = 20;
    if (columns.size() > kMost) columns.resize(kMost);
    out_ +=
        "<h2>Drift against the training data</h2>\n<p class=\"note\">Population "
        "stability "
        "index (PSI): below 0.1 similar, above 0.25 clearly different.</p>\n<div "
        "class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
        "<th class=\"left\" scope=\"col\">Column</th><th "
        "scope=\"col\">PSI</th></tr></thead><tbody>\n";
    for (const auto& [index, column] : columns) {
      const data::Column* known = report_.card.schema.find(column);
      out_ += "<tr><th scope=\"row\">" + html_text(known != nullptr ? known->name : column) +
              "</th><td>" + html_number(index) +
              (index > metrics::kClearDrift  ? " clearly different"
               : index > metrics::kSomeDrift ? " somewhat different"
                                             : "") +
              "</td></tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    std::vector<std::string> shifted;
    for (const auto& [index, column] : columns) {
      if (index > metrics::kSomeDrift) shifted.push_back(column);
    }
    out_ += shifts(report_.card.schema, report_.shares, shifted);
  }

  void findings() {
    const auto list = [&](const std::string& title, std::span<const data::Warning> warnings) {
      if (warnings.empty()) return;
      out_ += "<h2>" + title + "</h2>\n";
      for (const data::Warning& one : warnings) {
        out_ += "<p class=\"warning\">" + html_text(one.message, 1000) +
                "<br><span class=\"note\">" + html_text(one.hint, 500) + "</span></p>\n";
      }
    };
    list("Findings in this data", report_.warnings);
    list("Findings in the training data", report_.card.warnings);
    const Json label_issues = report_.card.training.value("suspects", Json::array());
    if (label_issues.empty()) return;
    out_ += "<h2>Photos that may have a wrong label</h2>\n<details><summary>" +
            counted(label_issues.size(), "photo") + "</summary>\n<div class=\"photos\">";
    for (const Json& one : label_issues) {
      const std::string file = one.at("file");
      figure(file, report_.training_image ? report_.training_image(file) : "",
             "<br>" + html_text(one.at("label").get<std::string>(), 40) + ", looks like " +
                 html_text(one.at("believed").get<std::string>(), 40));
    }
    out_ += "</div></details>\n";
  }

  const EvaluationReport& report_;
  const Json& figures_;
  std::string out_;
};

/// `text` for a cell of a Markdown table: one line, markup escaped.
std::string cell(std::string_view text, std::size_t most = 80) {
  std::string out;
  for (const char c : shown(text, most)) {
    if (std::string_view("|<>&*_`[]\\#~!").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// The confusion matrix and the worst errors.
std::string markdown_of_classes(const EvaluationReport& report) {
  const Json& figures = report.metrics;
  std::string out;
  const Json& matrix = figures.at("confusion").at("rows_are_truth");
  out += "\n| true \\ predicted |";
  std::string under = "\n|---|";
  for (std::size_t k = 0; k < matrix.size(); ++k) {
    out += " " + cell(spelling(report.card, k)) + " |";
    under += "---:|";
  }
  out += " precision | recall |" + under + "---:|---:|\n";
  for (std::size_t truth = 0; truth < matrix.size(); ++truth) {
    out += "| " + cell(spelling(report.card, truth)) + " |";
    for (const Json& count : matrix[truth])
      out += " " + std::to_string(whole_number<std::size_t>(count)) + " |";
    const Json& one = figures.at("classes").at(truth);
    out += " " + html_number(one.at("precision")) + " | " + html_number(one.at("recall")) + " |\n";
  }
  const auto worst = worst_mistakes(report);
  if (!worst.empty())
    out += std::string(
               "\n## Worst errors\n\n| Case | True class | Predicted class | Its probability |") +
           (report.details ? " Most important columns |" : "") + "\n|---|---|---|---:|" +
           (report.details ? "---|" : "") + "\n";
  for (const std::size_t i : worst) {
    out += "| " + cell(report.name(i)) + " | " + cell(spelling(report.card, report.labels[i])) +
           " | " + cell(spelling(report.card, report.predicted[i])) + " | " +
           html_number(probability(report, i, report.predicted[i])) + " |" +
           (report.details ? " " + cell(report.details(i), 300) + " |" : std::string()) + "\n";
  }
  return out;
}

/// The worst predictions.
std::string markdown_of_numbers(const EvaluationReport& report) {
  const std::vector<NumberCase> worst = worst_numbers(number_cases(report));
  if (worst.empty()) return "";
  const bool intervals = report.card.schema.target.number->has_intervals();
  std::string out = std::string("\n## Worst errors\n\n| Case | Truth | Prediction |") +
                    (intervals ? " 90 % interval |" : "") +
                    (report.details ? " Most important columns |" : "") + "\n|---|---:|---:|" +
                    (intervals ? "---:|" : "") + (report.details ? "---|" : "") + "\n";
  for (const NumberCase& one : worst) {
    out += "| " + cell(report.name(one.place)) + " | " + short_number(one.truth) + " | " +
           short_number(one.prediction) + " |" +
           (intervals ? " " + short_number(one.low) + " to " + short_number(one.high) + " |"
                      : std::string()) +
           (report.details ? " " + cell(report.details(one.place), 300) + " |" : std::string()) +
           "\n";
  }
  return out;
}

}  // namespace

std::string html_of(const EvaluationReport& report) { return Html(report).page(); }

std::string markdown_of(const EvaluationReport& report) {
  const Json& figures = report.metrics;
  std::string out =
      "# " + cell(report.model) + "\n\n" + algorithm_in_words(report.card.algorithm) + " for " +
      cell(report.card.schema.target.name) + ", evaluated on " +
      with_commas(whole_number<std::size_t>(figures["rows"])) + " " + report.noun + " " +
      cell(report.data) + ".\n\n" +
      (report.verdict.empty() ? "" : "Verdict: " + cell(report.verdict, 500) + ".\n\n") +
      "| Metric | Value | 95 % interval | At training | Baseline |\n"
      "|---|---:|---|---:|---:|\n";
  for (const task::MetricInfo& one : task::known_metrics()) {
    if (!figures.contains(one.key)) continue;
    const Json& interval = figures.at(std::string(one.key) + "_ci95");
    out += fmt::format("| {} | {} | {} to {} | {} | {} |\n", heading(one.name),
                       metric_text(one, figures.at(one.key)), metric_text(one, interval.at(0)),
                       metric_text(one, interval.at(1)),
                       metric_of(figures.value("at_training", Json::object()), one),
                       metric_of(figures.value("baseline", Json::object()), one));
  }
  out +=
      report.card.schema.target.number ? markdown_of_numbers(report) : markdown_of_classes(report);
  std::vector<data::Warning> warnings(report.warnings.begin(), report.warnings.end());
  warnings.insert(warnings.end(), report.card.warnings.begin(), report.card.warnings.end());
  if (!warnings.empty()) out += "\n## Findings in the data\n\n";
  for (const data::Warning& one : warnings) {
    out += "- " + cell(one.message, 1000) + ": " + cell(one.hint, 500) + "\n";
  }
  return out;
}

}  // namespace vitrine::report
