#include "metrics/report.h"

namespace vitrine::metrics {
namespace {

void add(Json& json, const std::string& name, const Figure& figure) {
  json[name] = rounded(figure.value);
  json[name + "_ci95"] = {rounded(figure.ci95.low), rounded(figure.ci95.high)};
}

}  // namespace

Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names) {
  Json json{{"rows", evaluation.rows}};
  add(json, "accuracy", evaluation.accuracy);
  if (evaluation.auc) add(json, "auc", *evaluation.auc);
  add(json, "log_loss", evaluation.log_loss);
  add(json, "f1_macro", evaluation.f1_macro);
  add(json, "ece", evaluation.ece);
  add(json, "brier", evaluation.brier);
  json["confusion"] = {{"labels", names}, {"rows_are_truth", evaluation.confusion}};
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const ClassFigures& figures = evaluation.classes[k];
    Json one{{"label", names[k]}, {"rows", figures.rows}};
    add(one, "precision", figures.precision);
    add(one, "recall", figures.recall);
    one["f1"] = rounded(figures.f1);
    json["classes"].push_back(std::move(one));
  }
  for (const CalibrationBin& bin : evaluation.calibration) {
    json["calibration"].push_back({{"low", bin.low},
                                   {"high", bin.high},
                                   {"rows", bin.rows},
                                   {"confidence", rounded(bin.confidence)},
                                   {"observed", rounded(bin.observed)}});
  }
  return json;
}

}  // namespace vitrine::metrics
