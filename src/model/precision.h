// The number formats in which a network computes, and what was measured of each. Plain data.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace vitrine::model {

enum class Precision { f32, bf16, int8 };

inline std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
  }
  unknown_kind("precision", precision);
}

/// The precision with that name; f32 for unknown names (of later versions).
inline Precision precision_named(std::string_view name) {
  return name == "int8" ? Precision::int8 : name == "bf16" ? Precision::bf16 : Precision::f32;
}

/// A precision compared with f32 on the same photos. Shares are in [0, 1].
struct PrecisionMeasurement {
  Precision precision = Precision::bf16;
  std::size_t photos = 0;
  double accuracy_f32 = 0;
  double accuracy = 0;
  double agreement = 0;           ///< share of predicted labels that equal those of f32
  double largest_difference = 0;  ///< of a probability
  bool accepted = false;
  std::size_t skip_first_layers = 0;  ///< convolutions, from the first, in a wider format
};

}  // namespace vitrine::model
