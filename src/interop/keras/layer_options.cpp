#include "interop/keras/layer_options.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace vitrine::interop {
namespace {

constexpr std::int64_t kLargestSide = 4096;

}  // namespace

void fail(const std::string& what) { throw std::invalid_argument(what); }

void unsupported(const KerasLayer& layer, const std::string& what) {
  fail("the layer '" + shown(layer.name) + "' (" + shown(layer.kind) + ") " + what);
}

const Json& option(const Json& config, const char* name) {
  static const Json null;
  const auto found = config.find(name);
  return found == config.end() ? null : *found;
}

double number(const Json& config, const char* name, double otherwise) {
  const Json& value = option(config, name);
  return value.is_number() ? value.get<double>() : otherwise;
}

bool flag(const Json& config, const char* name, bool otherwise) {
  const Json& value = option(config, name);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::string text(const Json& config, const char* name) {
  const Json& value = option(config, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::array<std::int64_t, 2> pair(const KerasLayer& layer, const char* name, std::int64_t otherwise,
                                 std::int64_t least) {
  const Json& value = option(layer.config, name);
  std::array<std::int64_t, 2> out{otherwise, otherwise};
  if (value.is_number_integer()) {
    out = {whole_number<std::int64_t>(value), whole_number<std::int64_t>(value)};
  } else if (value.is_array() && value.size() == 2) {
    out = {whole_number<std::int64_t>(value[0]), whole_number<std::int64_t>(value[1])};
  } else if (!value.is_null()) {
    unsupported(layer, std::string("has a strange ") + name);
  }
  if (std::ranges::any_of(out, [&](auto x) { return x < least || x > kLargestSide; }))
    unsupported(layer, std::string("has a ") + name + " out of range");
  return out;
}

std::array<std::int64_t, 4> sides(const KerasLayer& layer, const char* name) {
  const Json& value = option(layer.config, name);
  std::array<std::int64_t, 4> out{};
  if (value.is_array() && value.size() == 2 && value[0].is_array() && value[0].size() == 2 &&
      value[1].is_array() && value[1].size() == 2) {
    for (const std::size_t axis : {0, 1}) {
      out[axis] = whole_number<std::int64_t>(value[axis][0]);
      out[axis + 2] = whole_number<std::int64_t>(value[axis][1]);
    }
  } else {
    const auto [vertical, horizontal] = pair(layer, name, 0, 0);
    out = {vertical, horizontal, vertical, horizontal};
  }
  if (std::ranges::any_of(out, [](auto x) { return x < 0 || x > kLargestSide; }))
    unsupported(layer, std::string("has a ") + name + " out of range");
  return out;
}

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::vector<double> doubles(const Hdf5Array& array) {
  return {array.values.begin(), array.values.end()};
}

std::vector<double> constants(const Json& json) {
  if (json.is_number()) return {json.get<double>()};
  std::vector<double> out;
  if (!json.is_array()) return out;
  for (const Json& one : json) {
    const auto inner = constants(one);
    if (inner.empty()) return {};
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

}  // namespace vitrine::interop
