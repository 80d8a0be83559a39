#include "train/table/number_fit.h"

#include <algorithm>
#include <cmath>

#include "metrics/conformal.h"

namespace vitrine::train {
namespace {

/// Of the numbers of all rows: like the means of columns, they use no prediction.
struct Moments {
  double mean = 0;
  double deviation = 1;
  double skewness = 0;
};

Moments moments_of(std::span<const double> values) {
  Moments out;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) out.mean += value / n;
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double distance = value - out.mean;
    squares += distance * distance / n;
    cubes += distance * distance * distance / n;
  }
  if (squares > 0) {
    out.deviation = std::sqrt(squares);
    out.skewness = cubes / (squares * out.deviation);
  }
  return out;
}

bool held_out(const TrainingRows& rows, std::size_t row) {
  return rows.fold[row] < rows.validation_folds;
}

std::vector<float> scores_of(const ErrorSizes& errors, std::span<const double> log_sizes) {
  std::vector<float> scores;
  for (std::size_t row = 0; row < errors.fold.size(); ++row) {
    if (errors.fold[row] == data::kTestFold) continue;
    const double log_size = log_sizes.empty() ? 0 : log_sizes[row];
    scores.push_back(static_cast<float>(std::exp(errors.logs[row] + errors.mean - log_size)));
  }
  return scores;
}

/// The mean width of the intervals, on the scale of margins.
double width_of(const ErrorSizes& errors, std::span<const double> log_sizes) {
  const double factor = metrics::interval_factor(scores_of(errors, log_sizes), data::kDefaultLevel);
  double sum = 0;
  double count = 0;
  for (std::size_t row = 0; row < errors.fold.size(); ++row) {
    if (errors.fold[row] == data::kTestFold) continue;
    sum += factor * (log_sizes.empty() ? 1 : std::exp(log_sizes[row]));
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

ErrorSizes error_sizes(const TrainingRows& rows, const data::NumberTarget& scale,
                       std::span<const double> margins) {
  ErrorSizes out{std::vector<std::uint8_t>(margins.size(), data::kTestFold),
                 std::vector<double>(margins.size(), 0)};
  const std::vector<double> truths = scaled_targets(rows, scale);
  std::vector<double> sizes;
  for (std::size_t row = 0; row < margins.size(); ++row) {
    if (!held_out(rows, row)) continue;
    // A single validation set does not tell rows apart.
    out.fold[row] = rows.validation_folds == 1 ? static_cast<std::uint8_t>(out.rows % data::kFolds)
                                               : rows.fold[row];
    ++out.rows;
    const double predicted = scale.link == data::Link::log ? std::exp(margins[row]) : margins[row];
    const double error = std::abs(truths[row] - predicted);
    out.logs[row] = error;
    sizes.push_back(error);
  }
  if (sizes.empty()) return out;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::ranges::nth_element(sizes, middle);
  // Errors near 0 would be very small as logarithms, although they mean nothing.
  const double least = std::max(1e-3 * *middle, 1e-9);
  double sum = 0;
  for (std::size_t row = 0; row < margins.size(); ++row) {
    if (out.fold[row] == data::kTestFold) continue;
    out.logs[row] = std::log(std::max(out.logs[row], least));
    sum += out.logs[row];
  }
  out.mean = sum / static_cast<double>(sizes.size());
  for (std::size_t row = 0; row < margins.size(); ++row) {
    if (out.fold[row] != data::kTestFold) out.logs[row] -= out.mean;
  }
  return out;
}

/// Sets the intervals of `target` by the errors of held-out rows, relative to the sizes that a
/// model gave for rows that it had not seen (`log_sizes`), or to one size for all rows where that
/// gives intervals that are not wider. Returns whether the sizes are used.
bool set_intervals(data::NumberTarget& target, const ErrorSizes& errors,
                   std::span<const double> log_sizes) {
  constexpr double kGain = 0.99;
  const bool local =
      !log_sizes.empty() && width_of(errors, log_sizes) < kGain * width_of(errors, {});
  const std::span<const double> used = local ? log_sizes : std::span<const double>();
  if (local) {
    const auto [least, most] = std::ranges::minmax(log_sizes);
    target.least_log_size = least;
    target.most_log_size = most;
  }
  const std::vector<float> scores = scores_of(errors, used);
  target.intervals.clear();
  for (const double level : {0.5, 0.8, data::kDefaultLevel, 0.95, 0.99}) {
    // With fewer rows the largest error does not reach the level.
    const bool enough = static_cast<double>(scores.size() + 1) * (1 - level) >= 1 - 1e-9;
    if (!enough && level != data::kDefaultLevel) continue;
    target.intervals.push_back({level, std::max(1e-12, metrics::interval_factor(scores, level))});
  }
  return local;
}

}  // namespace

std::vector<data::NumberTarget> scales_of(const TrainingRows& rows, bool poisson) {
  constexpr double kSkewed = 1;
  const std::vector<double>& targets = rows.table.targets;
  const data::NumberTarget& known = *rows.schema.target.number;
  const Moments plain = moments_of(targets);
  std::vector<data::NumberTarget> out;
  const auto add = [&](data::Link link, double offset, double scale) {
    out.push_back(known);
    out.back().link = link;
    out.back().offset = offset;
    out.back().scale = scale;
  };
  add(data::Link::identity, plain.mean, plain.deviation);
  const bool negative = std::ranges::any_of(targets, [](double value) { return value < 0; });
  if (negative) return out;
  if (poisson && plain.mean > 0) add(data::Link::log, std::log(plain.mean), 1);
  if (plain.skewness > kSkewed) {
    std::vector<double> logs;
    for (const double value : targets) logs.push_back(std::log1p(value));
    const Moments moments = moments_of(logs);
    add(data::Link::log1p, moments.mean, moments.deviation);
  }
  return out;
}

std::vector<double> scaled_targets(const TrainingRows& rows, const data::NumberTarget& scale) {
  std::vector<double> out;
  for (const double value : rows.table.targets) {
    out.push_back(scale.link == data::Link::log
                      ? value / std::exp(scale.offset)
                      : (scale.linked(value) - scale.offset) / scale.scale);
  }
  return out;
}

std::vector<double> fold_errors(const TrainingRows& rows, const data::NumberTarget& scale,
                                std::span<const double> margins) {
  const double deviation = moments_of(rows.table.targets).deviation;
  std::vector<double> sums(rows.validation_folds, 0);
  std::vector<double> counts(rows.validation_folds, 0);
  for (std::size_t row = 0; row < margins.size(); ++row) {
    if (!held_out(rows, row)) continue;
    const double error = (scale.value_of(margins[row]) - rows.table.targets[row]) / deviation;
    sums[rows.fold[row]] += error * error;
    ++counts[rows.fold[row]];
  }
  for (std::size_t fold = 0; fold < sums.size(); ++fold) {
    sums[fold] /= std::max(1.0, counts[fold]);
  }
  return sums;
}

std::vector<float> number_outputs(const data::NumberTarget& target, std::span<const double> margins,
                                  std::span<const double> log_sizes) {
  std::vector<float> out(margins.size() * data::NumberOutputs::kCount);
  for (std::size_t row = 0; row < margins.size(); ++row) {
    const auto [prediction, low, high] =
        data::outputs_of(target, margins[row], log_sizes.empty() ? 0 : log_sizes[row]);
    float* to = &out[row * data::NumberOutputs::kCount];
    to[0] = prediction;
    to[1] = low;
    to[2] = high;
  }
  return out;
}

void HeldOutNumbers::finish(const TrainingRows& rows, const SizeModel& model, Candidate& best) {
  constexpr std::size_t kFewRows = 50;  // for a model of the sizes of errors
  errors = error_sizes(rows, *best.number, margins);
  std::vector<double> log_sizes;
  if (errors.rows >= kFewRows) {
    for (const double size : model(errors)) log_sizes.push_back(size + errors.mean);
  }
  // Rows that were not held out have no size.
  for (std::size_t row = 0; row < log_sizes.size(); ++row) {
    if (errors.fold[row] == data::kTestFold) log_sizes[row] = errors.mean;
  }
  sized = set_intervals(*best.number, errors, log_sizes);
  scale = *best.number;
  if (!sized) log_sizes.clear();
  best.outputs = number_outputs(scale, margins, log_sizes);
}

}  // namespace vitrine::train
