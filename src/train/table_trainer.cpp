#include "train/table_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "infer/onnx_runtime.h"
#include "infer/predictor.h"
#include "metrics/classification.h"
#include "model/table_graph.h"
#include "train/candidate.h"
#include "train/checks.h"
#include "train/importance.h"
#include "train/judge.h"
#include "train/learners.h"

namespace vitrine {
namespace {

/// A table with its file.
struct Source {
  explicit Source(const std::filesystem::path& path) : file(path), where(path.string()) {}
  MappedFile file;
  std::string where;
};

/// Rows with a class, in the terms of the schema.
Table labelled(const TableSchema& schema, const Source& source, const RawTable& raw,
               std::vector<Warning>& warnings) {
  Table table = apply_schema(schema, raw, source.file.text(),
                             {.target = ApplyOptions::TargetColumn::needed}, warnings);
  std::vector<std::uint32_t> known;
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (table.labels[row] >= 0) known.push_back(static_cast<std::uint32_t>(row));
  }
  if (known.empty()) {
    throw Error(ErrorKind::bad_input,
                "no row has a known class in the target '" + schema.target.name + "'", source.where,
                "check the column's values");
  }
  return known.size() == table.rows ? std::move(table) : table.subset(known);
}

Table read_labelled(const TableSchema& schema, const std::filesystem::path& path,
                    std::vector<Warning>& warnings) {
  const Source source(path);
  const RawTable raw = read_csv(source.file.text(), source.where, {.keep_all_text = true});
  return labelled(schema, source, raw, warnings);
}

/// The rows in which `fold` says `which`.
std::vector<std::uint32_t> rows_of_fold(const std::vector<std::uint8_t>& fold, std::uint8_t which) {
  std::vector<std::uint32_t> rows;
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (fold[row] == which) rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

void require_two_classes(const TableSchema& schema, const TrainingRows& rows,
                         const std::string& where) {
  std::vector<std::size_t> teaching(schema.target.classes.size(), 0);
  for (std::size_t row = 0; row < rows.table.rows; ++row) {
    if (rows.fold[row] != kTestFold) ++teaching[static_cast<std::size_t>(rows.table.labels[row])];
  }
  const auto present = std::ranges::count_if(teaching, [](std::size_t n) { return n > 0; });
  const auto count = std::reduce(teaching.begin(), teaching.end());
  const auto judging =
      std::ranges::count_if(rows.fold, [&](auto fold) { return fold < rows.judged_folds; });
  if (count < 10 || present < 2 || judging < 5) {
    throw Error(ErrorKind::bad_input,
                "there are too few rows to learn from and to judge by (" +
                    counted(rows.table.rows, "row") + ")",
                where, "collect at least some dozens of rows of each class");
  }
}

/// What was compared, and what won.
struct Contest {
  std::unique_ptr<Contender> winner;
  Candidate best;
  std::vector<Candidate> others;
  std::string reason;
};

/// Cross-validates what was asked for and picks: trees only if they beat the
/// simpler model by more than one standard error of the difference over the
/// folds (the one-standard-error rule of Breiman et al. 1984, paired).
Contest compare(const TrainingRows& rows, const std::string& algorithm, const Progress& progress) {
  Contest contest;
  if (algorithm != "trees") {
    progress("logistic regression: choosing C");
    contest.winner = logistic_contender(rows);
    contest.best = contest.winner->cross_validate();
    contest.reason = "asked for";
  }
  if (algorithm == "logistic") return contest;
  progress("boosted trees: choosing their shape and number");
  auto trees = trees_contender(rows);
  Candidate grown = trees->cross_validate();
  if (algorithm == "auto") {
    const bool simple = contest.best.as_good_as(grown);
    contest.reason = !simple ? "trees are better by more than one standard error"
                     : contest.best.mean_loss() <= grown.mean_loss()
                         ? "the simpler model is also the better one"
                         : "the simpler model is within one standard error of the trees";
    if (simple) {
      contest.others.push_back(std::move(grown));
      return contest;
    }
    contest.others.push_back(std::move(contest.best));
  } else {
    contest.reason = "asked for";
  }
  contest.best = std::move(grown);
  contest.winner = std::move(trees);
  return contest;
}

/// The figures of a candidate over the rows that the folds judged.
Json judge_candidate(const Card& card, const TrainingRows& rows, const Candidate& candidate) {
  const auto judged = [&](std::size_t row) { return rows.fold[row] < rows.judged_folds; };
  Json json = judge(card, candidate.probabilities, labels_where(rows.table.labels, judged));
  json["algorithm"] = candidate.algorithm;
  json["settings"] = candidate.settings;
  for (const double loss : candidate.fold_losses) json["fold_log_loss"].push_back(rounded(loss));
  json["fold_log_loss_standard_error"] = rounded(candidate.standard_error());
  return json;
}

/// On the folds' answers, with rows that no fold judged left out.
double f1_threshold(const TrainingRows& rows, const Candidate& candidate) {
  std::vector<float> scores;
  std::vector<int> labels;
  for (std::size_t row = 0; row < rows.table.rows; ++row) {
    if (rows.fold[row] >= rows.judged_folds) continue;
    scores.push_back(candidate.probabilities[row * 2 + 1]);
    labels.push_back(rows.table.labels[row]);
  }
  return std::clamp(best_f1_threshold(scores, labels), 1e-6, 1 - 1e-6);
}

Json versions() {
  return {{"vitrine", kVersion},
          {"onnxruntime", onnx_runtime_version()},
          {"xgboost", xgboost_version()}};
}

/// Opens the bytes as `predict` will, and node by node in ONNX Runtime, and compares
/// probabilities on held-out rows.
double compare_reopened(const std::string& bytes, const FeatureLayout& layout,
                        const Classifier& classifier, const TableSchema& schema,
                        const Table& rows) {
  const ModelFile file = parse_model(bytes, "the new model");
  const auto own = predict_classifier(schema, layout, classifier, rows);
  double largest = 0;
  for (const auto& predictor :
       {open_predictor(file), open_onnx_runtime(file, GraphRewriting::off)}) {
    const auto reopened = predictor->predict(rows).probabilities;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double difference = static_cast<double>(own[i]) - static_cast<double>(reopened[i]);
      largest = std::max(largest, std::abs(difference));
    }
  }
  if (!(largest <= 1e-5)) {
    throw Error(ErrorKind::failed,
                "the reopened model answers differently from the trained one (by " +
                    std::to_string(largest) + ")",
                "the check before saving",
                "nothing was saved; please report this with the table's shape");
  }
  return largest;
}

/// What was read: the rows of all tables that teach, and those that judge.
struct Rows {
  Table table;
  std::vector<std::uint8_t> fold;
  std::size_t judged_folds = kFolds;
  std::optional<Table> test;  ///< a table of its own
  std::string fingerprint;
};

Rows read_rows(const TableTrainOptions& options, TableSchema& schema,
               std::vector<Warning>& warnings, const Progress& progress) {
  progress("reading " + options.data.string());
  Rows rows;
  const Source source(options.data);
  auto fingerprint = std::async(std::launch::async, [&] { return sha256_hex(source.file.text()); });
  {
    const RawTable raw = read_csv(source.file.text(), source.where);
    schema = infer_schema(raw, options.columns, warnings);
    std::vector<Warning> about_training;  // of unseen and missing values: none can be
    rows.table = labelled(schema, source, raw, about_training);
  }
  rows.fingerprint = fingerprint.get();
  progress("splitting " + counted(rows.table.rows, "row") + " of " +
           counted(schema.columns.size(), "column"));
  Split split = split_rows(rows.table, options.seed, !options.test);
  check_duplicates(split, warnings);
  check_leaks(schema, rows.table, warnings);
  rows.fold = std::move(split.fold);
  if (options.validation) {
    // The rows of the training table only teach, those of the other only judge.
    for (auto& fold : rows.fold) fold = fold == kTestFold ? fold : std::uint8_t{1};
    rows.table.append(read_labelled(schema, *options.validation, warnings));
    rows.fold.resize(rows.table.rows, 0);
    rows.judged_folds = 1;
  }
  if (options.test) {
    rows.test = read_labelled(schema, *options.test, warnings);
    check_drift(schema, rows.table, *rows.test, warnings);
  }
  return rows;
}

}  // namespace

TrainedModel train_table(const TableTrainOptions& options, const Progress& progress) {
  TrainedModel out;
  Card& card = out.card;
  std::vector<Warning> warnings;
  const Rows rows = read_rows(options, card.schema, warnings, progress);
  const TrainingRows training{card.schema, rows.table, rows.fold, rows.judged_folds, options.seed};
  require_two_classes(card.schema, training,
                      options.validation
                          ? options.data.string() + " with " + options.validation->string()
                          : options.data.string());

  const Contest contest = compare(training, options.algorithm, progress);
  card.algorithm = contest.best.algorithm;
  if (!card.schema.target.binary() && (options.threshold_f1 || options.threshold)) {
    throw Error(ErrorKind::usage,
                "a threshold is for two classes; the target '" + card.schema.target.name +
                    "' has " + std::to_string(training.classes()),
                "--threshold", "leave it out: the most probable class is answered");
  }
  if (card.schema.target.binary()) {
    card.threshold = options.threshold_f1 ? f1_threshold(training, contest.best)
                                          : options.threshold.value_or(0.5);
  }
  const char* folds = options.validation ? "validation" : "cross_validation";
  card.figures[folds] = judge_candidate(card, training, contest.best);
  for (const Candidate& other : contest.others) {
    card.figures["other_candidates"].push_back(judge_candidate(card, training, other));
  }

  progress("judging on rows kept apart");
  const FeatureLayout& layout = contest.winner->layout();
  const Table test = rows.test ? *rows.test : rows.table.subset(rows_of_fold(rows.fold, kTestFold));
  const Classifier judged = contest.winner->fit(Teach::but_test);
  card.figures["test"] =
      judge(card, predict_classifier(card.schema, layout, judged, test), test.labels);
  card.importance = column_importance(card.schema, layout, judged, test);

  progress("fitting on all rows");
  const Classifier final_model = contest.winner->fit(Teach::all);
  card.warnings = to_json(warnings);
  card.training = {{"rows", rows.table.rows},           {"test_rows", test.rows},
                   {"data_sha256", rows.fingerprint},   {"seed", options.seed},
                   {"settings", contest.best.settings}, {"chosen_because", contest.reason},
                   {"options", options.given},          {"versions", versions()}};
  if (!contest.best.learning_curve.is_null()) {
    card.training["learning_curve"] = contest.best.learning_curve;
  }
  out.bytes =
      serialise_model(build_table_graph(card.schema, layout, final_model, card.threshold), card);

  progress("reopening and comparing");
  std::vector<std::uint32_t> sample(std::min<std::size_t>(test.rows, 2000));
  std::iota(sample.begin(), sample.end(), 0U);
  out.largest_difference =
      compare_reopened(out.bytes, layout, final_model, card.schema, test.subset(sample));
  return out;
}

}  // namespace vitrine
