#include "data/table/number_target.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

void check(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

Link link_named(std::string_view name) {
  for (const Link link : {Link::identity, Link::log, Link::log1p}) {
    if (name == name_of(link)) return link;
  }
  throw std::invalid_argument("the target has the unknown link '" + shown(name) + "'");
}

float finite_float(double x) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(x, -kMost, kMost));
}

/// Of numbers that are never negative.
NumberOutputs around(double prediction, double half) {
  return {static_cast<float>(prediction), finite_float(std::max(0.0, prediction - half)),
          finite_float(prediction + half)};
}

}  // namespace

std::string_view name_of(Link link) {
  switch (link) {
    case Link::identity:
      return "identity";
    case Link::log:
      return "log";
    case Link::log1p:
      return "log1p";
  }
  unknown_kind("link", link);
}

double NumberTarget::value_of(double margin) const {
  // Beyond, floats overflow.
  constexpr double kMostLog = 80;
  const double v = margin * scale + offset;
  switch (link) {
    case Link::identity:
      return v;
    case Link::log:
      return std::exp(std::clamp(v, -kMostLog, kMostLog));
    case Link::log1p:
      return std::max(0.0, std::exp(std::clamp(v, -kMostLog, kMostLog)) - 1);
  }
  unknown_kind("link", link);
}

double NumberTarget::linked(double value) const {
  switch (link) {
    case Link::identity:
      return value;
    case Link::log:
      return std::log(value);
    case Link::log1p:
      return std::log1p(value);
  }
  unknown_kind("link", link);
}

std::optional<double> NumberTarget::factor_of(double level) const {
  for (const Interval& one : intervals) {
    if (one.level >= level - 1e-9) return one.factor;
  }
  return std::nullopt;
}

std::span<const char* const> output_names(const NumberTarget& target) {
  return std::span(NumberOutputs::kNames).first(target.has_intervals() ? NumberOutputs::kCount : 1);
}

NumberOutputs number_outputs(std::span<const float> outputs) {
  if (outputs.size() < NumberOutputs::kCount) return {outputs[0], outputs[0], outputs[0]};
  return {outputs[0], outputs[1], outputs[2]};
}

NumberOutputs outputs_of(const NumberTarget& target, double margin, double log_size) {
  if (!target.has_intervals()) {
    const auto prediction = static_cast<float>(target.value_of(margin));
    return {prediction, prediction, prediction};
  }
  const double size = std::exp(std::clamp(log_size, target.least_log_size, target.most_log_size));
  const double half = target.factor_of(kDefaultLevel).value_or(0) * size;
  if (target.link == Link::log) {
    return around(target.value_of(margin), half * std::exp(target.offset));
  }
  return {static_cast<float>(target.value_of(margin)),
          static_cast<float>(target.value_of(margin - half)),
          static_cast<float>(target.value_of(margin + half))};
}

NumberOutputs at_level(const NumberTarget& target, const NumberOutputs& outputs, double level) {
  const double ratio =
      target.factor_of(level).value_or(0) / target.factor_of(kDefaultLevel).value_or(1);
  const double prediction = outputs.prediction;
  if (target.link == Link::log) {
    return around(prediction, (static_cast<double>(outputs.high) - prediction) * ratio);
  }
  NumberTarget plain;  // the link alone
  plain.link = target.link;
  const double middle = target.linked(prediction);
  const double half = (target.linked(static_cast<double>(outputs.high)) - middle) * ratio;
  return {outputs.prediction, finite_float(plain.value_of(middle - half)),
          finite_float(plain.value_of(middle + half))};
}

Json to_json(const NumberTarget& target) {
  Json json{{"quantiles", target.quantiles},
            {"mean", target.mean},
            {"whole_numbers", target.whole_numbers},
            {"link", name_of(target.link)},
            {"offset", target.offset},
            {"scale", target.scale},
            {"log_sizes", {target.least_log_size, target.most_log_size}}};
  if (!target.missing_numbers.empty()) json["missing_numbers"] = target.missing_numbers;
  if (!target.format.plain) json["format"] = to_json(target.format);
  for (const NumberTarget::Interval& one : target.intervals) {
    json["intervals"].push_back({{"level", one.level}, {"factor", one.factor}});
  }
  return json;
}

NumberTarget number_target_from_json(const Json& json) {
  NumberTarget target;
  json.at("quantiles").get_to(target.quantiles);
  json.at("mean").get_to(target.mean);
  json.at("whole_numbers").get_to(target.whole_numbers);
  target.link = link_named(json.at("link").get<std::string>());
  json.at("offset").get_to(target.offset);
  json.at("scale").get_to(target.scale);
  target.least_log_size = json.at("log_sizes").at(0);
  target.most_log_size = json.at("log_sizes").at(1);
  target.missing_numbers = json.value("missing_numbers", std::vector<double>{});
  if (json.contains("format")) target.format = number_format_from_json(json["format"]);
  for (const Json& one : json.value("intervals", Json::array())) {
    target.intervals.push_back({one.at("level"), one.at("factor")});
  }
  const bool imported = target.quantiles.empty() && !target.has_intervals();
  check(imported || (target.quantiles.size() == 11 && std::ranges::is_sorted(target.quantiles)),
        "the target does not have eleven quantiles in order");
  check(std::isfinite(target.offset) && std::isfinite(target.scale) && target.scale > 0,
        "the target's scale is out of range");
  check(target.least_log_size <= target.most_log_size && target.least_log_size >= -700 &&
            target.most_log_size <= 700,
        "the sizes of errors are out of range");
  const auto sound = [](const NumberTarget::Interval& one) {
    return one.level > 0 && one.level < 1 && one.factor > 0 && std::isfinite(one.factor);
  };
  check(std::ranges::all_of(target.intervals, sound) &&
            std::ranges::is_sorted(target.intervals, {}, &NumberTarget::Interval::level) &&
            (imported || std::ranges::contains(target.intervals, kDefaultLevel,
                                               &NumberTarget::Interval::level)),
        "the levels of the prediction intervals are not in order");
  return target;
}

}  // namespace vitrine::data
