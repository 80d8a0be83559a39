#include "engine/table/compiled_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/margin_link.h"
#include "engine/table/compiled_linear.h"
#include "engine/table/compiled_trees.h"
#include "engine/table/node_trees.h"
#include "engine/table/tree_contributions.h"
#include "model/table_parameters.h"

namespace vitrine::engine {
namespace {

/// The number of rows of one task of a thread.
constexpr std::size_t kPiece = 4096;

using CompiledModel = std::variant<CompiledLinear, CompiledTrees, NodeTrees>;

class CompiledTable : public Predictor {
 public:
  CompiledTable(const model::Card& card, CompiledLinear model, bool softmax)
      : card_(card),
        classes_(card.schema.target.outputs()),
        link_(card.schema.target.number ? MarginLink::number
              : classes_ == 2           ? MarginLink::logistic
              : softmax                 ? MarginLink::softmax
                                        : MarginLink::one_against_rest),
        engine_("compiled: a linear model as sums and look-ups"),
        model_(std::move(model)) {}

  CompiledTable(const model::Card& card, CompiledModel trees, bool margins_are_probabilities,
                std::optional<TreeContributions> contributions)
      : card_(card),
        classes_(card.schema.target.outputs()),
        link_(card.schema.target.number   ? MarginLink::number
              : margins_are_probabilities ? MarginLink::probability
              : classes_ == 2             ? MarginLink::logistic
                                          : MarginLink::softmax),
        engine_(std::holds_alternative<CompiledTrees>(trees)
                    ? std::string("compiled: trees, kernel ") + name_of(best_tree_kernel())
                    : "compiled: trees, node by node"),
        model_(std::move(trees)),
        contributions_(std::move(contributions)) {}

  Predictions predict(const data::Table& table) const override {
    Predictions out;
    out.classes = classes_;
    out.probabilities.resize(table.rows * classes_);
    out.predicted.resize(table.rows);
    const auto piece = [&](std::size_t begin, std::size_t end) {
      const std::size_t block = std::holds_alternative<NodeTrees>(model_) ? kPiece : kBlock;
      for (std::size_t at = begin; at < end; at += block) {
        predict_block(table, at, std::min(block, end - at), out);
      }
    };
    if (table.rows <= kBlock) {
      piece(0, table.rows);
    } else {
      const std::size_t size = std::min(kPiece, (table.rows + kFewestPieces - 1) / kFewestPieces);
      parallel_for((table.rows + size - 1) / size,
                   [&](std::size_t i) { piece(i * size, std::min((i + 1) * size, table.rows)); });
    }
    return out;
  }

  bool explains() const override {
    const auto* linear = std::get_if<CompiledLinear>(&model_);
    return linear != nullptr ? linear->knows_means() : contributions_.has_value();
  }

  Contributions explain(const data::Table& table) const override {
    Contributions out;
    out.columns = card_.schema.columns.size();
    out.targets = targets();
    out.link = link_;
    const auto* linear = std::get_if<CompiledLinear>(&model_);
    if (!explains()) {
      throw Error(ErrorKind::bad_input,
                  "this model can't explain its predictions: the file has no statistics of the "
                  "training rows",
                  "explain",
                  "train the model with this version; imported models can't be explained");
    }
    out.base = linear != nullptr ? linear->base() : contributions_->base();
    const std::size_t each = out.targets * out.columns;
    out.values.resize(table.rows * each);
    constexpr std::size_t kRows = TreeContributions::kRows;
    parallel_for((table.rows + kRows - 1) / kRows, [&](std::size_t i) {
      const std::size_t first = i * kRows;
      const std::size_t count = std::min(kRows, table.rows - first);
      if (linear != nullptr) {
        linear->contributions(table, first, count, &out.values[first * each]);
      } else {
        contributions_->add(table, first, count, &out.values[first * each]);
      }
    });
    if (card_.schema.target.number) scale_to_target(out, table.rows);
    for (std::size_t i = 0; i < out.columns; ++i) {
      const auto* texts = std::get_if<data::Texts>(&table.columns[i].values);
      if (texts != nullptr) out.texts.push_back({i, texts->texts});
    }
    // Contributions and their sums are written as floats.
    const auto fits = [](double x) { return std::abs(x) < 1e30; };
    if (!std::ranges::all_of(out.values, fits) || !std::ranges::all_of(out.base, fits)) {
      throw Error(ErrorKind::bad_input, "a contribution is too large to be written", "explain",
                  "send numbers in the range of the training data, or leave explain out");
    }
    return out;
  }

  std::string engine() const override { return engine_; }

 private:
  /// Keeps the contributions to the first margin, in the unit of the linked target.
  void scale_to_target(Contributions& all, std::size_t rows) const {
    const data::NumberTarget& target = *card_.schema.target.number;
    std::vector<double> values(rows * all.columns);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < all.columns; ++i) {
        values[row * all.columns + i] = all.of(row, 0)[i] * target.scale;
      }
    }
    all = {all.columns, 1, {all.base[0] * target.scale + target.offset}, std::move(values)};
  }

  static constexpr std::size_t kBlock = kRowsAtOnce;
  static constexpr std::size_t kFewestPieces = 8;

  std::size_t targets() const { return card_.schema.target.margins(); }

  void predict_block(const data::Table& table, std::size_t first, std::size_t count,
                     Predictions& out) const {
    const std::size_t targets = this->targets();
    std::array<double, 4 * kBlock> few;
    std::vector<double> many;
    double* margins = few.data();
    if (count * targets > few.size()) {
      many.resize(count * targets);
      margins = many.data();
    }
    std::visit([&](const auto& model) { model.margins(table, first, count, margins); }, model_);
    for (std::size_t row = 0; row < count; ++row) {
      const std::size_t at = first + row;
      float* probabilities = &out.probabilities[at * classes_];
      link(margins + row * targets, probabilities);
      check(probabilities, at);
      out.predicted[at] = predicted_class(card_, probabilities);
    }
  }

  void link(const double* margins, float* out) const {
    if (link_ == MarginLink::number) {
      const bool sized = targets() > 1;
      const auto [prediction, low, high] =
          data::outputs_of(*card_.schema.target.number, margins[0], sized ? margins[1] : 0);
      out[0] = prediction;
      if (!sized) return;
      out[1] = low;
      out[2] = high;
      return;
    }
    write_probabilities(link_, margins, classes_, out);
  }

  /// The weights of a damaged file may be NaN.
  void check(const float* probabilities, std::size_t row) const {
    if (are_valid_outputs(card_.schema.target, {probabilities, classes_})) return;
    if (link_ == MarginLink::number) refuse_number(row);
    throw Error(ErrorKind::bad_model, "the model does not compute valid probabilities",
                "output 'probabilities'", "train the model again");
  }

  model::Card card_;
  std::size_t classes_;
  MarginLink link_;
  std::string engine_;
  CompiledModel model_;
  std::optional<TreeContributions> contributions_;  ///< if the trees have covers
};

std::unique_ptr<Predictor> compile(const model::Card& card, const model::LinearModel& linear) {
  return std::make_unique<CompiledTable>(
      card, CompiledLinear(linear, card.schema, model::lay_out_features(card.schema, true)),
      linear.softmax);
}

std::unique_ptr<Predictor> compile(const model::Card& card, const model::TreeEnsemble& ensemble) {
  const model::FeatureLayout layout = model::lay_out_features(card.schema, false);
  auto small = CompiledTrees::compile(ensemble, card.schema, layout);
  return std::make_unique<CompiledTable>(
      card,
      small ? CompiledModel(std::move(*small))
            : CompiledModel(NodeTrees(ensemble, card.schema, layout)),
      ensemble.margins_are_probabilities, TreeContributions::of(ensemble, card.schema, layout));
}

}  // namespace

std::unique_ptr<Predictor> open_compiled_table(const model::ModelFile& file) {
  const model::Card& card = *file.card;
  const auto classifier = model::classifier_of_graph(*file.outline, card.schema, card.threshold);
  if (!classifier) return nullptr;
  return std::visit([&](const auto& parameters) { return compile(card, parameters); }, *classifier);
}

}  // namespace vitrine::engine
