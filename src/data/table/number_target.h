// A target that is a number: how a model's margins become a number and its prediction interval. The
// graph of a model (model/table_graph.cpp) has the same arithmetic.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/table/number_format.h"

namespace vitrine::data {

/// How a model computes the number that it predicts from `v`, a scaled margin.
enum class Link {
  identity,  ///< v
  log,       ///< exp(v): counts (Poisson regression)
  log1p      ///< exp(v) - 1: numbers from 0 on, of which some are very large
};
std::string_view name_of(Link link);

/// A target that is a number. A model of it computes two margins for a row: `m`, and the logarithm
/// of the size `s` of its error. The prediction is value_of(m), its interval at a level goes from
/// value_of(m - f s) to value_of(m + f s), with the factor f of the level; with the link `log1p` no
/// end is below 0. With the link `log`,
/// under which 0 is infinitely far from any other number, it goes from value_of(m) - f s
/// exp(offset), but at least 0, to value_of(m) + f s exp(offset).
struct NumberTarget {
  NumberFormat format;  ///< how texts of the training table are written
  /// 0, 10, ..., 100 % of the training rows; empty if they are not known (imported models)
  std::vector<double> quantiles;
  double mean = 0;  ///< of the training rows, if `quantiles` are known
  bool whole_numbers = false;
  std::vector<double> missing_numbers;  ///< numbers that stand for missing

  // Set by training.
  Link link = Link::identity;
  double offset = 0;
  double scale = 1;  ///< above 0
  struct Interval {
    double level = 0;   ///< the share of cases whose number is in the interval, in (0, 1)
    double factor = 0;  ///< above 0
    bool operator==(const Interval&) const = default;
  };
  /// By rising level; one is kDefaultLevel. Empty: predictions have no interval (imported models),
  /// and the model computes the margin `m` alone.
  std::vector<Interval> intervals;

  /// The logarithms of sizes that held-out rows had: others are brought into this range, because a
  /// linear model of sizes knows no bounds.
  double least_log_size = -50;
  double most_log_size = 50;

  /// The number of a margin: the inverse link of the scaled margin.
  double value_of(double margin) const;
  /// The link of a number: the scaled margin.
  double linked(double value) const;
  bool has_intervals() const { return !intervals.empty(); }
  /// The factor of the smallest level that is at least `level`; nullopt if there is none.
  std::optional<double> factor_of(double level) const;
};

/// The level of the interval that predictions have unless another one is asked for.
inline constexpr double kDefaultLevel = 0.9;

/// The outputs of a model of a number for a row: the prediction and its interval at kDefaultLevel.
/// Without intervals there is the prediction alone, and all three are equal here.
struct NumberOutputs {
  static constexpr std::size_t kCount = 3;
  static constexpr std::array<const char*, kCount> kNames{"prediction", "low", "high"};
  float prediction = 0;
  float low = 0;
  float high = 0;
};

/// The names of the outputs that a model of this target has.
std::span<const char* const> output_names(const NumberTarget& target);

/// The outputs of one row as a model gives them, one or three numbers.
NumberOutputs number_outputs(std::span<const float> outputs);

/// The outputs of margins; without intervals `log_size` is not read.
NumberOutputs outputs_of(const NumberTarget& target, double margin, double log_size);
/// The same with an interval at another level, which must exist.
NumberOutputs at_level(const NumberTarget& target, const NumberOutputs& outputs, double level);

Json to_json(const NumberTarget& target);
/// Throws std::exception if `json` is not the output of to_json(), or its values contradict.
NumberTarget number_target_from_json(const Json& json);

}  // namespace vitrine::data
