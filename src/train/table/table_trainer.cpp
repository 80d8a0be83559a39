#include "train/table/table_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "data/table/split_keys.h"
#include "data/table/table_set.h"
#include "engine/onnx_runtime.h"
#include "engine/predictor.h"
#include "metrics/classification.h"
#include "model/table_graph.h"
#include "model/training_filter.h"
#include "train/evaluation.h"
#include "train/table/checks.h"
#include "train/table/examples.h"
#include "train/table/importance.h"
#include "train/table/learner.h"
#include "train/table/text_fit.h"

namespace vitrine::train {
namespace {

/// Rows of a table that have a class.
struct LabelledRows {
  data::Table table;
  std::vector<std::uint32_t> rows;  ///< their places in the raw table
};

/// The rows that have a class, converted to the schema.
LabelledRows labelled(const data::TableSchema& schema, const data::RawTable& raw,
                      std::vector<data::Warning>& warnings) {
  data::Table table = data::apply_schema(
      schema, raw, {.target = data::ApplyOptions::TargetColumn::needed}, warnings);
  std::vector<std::uint32_t> known;
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (table.labels[row] >= 0) known.push_back(static_cast<std::uint32_t>(row));
  }
  if (known.empty()) {
    throw Error(ErrorKind::bad_input,
                std::string("no row has a known ") + (schema.target.number ? "number" : "class") +
                    " in the target '" + schema.target.name + "'",
                raw.where, "check the column's values");
  }
  if (known.size() < table.rows) table = table.subset(known);
  return {std::move(table), std::move(known)};
}

/// The rows of another table than the one that the schema is inferred from.
data::Table read_labelled(const data::TableSchema& schema, const std::vector<std::string>& names,
                          const data::TableFileOptions& file,
                          std::vector<data::Warning>& warnings) {
  data::TableSet source(names, file);
  const data::RawTable raw = source.read({.keep_all_text = true,
                                          .number_keys = data::number_keys_of(schema),
                                          .known_names = schema.keys(),
                                          .id_keys = data::id_keys_of(schema)});
  warnings.insert(warnings.end(), raw.warnings.begin(), raw.warnings.end());
  return labelled(schema, raw, warnings).table;
}

/// The rows of fold `which`.
std::vector<std::uint32_t> rows_of_fold(const std::vector<std::uint8_t>& fold, std::uint8_t which) {
  std::vector<std::uint32_t> rows;
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (fold[row] == which) rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

void require_enough_rows(const data::TableSchema& schema, const TrainingRows& rows,
                         const std::string& where) {
  std::vector<std::size_t> training_rows(schema.target.groups(), 0);
  for (std::size_t row = 0; row < rows.table.rows; ++row) {
    // With one validation fold, its rows are not trained on when the model is chosen.
    const bool held_out = rows.validation_folds == 1 && rows.fold[row] == 0;
    if (rows.fold[row] != data::kTestFold && !held_out)
      ++training_rows[static_cast<std::size_t>(rows.table.labels[row])];
  }
  const auto present = std::ranges::count_if(training_rows, [](std::size_t n) { return n > 0; });
  const auto count = std::reduce(training_rows.begin(), training_rows.end());
  const auto held_out_rows =
      std::ranges::count_if(rows.fold, [&](auto fold) { return fold < rows.validation_folds; });
  const bool of_one_class = present < 2 && !schema.target.number;
  if (count < 10 || of_one_class || held_out_rows < 5) {
    throw Error(ErrorKind::bad_input,
                "there are too few rows for training and evaluation (" +
                    counted(rows.table.rows, "row") + ")",
                where,
                schema.target.number ? "collect at least some dozens of rows"
                                     : "collect at least some dozens of rows of each class");
  }
}

/// The result of comparing the kinds of models.
struct ModelSelection {
  std::unique_ptr<Learner> winner;
  Candidate best;
  std::vector<Candidate> others;
  std::string reason;
};

/// Cross-validates the requested kinds of models and chooses one: a kind wins only if it is better
/// than every simpler one by more than one standard error of the difference over the folds (the
/// one-standard-error rule of Breiman et al. 1984, paired) or by more than a hundredth.
ModelSelection compare(const TrainingRows& rows, const std::string& algorithm,
                       const Progress& progress) {
  ModelSelection selection;
  const bool of_numbers = rows.schema.target.number.has_value();
  for (const LearnerKind& kind : learners()) {
    if (kind.of_numbers != of_numbers) continue;
    if (algorithm != "auto" && algorithm != kind.name) continue;
    progress(std::string(kind.progress));
    auto learner = kind.make(rows);
    Candidate candidate = learner->cross_validate();
    if (!selection.winner) {
      selection.best = std::move(candidate);
      selection.winner = std::move(learner);
      selection.reason = "requested";
      continue;
    }
    const bool simple = selection.best.as_good_as(candidate);
    selection.reason = !simple ? candidate.algorithm + " are clearly better"
                       : selection.best.mean_loss() <= candidate.mean_loss()
                           ? "the simpler model is also better"
                           : "the simpler model is within one standard error and 1 % of the " +
                                 candidate.algorithm;
    if (!simple) {
      std::swap(selection.best, candidate);
      selection.winner = std::move(learner);
    }
    selection.others.push_back(std::move(candidate));
  }
  if (!selection.winner) {
    throw Error(ErrorKind::usage,
                "--model " + algorithm + " does not predict " +
                    (of_numbers ? "numbers" : "classes") + ", and the target '" +
                    rows.schema.target.name + "' " + (of_numbers ? "is a number" : "has classes"),
                "--model",
                of_numbers ? "use --model linear, trees or auto; or say --task classification"
                           : "use --model logistic, trees or auto; or say --task regression");
  }
  return selection;
}

/// The cross-validation metrics of a candidate.
Json evaluate_candidate(const model::Card& card, const TrainingRows& rows,
                        const Candidate& candidate) {
  const auto evaluated = [&](std::size_t row) { return rows.fold[row] < rows.validation_folds; };
  Json json = evaluate(card, candidate.outputs, truths_where(rows.table, evaluated));
  // The intervals were fitted to these rows.
  for (const char* key : {"interval_coverage", "interval_width"}) {
    json.erase(key);
    json.erase(std::string(key) + "_ci95");
  }
  json["algorithm"] = candidate.algorithm;
  json["settings"] = candidate.settings;
  const std::string loss =
      card.schema.target.number ? "fold_relative_squared_error" : "fold_log_loss";
  for (const double one : candidate.fold_losses) json[loss].push_back(rounded(one));
  json[loss + "_standard_error"] = rounded(candidate.standard_error());
  return json;
}

/// The threshold with the best F1 on the held-out predictions of the folds.
double f1_threshold(const TrainingRows& rows, const Candidate& candidate) {
  std::vector<float> scores;
  std::vector<int> labels;
  for (std::size_t row = 0; row < rows.table.rows; ++row) {
    if (rows.fold[row] >= rows.validation_folds) continue;
    scores.push_back(candidate.outputs[row * 2 + 1]);
    labels.push_back(rows.table.labels[row]);
  }
  return std::clamp(metrics::best_f1_threshold(scores, labels), 1e-6, 1 - 1e-6);
}

Json versions() { return {{"vitrine", kVersion}, {"onnxruntime", engine::onnx_runtime_version()}}; }

/// The unit in which the outputs of two engines are compared: of numbers, the larger of the number
/// and the scale on which margins are computed as floats.
double unit_of(const data::Target& target, float output) {
  if (!target.number) return 1;
  const double size = std::abs(static_cast<double>(output));
  constexpr double kDigits = 10;  // a float has about e^10 of them before and behind the point
  switch (target.number->link) {
    case data::Link::identity:
      return std::max(size, target.number->scale);
    case data::Link::log:
      return std::max(size, std::exp(target.number->offset)) *
             std::max(1.0, std::abs(target.number->offset) / kDigits);
    case data::Link::log1p:
      return std::max(1.0, size) * std::max(1.0, std::log1p(size) / kDigits);
  }
  unknown_kind("link", target.number->link);
}

bool has_texts(const data::TableSchema& schema) {
  return std::ranges::contains(schema.columns, data::ColumnKind::text, &data::Column::kind);
}

/// The first rows of a table for the check: up to 2,000; with free text fewer, because ONNX Runtime
/// then computes with all terms for each row, and with as many tokens as the longest text has.
std::vector<std::uint32_t> rows_to_check(const data::TableSchema& schema,
                                         const data::Table& table) {
  constexpr std::size_t kMostRows = 2000;
  constexpr std::size_t kMostTextRows = 200;
  constexpr std::size_t kLongestText = 20'000;
  std::vector<std::uint32_t> rows;
  const std::size_t most = has_texts(schema) ? kMostTextRows : kMostRows;
  for (std::size_t row = 0; row < table.rows && rows.size() < most; ++row) {
    const auto is_long = [&](const data::ColumnData& column) {
      const auto* texts = std::get_if<data::Texts>(&column.values);
      return texts != nullptr && (*texts)[row].size() > kLongestText;
    };
    if (std::ranges::none_of(table.columns, is_long))
      rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

/// Opens the bytes as `predict` does, and in ONNX Runtime without optimisation, and compares the
/// outputs of some rows. Returns the largest difference, of numbers relative to unit_of(). Throws
/// Error(failed) above 1e-5.
double compare_reopened(const std::string& bytes, const model::FeatureLayout& layout,
                        const model::Classifier& classifier, const data::TableSchema& schema,
                        const data::Table& rows) {
  const model::ModelFile file = model::parse_model(bytes, "the new model");
  const auto own = predict_classifier(schema, layout, classifier, rows);
  const std::size_t outputs = schema.target.outputs();
  std::vector<double> differences(rows.rows, 0.0);
  for (const auto& predictor : {engine::open_predictor(file),
                                engine::open_onnx_runtime(file, engine::GraphRewriting::off)}) {
    const auto reopened = predictor->predict(rows).probabilities;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double difference = static_cast<double>(own[i]) - static_cast<double>(reopened[i]);
      double& of_row = differences[i / outputs];
      of_row = std::max(of_row, std::abs(difference) / unit_of(schema.target, own[i]));
    }
  }
  // ONNX Runtime adds up the score of a text in single precision. One that is equal to a threshold
  // of a tree but for the last digits goes another way.
  const bool few_may_differ =
      std::holds_alternative<model::TreeEnsemble>(classifier) && has_texts(schema);
  std::ranges::sort(differences);
  const std::size_t judged = rows.rows - (few_may_differ ? rows.rows / 50 : 0);
  const double largest = judged == 0 ? 0 : differences[judged - 1];
  if (!(largest <= 1e-5)) {
    throw Error(ErrorKind::failed,
                "the predictions of the reopened model differ from those of the trained one (by " +
                    std::to_string(largest) + ")",
                "the check before saving",
                "nothing was saved; please report this with the table's shape");
  }
  return largest;
}

/// From so many rows on, one fold is held out for validation: a sixth of the rows is enough to
/// choose a model by, and five trainings would take five times as long.
constexpr std::size_t kManyRows = 200'000;

/// The rows of all tables.
struct Rows {
  data::Table table;
  std::vector<std::uint8_t> fold;
  std::size_t validation_folds = data::kFolds;
  std::optional<data::Table> test;  ///< if it is a separate table
  std::string fingerprint;
};

Rows read_rows(const TableTrainOptions& options, data::TableSchema& schema,
               std::vector<data::Warning>& warnings, const Progress& progress) {
  progress("reading " + data::names_text(options.data));
  Rows rows;
  data::Split split;
  data::TableSet source(options.data, options.file);
  {
    data::ReadOptions how = data::training_read_options(options.columns);
    how.digest = true;
    const data::RawTable raw = source.read(how);
    rows.fingerprint = raw.digest;
    warnings.insert(warnings.end(), raw.warnings.begin(), raw.warnings.end());
    schema = data::infer_schema(raw, options.columns, warnings);
    std::vector<data::Warning> about_training;  // unused: about unseen and missing values
    LabelledRows known = labelled(schema, raw, about_training);
    progress("splitting " + counted(known.table.rows, "row") + " of " +
             counted(schema.columns.size(), "column"));
    split = data::split_as_asked(raw, options.columns, known.table, known.rows,
                                 {options.seed, options.test.empty()}, warnings);
    rows.table = std::move(known.table);
  }
  check_duplicates(split, warnings);
  check_leaks(schema, rows.table, warnings);
  rows.fold = std::move(split.fold);
  if (!options.columns.time.empty() || rows.fold.size() >= kManyRows) rows.validation_folds = 1;
  if (!options.validation.empty()) {
    // The training table is fold 1 (never held out), the validation table is fold 0.
    for (auto& fold : rows.fold) fold = fold == data::kTestFold ? fold : std::uint8_t{1};
    rows.table.append(read_labelled(schema, options.validation, options.file, warnings));
    rows.fold.resize(rows.table.rows, 0);
    rows.validation_folds = 1;
  }
  if (!options.test.empty()) {
    rows.test = read_labelled(schema, options.test, options.file, warnings);
    check_drift(schema, rows.table, *rows.test, warnings);
  }
  return rows;
}

class TableTraining : public TrainingJob {
 public:
  TableTraining(const TableTrainOptions& options, const Progress& progress)
      : TrainingJob(progress), options_(options) {}

 private:
  const data::TableSchema& schema() const { return out_.card.schema; }

  void read() override {
    rows_ = read_rows(options_, out_.card.schema, out_.card.warnings, progress_);
    learn_texts();
    training_.emplace(schema(), rows_.table, rows_.fold, rows_.validation_folds, options_.seed);
    require_enough_rows(
        schema(), *training_,
        data::names_text(options_.data) + (options_.validation.empty()
                                               ? std::string()
                                               : " with " + data::names_text(options_.validation)));
  }

  /// Columns of texts that do not help are left out.
  void learn_texts() {
    data::TableSchema& schema = out_.card.schema;
    const std::vector<data::Column> all = schema.columns;
    if (!std::ranges::contains(all, data::ColumnKind::text, &data::Column::kind)) return;
    fit_texts(schema, rows_.table, {rows_.fold, rows_.validation_folds}, options_.columns.keep,
              progress_);
    if (!rows_.test) return;
    std::vector<data::ColumnData> kept;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const data::Column* const column = schema.find(all[i].key);
      if (column == nullptr) continue;
      kept.push_back(std::move(rows_.test->columns[i]));
      if (column->text) data::score_texts(*column->text, kept.back().texts());
    }
    rows_.test->columns = std::move(kept);
  }

  void choose() override {
    check_threshold();
    selection_ = compare(*training_, options_.algorithm, progress_);
    choose_threshold();
    evaluate_choice();
  }

  void choose_threshold() {
    model::Card& card = out_.card;
    switch (card.schema.target.task()) {
      case data::TaskKind::binary:
        card.threshold = options_.threshold_f1 ? f1_threshold(*training_, selection_.best)
                                               : options_.threshold.value_or(0.5);
        break;
      case data::TaskKind::multiclass:
      case data::TaskKind::regression:
        break;
    }
  }

  void check_threshold() const {
    switch (schema().target.task()) {
      case data::TaskKind::binary:
        break;
      case data::TaskKind::multiclass:
        refuse_threshold("has " + std::to_string(training_->classes()),
                         "leave it out: the most probable class is predicted");
        break;
      case data::TaskKind::regression:
        refuse_threshold("is a number", "leave it out");
        break;
    }
  }

  /// `what` and `hint` are about the target.
  void refuse_threshold(const std::string& what, const std::string& hint) const {
    if (!options_.threshold_f1 && !options_.threshold) return;
    throw Error(ErrorKind::usage,
                "a threshold needs two classes; the target '" + schema().target.name + "' " + what,
                options_.threshold_option, hint);
  }

  /// A conformal interval at 90 % needs nine rows that were not trained on.
  void warn_of_few_errors() {
    constexpr std::ptrdiff_t kFewest = 9;
    const auto held_out =
        std::ranges::count_if(rows_.fold, [&](auto fold) { return fold < rows_.validation_folds; });
    if (!schema().target.number || held_out >= kFewest) return;
    out_.card.warnings.push_back(
        {"few_rows_for_intervals",
         "only " + counted(static_cast<std::size_t>(held_out), "row") +
             " were held out for the prediction intervals, which contain fewer than 90 % of cases",
         "collect more rows, or leave out --validation"});
  }

  void evaluate_choice() {
    model::Card& card = out_.card;
    if (selection_.best.number) card.schema.target.number = selection_.best.number;
    warn_of_few_errors();
    const char* folds = rows_.validation_folds == 1 ? "validation" : "cross_validation";
    card.metrics[folds] = evaluate_candidate(card, *training_, selection_.best);
    for (const Candidate& other : selection_.others) {
      card.metrics["other_candidates"].push_back(evaluate_candidate(card, *training_, other));
    }
    progress_("evaluating on the test set");
    test_ =
        rows_.test ? *rows_.test : rows_.table.subset(rows_of_fold(rows_.fold, data::kTestFold));
    const model::Classifier evaluated = selection_.winner->fit(FitRows::without_test);
    card.metrics["test"] =
        evaluate(card, predict_classifier(schema(), layout(), evaluated, test_), truths_of(test_));
    card.importance = column_importance(schema(), layout(), evaluated, test_);
  }

  void fit() override {
    progress_("fitting on all rows");
    final_ = selection_.winner->fit(FitRows::all);
  }

  void complete_card() override {
    model::Card& card = out_.card;
    card.algorithm = selection_.best.algorithm;
    card.about = options_.about;
    if (options_.examples) card.examples = typical_rows(schema(), rows_.table);
    card.training = {
        {"rows", rows_.table.rows},
        {"test_rows", test_.rows},
        {"data_sha256", rows_.fingerprint},
        {"seed", options_.seed},
        {"settings", selection_.best.settings},
        {"chosen_because", selection_.reason},
        {"options", options_.given},
        {"versions", versions()},
        {"case_filter", model::TrainingFilter(model::case_hashes(rows_.table)).to_json()}};
    if (!selection_.best.learning_curve.is_null()) {
      card.training["learning_curve"] = selection_.best.learning_curve;
    }
  }

  std::string serialise() const override {
    return model::serialise_model(
        model::build_table_graph(schema(), layout(), final_, out_.card.threshold), out_.card);
  }

  void check_reopened() override {
    data::Table rows = test_.subset(rows_to_check(schema(), test_));
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      const data::Column& column = schema().columns[i];
      // The scores so far are of models that have not seen these rows.
      if (column.text) data::score_texts(*column.text, rows.columns[i].texts());
    }
    out_.largest_difference = compare_reopened(out_.bytes, layout(), final_, schema(), rows);
  }

  const model::FeatureLayout& layout() const { return selection_.winner->layout(); }

  const TableTrainOptions& options_;
  Rows rows_;
  std::optional<TrainingRows> training_;  ///< a view of rows_
  ModelSelection selection_;
  data::Table test_;
  model::Classifier final_;
};

}  // namespace

TrainedModel train_table(const TableTrainOptions& options, const Progress& progress) {
  return TableTraining(options, progress).run();
}

}  // namespace vitrine::train
