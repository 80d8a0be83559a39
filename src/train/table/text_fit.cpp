#include "train/table/text_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/portable_math.h"
#include "base/text.h"
#include "data/table/split.h"
#include "train/lbfgs.h"
#include "train/table/standard_error.h"
#include "train/table/text_vocabulary.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kMostTerms = 30'000;
constexpr std::size_t kMostWeights = 1'000'000;  ///< terms times outputs
constexpr std::size_t kMostValues = 30'000'000;  ///< TF-IDF weights that are learned from
constexpr std::size_t kInnerFolds = 5;
constexpr std::size_t kParts = 16;  ///< fixed, so that sums are the same on every machine
constexpr double kTolerance = 1e-4;
constexpr std::array kStrengths{1.0, 10.0, 100.0};  ///< C, from which on it grows
constexpr std::array kNameStrengths{0.25, 1.0, 4.0};

constexpr int kHeldOut = -1;  ///< of no fold: never learned from, but for the final model

/// The fold of each row. With one validation fold there are inner folds: the others of the split,
/// which keeps groups of rows together, or if there is but one, parts of it, in which equal texts
/// are together, but not equal names: those are to be learned from the other folds.
std::vector<int> folds_of(const TextRows& rows, const data::Texts& texts, bool names) {
  const CounterRandom random(0, 0);
  std::vector<int> folds(texts.size(), kHeldOut);
  const auto is_other = [](std::uint8_t fold) { return fold > 1 && fold != data::kTestFold; };
  const bool several = std::ranges::any_of(rows.fold, is_other);
  for (std::size_t row = 0; row < folds.size(); ++row) {
    const std::uint8_t fold = rows.fold[row];
    if (fold == data::kTestFold) continue;
    if (rows.validation_folds > 1) {
      if (fold < rows.validation_folds) folds[row] = fold;
    } else if (fold > 0 && several) {
      folds[row] = fold - 1;
    } else if (fold > 0) {
      const std::uint64_t key = names ? random.at(row) : data::text_hash(texts[row]);
      folds[row] = static_cast<int>(key % kInnerFolds);
    }
  }
  return folds;
}

/// The target in the form in which it is learned.
struct TextTarget {
  data::TaskKind task;
  std::size_t outputs;
  std::vector<int> labels;      ///< [row] of classes
  std::vector<double> numbers;  ///< [row] of a number: with mean 0 and standard deviation 1

  /// Numbers are scaled by those of the rows that are not of the test set.
  TextTarget(const data::Target& target, const data::Table& table,
             std::span<const std::uint8_t> fold)
      : task(target.task()), outputs(target.text_outputs()), labels(table.labels) {
    if (task != data::TaskKind::regression) return;
    numbers = table.targets;
    std::vector<double> known = known_numbers(fold);
    // Skewed numbers, such as prices, are learned as logarithms.
    if (std::ranges::min(numbers) >= 0 && std::ranges::max(known) > 10 * mean_of(known)) {
      for (double& number : numbers) number = portable_log(1 + number);
      known = known_numbers(fold);
    }
    const double mean = mean_of(known);
    double squares = 0;
    for (const double number : known) squares += (number - mean) * (number - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(known.size()));
    for (double& number : numbers) number = deviation > 0 ? (number - mean) / deviation : 0;
  }

  /// The loss of margins, and its derivatives in `slopes`.
  double loss(std::size_t row, const double* margins, double* slopes) const {
    switch (task) {
      case data::TaskKind::binary: {
        const double sign = labels[row] == 1 ? 1 : -1;
        const double margin = sign * margins[0];
        const double e = portable_exp(-std::abs(margin));
        slopes[0] = -sign * (margin >= 0 ? e / (1 + e) : 1 / (1 + e));
        return portable_log(1 + e) + std::max(0.0, -margin);
      }
      case data::TaskKind::multiclass: {
        const auto truth = static_cast<std::size_t>(labels[row]);
        const double most = *std::max_element(margins, margins + outputs);
        double total = 0;
        for (std::size_t k = 0; k < outputs; ++k) {
          total += slopes[k] = portable_exp(margins[k] - most);
        }
        for (std::size_t k = 0; k < outputs; ++k) slopes[k] /= total;
        slopes[truth] -= 1;
        return portable_log(total) + most - margins[truth];
      }
      case data::TaskKind::regression: {
        slopes[0] = margins[0] - numbers[row];
        return slopes[0] * slopes[0] / 2;
      }
    }
    unknown_kind("task", task);
  }

 private:
  std::vector<double> known_numbers(std::span<const std::uint8_t> fold) const {
    std::vector<double> known;
    for (std::size_t row = 0; row < fold.size(); ++row) {
      if (fold[row] != data::kTestFold) known.push_back(numbers[row]);
    }
    return known;
  }
  static double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
};

/// The TF-IDF weights of texts. Those of every `step`-th text are kept, others computed each time.
class Features {
 public:
  /// `vocabulary` and `texts` must outlive it.
  Features(const data::TextVocabulary& vocabulary, const data::Texts& texts, std::size_t step)
      : vocabulary_(vocabulary),
        texts_(texts),
        step_(step),
        kept_((texts.size() + step - 1) / step) {
    parallel_for((kept_.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
      const std::size_t end = std::min((block + 1) * kBlock, kept_.size());
      for (std::size_t i = block * kBlock; i < end; ++i) {
        kept_[i] = vocabulary.features_of(texts[i * step]);
      }
    });
  }

  const data::TextFeatures& of(std::size_t row, data::TextFeatures& scratch) const {
    if (row % step_ == 0) return kept_[row / step_];
    scratch = vocabulary_.features_of(texts_[row]);
    return scratch;
  }

 private:
  static constexpr std::size_t kBlock = 256;
  const data::TextVocabulary& vocabulary_;
  const data::Texts& texts_;
  std::size_t step_;
  std::vector<data::TextFeatures> kept_;
};

/// Weights [term][output], then the bias [output].
using TextWeights = LbfgsVector;

void margins_of(const data::TextFeatures& text, const TextWeights& weights, std::size_t outputs,
                double* margins) {
  std::copy(weights.end() - static_cast<std::ptrdiff_t>(outputs), weights.end(), margins);
  for (std::size_t i = 0; i < text.terms.size(); ++i) {
    const double* of_term = &weights[text.terms[i] * outputs];
    const auto value = static_cast<double>(text.values[i]);
    for (std::size_t k = 0; k < outputs; ++k) margins[k] += value * of_term[k];
  }
}

/// Learns one column. The objective is `w'w / 2 + C * sum of losses`; the bias is not penalised.
class TextFit {
 public:
  /// `names`: the texts are names or codes. Their words count and not sequences of characters, and
  /// are penalised more: many of them are rare.
  TextFit(const data::Texts& texts, const TextTarget& target, std::vector<int> folds, bool names)
      : texts_(texts),
        target_(target),
        folds_(std::move(folds)),
        strengths_(names ? kNameStrengths : kStrengths) {
    for (const int fold : folds_) {
      fold_count_ = std::max(fold_count_, static_cast<std::size_t>(fold + 1));
    }
    std::vector<const std::string*> learned;
    std::size_t values = 0;
    for (std::size_t row = 0; row < texts.size(); ++row) {
      if (folds_[row] != kHeldOut) learned.push_back(&texts.texts[row]);
      values += names ? 3 : texts[row].size() * 3;
    }
    step_ = values / kMostValues + 1;
    const std::size_t most = std::min(kMostTerms, kMostWeights / target.outputs);
    model_ = find_terms(learned, names ? MostTerms{.words = most}
                                       : MostTerms{.words = most / 3, .characters = most / 3 * 2});
    if (model_.terms() == 0) return;
    vocabulary_ =
        std::make_unique<data::TextVocabulary>(model_.words, model_.characters, model_.idf);
    features_ = std::make_unique<Features>(*vocabulary_, texts, step_);
  }

  /// False if the texts have no term in common.
  bool has_terms() const { return model_.terms() > 0; }

  /// Chooses C and keeps the models of the folds.
  void choose() {
    std::vector<TextWeights> weights(fold_count_, start());
    double best = 0;
    for (const double strength : strengths_) {
      parallel_for(fold_count_, [&](std::size_t fold) {
        fit(
            strength,
            [&](int other) { return other != kHeldOut && other != static_cast<int>(fold); },
            weights[fold]);
      });
      const std::vector<double> losses = losses_of(weights);
      const double loss = std::reduce(losses.begin(), losses.end());
      if (!by_fold_.empty() && loss >= best) return;
      best = loss;
      strength_ = strength;
      by_fold_ = weights;
    }
  }

  /// True if the models of the folds are better than the mean of the other folds, by more than one
  /// standard error over the folds.
  bool predicts() const {
    const std::vector<double> losses = losses_of(by_fold_);
    std::vector<double> gains = losses_of(means());
    for (std::size_t fold = 0; fold < gains.size(); ++fold) gains[fold] -= losses[fold];
    const auto [mean, error] = mean_with_error(gains);
    return mean > error;
  }

  /// The scores [output][row] of models that have not seen the row.
  std::vector<data::Numbers> scores() {
    TextWeights of_all_folds = by_fold_.front();
    if (std::ranges::contains(folds_, kHeldOut)) {
      fit(strength_, [](int fold) { return fold != kHeldOut; }, of_all_folds);
    }
    std::vector<data::Numbers> scores(target_.outputs, data::Numbers(texts_.size()));
    each_row([&](std::size_t row, std::vector<double>& margins, data::TextFeatures& scratch) {
      const int fold = folds_[row];
      const TextWeights& weights =
          fold == kHeldOut ? of_all_folds : by_fold_[static_cast<std::size_t>(fold)];
      margins_of(features_->of(row, scratch), weights, target_.outputs, margins.data());
      for (std::size_t k = 0; k < target_.outputs; ++k) {
        scores[k][row] = static_cast<float>(margins[k]);
      }
    });
    return scores;
  }

  /// The model of all rows.
  data::TextModel finish() {
    TextWeights weights = by_fold_.front();
    fit(strength_, [](int) { return true; }, weights);
    const std::size_t terms = model_.terms();
    model_.weights.resize(target_.outputs);
    for (std::size_t k = 0; k < target_.outputs; ++k) {
      for (std::size_t i = 0; i < terms; ++i) {
        model_.weights[k].push_back(static_cast<float>(weights[i * target_.outputs + k]));
      }
      model_.bias.push_back(static_cast<float>(weights[terms * target_.outputs + k]));
    }
    return std::move(model_);
  }

 private:
  TextWeights start() const { return TextWeights((model_.terms() + 1) * target_.outputs, 0.0); }

  template <typename Body>
  void each_row(const Body& body) const {
    constexpr std::size_t kBlock = 1024;
    parallel_for((texts_.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
      std::vector<double> margins(target_.outputs);
      data::TextFeatures scratch;
      const std::size_t end = std::min((block + 1) * kBlock, texts_.size());
      for (std::size_t row = block * kBlock; row < end; ++row) body(row, margins, scratch);
    });
  }

  /// Minimises the objective over the rows of the folds for which `holds`, from `weights`.
  template <typename Holds>
  void fit(double strength, const Holds& holds, TextWeights& weights) const {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < folds_.size(); row += step_) {
      if (holds(folds_[row])) rows.push_back(static_cast<std::uint32_t>(row));
    }
    const auto objective = [&](const LbfgsVector& at) { return value_of(at, rows, strength); };
    minimise(objective, kTolerance * static_cast<double>(rows.size()), weights);
  }

  LbfgsValue value_of(const LbfgsVector& at, std::span<const std::uint32_t> rows,
                      double strength) const {
    const std::size_t outputs = target_.outputs;
    std::vector<LbfgsValue> parts(kParts);
    parallel_for(kParts, [&](std::size_t part) {
      LbfgsValue& sum = parts[part];
      sum.gradient.assign(at.size(), 0.0);
      std::vector<double> margins(outputs), slopes(outputs);
      data::TextFeatures scratch;
      const std::size_t end = rows.size() * (part + 1) / kParts;
      for (std::size_t i = rows.size() * part / kParts; i < end; ++i) {
        const data::TextFeatures& text = features_->of(rows[i], scratch);
        margins_of(text, at, outputs, margins.data());
        sum.loss += target_.loss(rows[i], margins.data(), slopes.data());
        for (std::size_t t = 0; t < text.terms.size(); ++t) {
          double* of_term = &sum.gradient[text.terms[t] * outputs];
          const auto value = static_cast<double>(text.values[t]);
          for (std::size_t k = 0; k < outputs; ++k) of_term[k] += value * slopes[k];
        }
        for (std::size_t k = 0; k < outputs; ++k) {
          sum.gradient[at.size() - outputs + k] += slopes[k];
        }
      }
    });
    LbfgsValue total = std::move(parts[0]);
    for (std::size_t part = 1; part < kParts; ++part) {
      total.loss += parts[part].loss;
      for (std::size_t i = 0; i < at.size(); ++i) total.gradient[i] += parts[part].gradient[i];
    }
    for (std::size_t i = 0; i < at.size() - outputs; ++i) {
      total.loss += at[i] * at[i] / (2 * strength);
      total.gradient[i] += at[i] / strength;
    }
    return total;
  }

  /// The mean loss of the rows of each fold that are learned from, by the weights of the fold.
  std::vector<double> losses_of(const std::vector<TextWeights>& by_fold) const {
    std::vector<double> losses(fold_count_, 0.0);
    parallel_for(fold_count_, [&](std::size_t fold) {
      std::vector<double> margins(target_.outputs), slopes(target_.outputs);
      data::TextFeatures scratch;
      std::size_t count = 0;
      for (std::size_t row = 0; row < folds_.size(); row += step_) {
        if (folds_[row] != static_cast<int>(fold)) continue;
        margins_of(features_->of(row, scratch), by_fold[fold], target_.outputs, margins.data());
        losses[fold] += target_.loss(row, margins.data(), slopes.data());
        ++count;
      }
      losses[fold] /= static_cast<double>(std::max<std::size_t>(1, count));
    });
    return losses;
  }

  /// For each fold the model without terms: the mean of the other folds.
  std::vector<TextWeights> means() const {
    std::vector<TextWeights> out(fold_count_, start());
    for (std::size_t fold = 0; fold < fold_count_; ++fold) {
      std::vector<double> sums(std::max<std::size_t>(2, target_.outputs), 1.0);
      double rows = static_cast<double>(sums.size());
      double numbers = 0;
      for (std::size_t row = 0; row < folds_.size(); ++row) {
        if (folds_[row] == kHeldOut || folds_[row] == static_cast<int>(fold)) continue;
        rows += 1;
        if (target_.numbers.empty()) {
          sums[static_cast<std::size_t>(target_.labels[row])] += 1;
        } else {
          numbers += target_.numbers[row];
        }
      }
      double* bias = &out[fold][model_.terms() * target_.outputs];
      switch (target_.task) {
        case data::TaskKind::binary:
          bias[0] = portable_log(sums[1] / sums[0]);
          break;
        case data::TaskKind::multiclass:
          for (std::size_t k = 0; k < target_.outputs; ++k) bias[k] = portable_log(sums[k] / rows);
          break;
        case data::TaskKind::regression:
          bias[0] = numbers / rows;
          break;
      }
    }
    return out;
  }

  const data::Texts& texts_;
  const TextTarget& target_;
  std::vector<int> folds_;
  std::size_t fold_count_ = 0;
  std::array<double, 3> strengths_;
  std::size_t step_ = 1;  ///< every so many rows are learned from
  data::TextModel model_;
  std::unique_ptr<data::TextVocabulary> vocabulary_;
  std::unique_ptr<Features> features_;
  double strength_ = 1;
  std::vector<TextWeights> by_fold_;
};

/// The reason to leave the column out, or an empty text.
std::string fit_column(data::Column& column, data::Texts& texts, const TextTarget& target,
                       const TextRows& rows, bool keep) {
  const bool names = column.mean < data::kFewestWords;
  TextFit fit(texts, target, folds_of(rows, texts, names), names);
  if (!fit.has_terms()) return "free text: its texts have no word or letters in common";
  fit.choose();
  if (!keep && !fit.predicts()) {
    return (names ? "many values that do" : "free text that does") +
           std::string(" not help to predict the target; --keep keeps it");
  }
  texts.scores = fit.scores();
  column.text = std::make_shared<data::TextScorer>(fit.finish());
  return {};
}

}  // namespace

void fit_texts(data::TableSchema& schema, data::Table& table, const TextRows& rows,
               const std::vector<std::string>& keep, const Progress& progress) {
  std::vector<data::Column> columns;
  std::vector<data::ColumnData> values;
  std::unique_ptr<TextTarget> target;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    data::Column& column = schema.columns[i];
    if (column.kind == data::ColumnKind::text) {
      progress("learning the words of '" + shown(column.name) + "'");
      if (!target) target = std::make_unique<TextTarget>(schema.target, table, rows.fold);
      const bool kept = std::ranges::any_of(keep, [&](const std::string& name) {
        return name == column.name || schema.find_named(name) == &column;
      });
      const std::string reason = fit_column(column, table.columns[i].texts(), *target, rows, kept);
      if (!reason.empty()) {
        schema.dropped.push_back({column.name, reason});
        continue;
      }
    }
    columns.push_back(std::move(column));
    values.push_back(std::move(table.columns[i]));
  }
  if (columns.empty()) {
    throw Error(ErrorKind::bad_input, "no column is left that helps to predict the target",
                "'" + schema.target.name + "'",
                "add columns, or keep a text with --keep: " +
                    (schema.dropped.empty()
                         ? std::string()
                         : schema.dropped.back().name + ": " + schema.dropped.back().reason));
  }
  schema.columns = std::move(columns);
  table.columns = std::move(values);
}

}  // namespace vitrine::train
