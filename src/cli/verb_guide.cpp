#include "cli/verb_guide.h"

#include <algorithm>
#include <ranges>

namespace vitrine::cli {
namespace {

constexpr std::string_view kLearn = "Learn";
constexpr std::string_view kLook = "Look";
constexpr std::string_view kServe = "Predict and serve";
constexpr std::string_view kShip = "Ship";
constexpr std::string_view kOther = "Other";

constexpr VerbGuide kGuides[] = {
    {"sample",
     kLearn,
     {"sample churn churn.csv", "sample clothes photos"},
     "generate demo example"},
    {"describe",
     kLearn,
     {"describe churn.csv --target Churn", "describe photos"},
     "explore eda summary profile analyse analyze head"},
    {"train",
     kLearn,
     {"train churn.csv --target Churn", "train photos --backbone mobilenetv2.onnx"},
     "fit learn build automl finetune fine-tune"},
    {"import",
     kLearn,
     {"import model.pkl -o model.onnx", "import dv.bin model.bin -o model.onnx"},
     "convert load"},
    {"pull", kLearn, {"pull --list", "pull mobilenetv2-12"}, "download fetch"},
    {"evaluate",
     kLook,
     {"evaluate churn.onnx later.csv", "evaluate churn.onnx later.csv --fail-if 'auc < 0.8'"},
     "eval test score validate check measure metrics"},
    {"compare",
     kLook,
     {"compare first.onnx second.onnx later.csv",
      "compare first.onnx second.onnx third.onnx later.csv"},
     "diff leaderboard"},
    {"inspect",
     kLook,
     {"inspect churn.onnx", "inspect churn.onnx --json"},
     "info show card print view metadata"},
    {"tune",
     kLook,
     {"tune churn.onnx --cost fp=5,fn=50", "tune churn.onnx --capacity 200 --data customers.csv"},
     "threshold calibrate"},
    {"predict",
     kServe,
     {"predict churn.onnx customers.csv", "predict churn.onnx customers.csv -o answers.csv"},
     "infer inference classify apply run"},
    {"serve",
     kServe,
     {"serve churn.onnx", "serve churn.onnx clothes.onnx --port 9696"},
     "server start api deploy host up"},
    {"package",
     kShip,
     {"package churn.onnx --for oci", "package churn.onnx --for tarball"},
     "docker export bundle ship publish release image"},
    {"compile", kShip, {"compile clothes.onnx photos", ""}, "optimize optimise quantize quantise"},
    {"sign", kShip, {"sign --new-key team", "sign churn.onnx --key team.private.pem"}, "signature"},
    {"key", kShip, {"key web", "key boss --admin --rate 50"}, "token apikey api-key"},
    {"doctor", kOther, {"doctor", ""}, "diagnose env system"},
    {"healthcheck", kOther, {"healthcheck", ""}, "health ping ready"},
    {"lambda", kOther, {"", ""}, "aws"},
    {"version", kOther, {"version", ""}, ""},
    {"completion", kOther, {"completion bash", ""}, "complete"},
    {"manual", kOther, {"manual | man -l -", ""}, "man docs"}};

}  // namespace

std::span<const VerbGuide> verb_guides() { return kGuides; }

const VerbGuide* guide_of(std::string_view verb) {
  const auto* found = std::ranges::find(kGuides, verb, &VerbGuide::verb);
  return found == std::end(kGuides) ? nullptr : found;
}

std::string_view verb_of_word(std::string_view word) {
  for (const VerbGuide& guide : kGuides) {
    for (const auto part : std::views::split(guide.other_words, ' ')) {
      if (std::string_view(part) == word) return guide.verb;
    }
  }
  return {};
}

}  // namespace vitrine::cli
