#include "base/json.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace vitrine {

double rounded(double value, int digits) {
  if (!std::isfinite(value)) return value;
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

}  // namespace vitrine
