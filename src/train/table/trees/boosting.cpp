#include "train/table/trees/boosting.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "data/table/split.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

/// Rounds without improvement after which training stops.
int patience(const TreeOptions& options) {
  constexpr double kSteps = 3;
  return std::clamp(static_cast<int>(kSteps / options.learning_rate), 30, 60);
}

constexpr int kBlockOfRounds = 10;
constexpr std::size_t kBlock = 8192;

/// Streams of random numbers of a round; gradients have others.
enum Stream : std::uint64_t {
  kColumns = std::uint64_t{1} << 30,
  kRows = std::uint64_t{2} << 30,
  kSample = std::uint64_t{3} << 30
};

/// True if the last `rounds` rounds did not help or, for classes, hardly did: log losses near 0
/// need not come closer, but squared errors of numbers may be small from the start.
bool has_settled(const TreeTrial& trial, const TreeTarget& target, int rounds) {
  const double least_gain = target.classes > 0 ? 3e-5 * trial.losses.front() : 0;
  const std::size_t count = trial.losses.size();
  const auto last = static_cast<std::size_t>(rounds);
  if (count - static_cast<std::size_t>(trial.rounds) >= last) return true;
  return count > last && trial.losses[count - 1 - last] - trial.losses.back() < least_gain;
}

/// True if the loss would stay above `to_beat` after twice as many rounds, at the pace of the last
/// half of them; it slows down.
bool falls_short(const std::vector<double>& losses, double to_beat) {
  constexpr std::size_t kFewest = 40;
  if (losses.size() < kFewest) return false;
  const double gain = losses[losses.size() / 2] - losses.back();
  return losses.back() - 2 * std::max(0.0, gain) > to_beat;
}

}  // namespace

Booster::Booster(const BinnedTable& table, const TreeTarget& target, const TreeOptions& options,
                 std::vector<std::uint32_t> rows, std::vector<std::uint32_t> held_out)
    : table_(table),
      target_(target),
      options_(options),
      rows_(std::move(rows)),
      held_out_(std::move(held_out)),
      base_(target.base(rows_)),
      grower_(table) {
  for (const float base : base_) margins_.emplace_back(table.rows(), base);
}

std::vector<std::size_t> Booster::sample_columns() const {
  std::vector<std::size_t> columns(table_.columns().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  const auto count = static_cast<double>(columns.size());
  const auto wanted =
      static_cast<std::size_t>(std::max(1.0, std::round(options_.column_share * count)));
  if (wanted >= columns.size()) return columns;
  const CounterRandom random(options_.seed, kColumns + static_cast<std::uint64_t>(rounds_));
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::uint64_t rest = columns.size() - i;
    std::swap(columns[i], columns[i + static_cast<std::size_t>(random.at(i) * rest >> 32)]);
  }
  columns.resize(wanted);
  std::ranges::sort(columns);
  return columns;
}

std::vector<std::uint32_t> Booster::sample_rows(std::vector<std::uint32_t>& others) const {
  const CounterRandom random(options_.seed, kRows + static_cast<std::uint64_t>(rounds_));
  std::vector<std::uint32_t> sample;
  sample.reserve(rows_.size());
  for (const std::uint32_t row : rows_) {
    (random.happens(row, options_.row_share) ? sample : others).push_back(row);
  }
  return sample.empty() ? rows_ : sample;
}

void Booster::add_to_margins(const BinnedTree& tree, std::span<const std::uint32_t> rows,
                             std::vector<float>& margins) const {
  parallel_for((rows.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kBlock, rows.size());
    for (std::size_t i = block * kBlock; i < end; ++i) {
      margins[rows[i]] += tree.value_of(table_, rows[i]);
    }
  });
}

void Booster::add_round() {
  quantize_gradients(target_, rows_, margins_, options_.seed, rounds_, gradients_);
  const std::vector<std::size_t> columns = sample_columns();
  std::vector<std::uint32_t> others;
  std::vector<std::uint32_t> sample;
  if (options_.row_share < 1) sample = sample_rows(others);
  const GrowOptions grow{.depth = options_.depth,
                         .leaves = static_cast<std::size_t>(std::max(0, options_.leaves)),
                         .least_hessian = options_.least_hessian,
                         .l2 = options_.l2,
                         .learning_rate = options_.learning_rate,
                         .most_step = target_.loss == TreeLoss::poisson ? 0.7 : 0};
  for (std::size_t k = 0; k < margins_.size(); ++k) {
    std::vector<float>& margins = margins_[k];
    GrownTree grown = grower_.grow(sample.empty() ? rows_ : sample, gradients_[k], columns, grow);
    grower_.for_each_leaf([&](float value, std::span<const std::uint32_t> rows) {
      for (const std::size_t row : rows) margins[row] += value;
    });
    add_to_margins(grown.binned, others, margins);
    add_to_margins(grown.binned, held_out_, margins);
    trees_.push_back(std::move(grown.tree));
    binned_trees_.push_back(std::move(grown.binned));
  }
  ++rounds_;
}

std::vector<float> Booster::held_out_margins(int rounds) const {
  const std::size_t outputs = base_.size();
  std::vector<float> out(held_out_.size() * outputs);
  parallel_for((held_out_.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kBlock, held_out_.size());
    for (std::size_t i = block * kBlock; i < end; ++i) {
      float* sums = &out[i * outputs];
      std::ranges::copy(base_, sums);
      for (std::size_t t = 0; t < static_cast<std::size_t>(rounds) * outputs; ++t) {
        sums[t % outputs] += binned_trees_[t].value_of(table_, held_out_[i]);
      }
    }
  });
  return out;
}

model::TreeEnsemble Booster::ensemble(int rounds) && {
  trees_.resize(static_cast<std::size_t>(rounds) * base_.size());
  return {.trees = std::move(trees_), .base = std::move(base_)};
}

std::vector<TreeFold> tree_folds(std::span<const std::uint8_t> fold, std::size_t count) {
  std::vector<TreeFold> folds(count);
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (fold[row] == data::kTestFold) continue;
    for (std::size_t i = 0; i < count; ++i) {
      auto& rows = fold[row] == i ? folds[i].validation : folds[i].train;
      rows.push_back(static_cast<std::uint32_t>(row));
    }
  }
  return folds;
}

std::vector<TreeFold> sampled_folds(const std::vector<TreeFold>& folds, std::size_t rows,
                                    std::size_t most) {
  if (rows <= most) return folds;
  const CounterRandom random(0, kSample);
  const double share = static_cast<double>(most) / static_cast<double>(rows);
  const auto sample = [&](const std::vector<std::uint32_t>& all) {
    std::vector<std::uint32_t> some;
    std::ranges::copy_if(all, std::back_inserter(some),
                         [&](std::uint32_t row) { return random.happens(row, share); });
    return some;
  };
  std::vector<TreeFold> out;
  for (const TreeFold& fold : folds) out.push_back({sample(fold.train), sample(fold.validation)});
  return out;
}

TreeTrial cross_validate_trees(const BinnedTable& table, const TreeTarget& target,
                               const std::vector<TreeFold>& folds, const TreeOptions& options,
                               double to_beat) {
  std::vector<std::unique_ptr<Booster>> boosters;
  for (const TreeFold& fold : folds) {
    boosters.push_back(
        std::make_unique<Booster>(table, target, options, fold.train, fold.validation));
  }
  std::vector<std::vector<double>> losses(folds.size());
  TreeTrial trial;
  double best = std::numeric_limits<double>::infinity();
  for (int first = 0; first < options.most_rounds; first += kBlockOfRounds) {
    parallel_for(folds.size(), [&](std::size_t i) {
      for (int round = 0; round < kBlockOfRounds; ++round) {
        boosters[i]->add_round();
        losses[i].push_back(boosters[i]->held_out_loss());
      }
    });
    for (int round = first; round < first + kBlockOfRounds; ++round) {
      double mean = 0;
      for (const auto& of_fold : losses) mean += of_fold[static_cast<std::size_t>(round)];
      mean /= static_cast<double>(folds.size());
      trial.losses.push_back(mean);
      if (mean < best) {
        best = mean;
        trial.rounds = round + 1;
      }
    }
    if (has_settled(trial, target, patience(options)) || falls_short(trial.losses, to_beat)) break;
  }
  const std::size_t outputs = target.outputs();
  trial.margins.assign(outputs, std::vector<float>(table.rows()));
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const std::vector<float> margins = boosters[i]->held_out_margins(trial.rounds);
    for (std::size_t row = 0; row < folds[i].validation.size(); ++row) {
      for (std::size_t k = 0; k < outputs; ++k) {
        trial.margins[k][folds[i].validation[row]] = margins[row * outputs + k];
      }
    }
    trial.fold_losses.push_back(losses[i][static_cast<std::size_t>(trial.rounds) - 1]);
  }
  trial.first_fold = std::move(*boosters[0]).ensemble(trial.rounds);
  return trial;
}

model::TreeEnsemble fit_trees(const BinnedTable& table, const TreeTarget& target,
                              std::vector<std::uint32_t> rows, const TreeOptions& options,
                              int rounds) {
  Booster booster(table, target, options, std::move(rows));
  for (int round = 0; round < rounds; ++round) booster.add_round();
  return std::move(booster).ensemble(rounds);
}

}  // namespace vitrine::train
