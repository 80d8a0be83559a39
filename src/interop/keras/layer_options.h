// Reads the options of Keras layers.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "interop/keras/model_tree.h"

namespace vitrine::interop {

using Shape = std::vector<std::int64_t>;

/// Throws std::invalid_argument: why a model can't be imported.
[[noreturn]] void fail(const std::string& what);

// All throw std::invalid_argument, with the layer's name, for what they can't read.

[[noreturn]] void unsupported(const KerasLayer& layer, const std::string& what);

/// The value of a name; null if there is none.
const Json& option(const Json& config, const char* name);
double number(const Json& config, const char* name, double otherwise);
bool flag(const Json& config, const char* name, bool otherwise);
/// Empty if there is none.
std::string text(const Json& config, const char* name);

/// `3` or `[3, 3]`: height and width, from `least` to 4,096.
std::array<std::int64_t, 2> pair(const KerasLayer& layer, const char* name, std::int64_t otherwise,
                                 std::int64_t least = 1);
/// `1`, `[1, 1]` or `[[0, 1], [0, 1]]`: top, left, bottom, right.
std::array<std::int64_t, 4> sides(const KerasLayer& layer, const char* name);

std::vector<float> floats(const std::vector<double>& values);
std::vector<double> doubles(const Hdf5Array& array);

/// The numbers of a number or of nested lists; empty for other things.
std::vector<double> constants(const Json& json);

}  // namespace vitrine::interop
