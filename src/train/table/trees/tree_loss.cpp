#include "train/table/trees/tree_loss.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/clones.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/portable_math.h"
#include "data/table/schema.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kBlock = 8192;
constexpr double kLargestSum = 1073741824.0;  // 2^30: an int32 holds it and its rounding

/// The derivatives of a loss by a margin.
struct Slopes {
  float first;
  float second;
};

struct Sums {
  double first = 0;
  double second = 0;
};

using SlopesOfOutputs = std::vector<std::vector<Slopes>>;

data::TaskKind task_of(const TreeTarget& target) {
  return target.classes == 0 ? data::TaskKind::regression : data::task_of(target.classes);
}

/// Rows whose margins are collected in an array: the compiler vectorizes loops over arrays that
/// nothing else refers to.
constexpr std::size_t kChunk = 256;

/// In these loops, all of them over the rows of a block, `i` is the place of the row.
VITRINE_CLONES void binary_slopes(const std::uint32_t* rows, std::size_t count, const int* labels,
                                  const float* margins, Slopes* out) {
  std::array<double, kChunk> p;
  for (std::size_t first = 0; first < count; first += kChunk) {
    const std::size_t size = std::min(kChunk, count - first);
    for (std::size_t i = 0; i < size; ++i) p[i] = -static_cast<double>(margins[rows[first + i]]);
    for (std::size_t i = 0; i < size; ++i) p[i] = 1 / (1 + portable_exp(p[i]));
    for (std::size_t i = 0; i < size; ++i) {
      out[first + i] = {static_cast<float>(p[i] - labels[rows[first + i]]),
                        static_cast<float>(std::max(p[i] * (1 - p[i]), 1e-16))};
    }
  }
}

/// Adds the losses of two classes in the order of the rows.
VITRINE_CLONES double binary_losses(const std::uint32_t* rows, std::size_t count, const int* labels,
                                    const float* margins) {
  std::array<double, kChunk> losses;
  double sum = 0;
  for (std::size_t first = 0; first < count; first += kChunk) {
    const std::size_t size = std::min(kChunk, count - first);
    for (std::size_t i = 0; i < size; ++i) {  // the margin of the right class
      const std::size_t row = rows[first + i];
      losses[i] = static_cast<double>(labels[row] == 1 ? margins[row] : -margins[row]);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const double right = losses[i];
      losses[i] = portable_log(1 + portable_exp(-std::abs(right))) + std::max(0.0, -right);
    }
    for (std::size_t i = 0; i < size; ++i) sum += losses[i];
  }
  return sum;
}

VITRINE_CLONES void poisson_slopes(const std::uint32_t* rows, std::size_t count,
                                   const float* numbers, const float* margins, Slopes* out) {
  // The second derivative is that of a step of 0.7, as in XGBoost: it keeps steps safe.
  constexpr double kSafe = 2.0137527074704766;
  for (std::size_t i = 0; i < count; ++i) {
    const double mean = portable_exp(static_cast<double>(margins[rows[i]]));
    out[i].first = static_cast<float>(mean - static_cast<double>(numbers[rows[i]]));
    out[i].second = static_cast<float>(mean * kSafe);
  }
}

void squared_slopes(const std::uint32_t* rows, std::size_t count, const float* numbers,
                    const float* margins, Slopes* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = {margins[rows[i]] - numbers[rows[i]], 1};
}

/// The probabilities of a row, in `p` with one for each class.
void softmax(const Margins& margins, std::size_t row, std::span<double> p) {
  double most = static_cast<double>(margins[0][row]);
  for (const auto& of_class : margins) most = std::max(most, static_cast<double>(of_class[row]));
  double total = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    total += p[k] = portable_exp(static_cast<double>(margins[k][row]) - most);
  }
  for (double& one : p) one /= total;
}

void softmax_slopes(std::span<const std::uint32_t> rows, const int* labels, const Margins& margins,
                    std::size_t first, SlopesOfOutputs& out) {
  std::vector<double> p(margins.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    softmax(margins, rows[i], p);
    for (std::size_t k = 0; k < p.size(); ++k) {
      const bool truth = labels[rows[i]] == static_cast<int>(k);
      // Twice the second derivative: the margins of all classes are changed at once.
      out[k][first + i] = {static_cast<float>(p[k] - (truth ? 1 : 0)),
                           static_cast<float>(std::max(2 * p[k] * (1 - p[k]), 1e-16))};
    }
  }
}

void block_slopes(const TreeTarget& target, std::span<const std::uint32_t> rows,
                  const Margins& margins, std::size_t first, SlopesOfOutputs& out) {
  switch (task_of(target)) {
    case data::TaskKind::binary:
      binary_slopes(rows.data(), rows.size(), target.labels.data(), margins[0].data(),
                    &out[0][first]);
      return;
    case data::TaskKind::multiclass:
      softmax_slopes(rows, target.labels.data(), margins, first, out);
      return;
    case data::TaskKind::regression:
      (target.loss == TreeLoss::poisson ? poisson_slopes : squared_slopes)(
          rows.data(), rows.size(), target.numbers.data(), margins[0].data(), &out[0][first]);
      return;
  }
  unknown_kind("task", task_of(target));
}

/// `rounded[row]` becomes the packed derivatives.
void round_block(std::span<const std::uint32_t> rows, const Slopes* slopes,
                 const CounterRandom& random, double first_scale, double second_scale,
                 std::int64_t* rounded) {
  constexpr double kUnit = 1.0 / 65536;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t bits = random.at(rows[i]);
    const double first = static_cast<double>(slopes[i].first) * first_scale +
                         static_cast<double>(bits >> 16) * kUnit;
    const double second = static_cast<double>(slopes[i].second) * second_scale +
                          static_cast<double>(bits & 0xFFFFU) * kUnit;
    auto down = static_cast<std::int64_t>(first);
    down -= static_cast<double>(down) > first ? 1 : 0;
    rounded[rows[i]] = (down << 32) + static_cast<std::int64_t>(second);
  }
}

void for_blocks(std::size_t rows, const std::function<void(std::size_t, std::size_t)>& body) {
  parallel_for((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    body(block * kBlock, std::min((block + 1) * kBlock, rows) - block * kBlock);
  });
}

double multiclass_losses(const TreeTarget& target, std::span<const std::uint32_t> rows,
                         const Margins& margins) {
  std::vector<double> p(margins.size());
  double sum = 0;
  for (const std::size_t row : rows) {
    softmax(margins, row, p);
    sum -= portable_log(std::max(p[static_cast<std::size_t>(target.labels[row])], 1e-16));
  }
  return sum;
}

double number_losses(const TreeTarget& target, std::span<const std::uint32_t> rows,
                     const std::vector<float>& margins) {
  double sum = 0;
  for (const std::size_t row : rows) {
    const auto margin = static_cast<double>(margins[row]);
    const auto number = static_cast<double>(target.numbers[row]);
    sum += target.loss == TreeLoss::poisson ? portable_exp(margin) - number * margin
                                            : (margin - number) * (margin - number);
  }
  return sum;
}

/// The sum of the losses of the rows, added up in their order.
double block_losses(const TreeTarget& target, std::span<const std::uint32_t> rows,
                    const Margins& margins) {
  switch (task_of(target)) {
    case data::TaskKind::binary:
      return binary_losses(rows.data(), rows.size(), target.labels.data(), margins[0].data());
    case data::TaskKind::multiclass:
      return multiclass_losses(target, rows, margins);
    case data::TaskKind::regression:
      return number_losses(target, rows, margins[0]);
  }
  unknown_kind("task", task_of(target));
}

}  // namespace

std::vector<float> row_by_row(const Margins& margins) {
  const std::size_t outputs = margins.size();
  std::vector<float> out(margins[0].size() * outputs);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = margins[i % outputs][i / outputs];
  return out;
}

std::vector<float> TreeTarget::base(std::span<const std::uint32_t> rows) const {
  if (classes == 0) return {0};
  std::vector<double> counts(std::max<std::size_t>(2, classes), 1.0);
  for (const std::size_t row : rows) ++counts[static_cast<std::size_t>(labels[row])];
  if (classes <= 2) return {static_cast<float>(portable_log(counts[1] / counts[0]))};
  std::vector<float> margins;
  const double total = static_cast<double>(rows.size() + classes);
  for (const double count : counts) {
    margins.push_back(static_cast<float>(portable_log(count / total)));
  }
  return margins;
}

double TreeTarget::mean_loss(std::span<const std::uint32_t> rows, const Margins& margins) const {
  std::vector<double> partial((rows.size() + kBlock - 1) / kBlock, 0.0);
  for_blocks(rows.size(), [&](std::size_t first, std::size_t count) {
    partial[first / kBlock] = block_losses(*this, rows.subspan(first, count), margins);
  });
  double sum = 0;
  for (const double one : partial) sum += one;
  return sum / std::max(1.0, static_cast<double>(rows.size()));
}

void quantize_gradients(const TreeTarget& target, std::span<const std::uint32_t> rows,
                        const Margins& margins, std::uint64_t seed, int round,
                        std::vector<QuantizedGradients>& out) {
  const std::size_t outputs = target.outputs();
  SlopesOfOutputs slopes(outputs, std::vector<Slopes>(rows.size()));
  std::vector<Sums> partial((rows.size() + kBlock - 1) / kBlock * outputs);
  for_blocks(rows.size(), [&](std::size_t first, std::size_t count) {
    block_slopes(target, rows.subspan(first, count), margins, first, slopes);
    for (std::size_t k = 0; k < outputs; ++k) {
      Sums& sums = partial[first / kBlock * outputs + k];
      for (std::size_t i = first; i < first + count; ++i) {
        sums.first += static_cast<double>(std::abs(slopes[k][i].first));
        sums.second += static_cast<double>(slopes[k][i].second);
      }
    }
  });
  out.resize(outputs);
  for (std::size_t k = 0; k < outputs; ++k) {
    Sums total;
    for (std::size_t i = k; i < partial.size(); i += outputs) {
      total.first += partial[i].first;
      total.second += partial[i].second;
    }
    const double first_scale = total.first > 0 ? kLargestSum / total.first : 1;
    double second_scale = total.second > 0 ? kLargestSum / total.second : 1;
    // The second derivatives of squared errors are all 1: rows are counted exactly.
    if (target.classes == 0) second_scale = std::max(1.0, std::floor(second_scale));
    out[k].gradient_unit = 1 / first_scale;
    out[k].hessian_unit = 1 / second_scale;
    out[k].of_row.resize(margins[k].size());
    const CounterRandom random(seed, static_cast<std::uint64_t>(round) * outputs + k);
    for_blocks(rows.size(), [&](std::size_t first, std::size_t count) {
      round_block(rows.subspan(first, count), &slopes[k][first], random, first_scale, second_scale,
                  out[k].of_row.data());
    });
  }
}

}  // namespace vitrine::train
