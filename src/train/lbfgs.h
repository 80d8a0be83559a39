// Limited-memory BFGS (Liu and Nocedal 1989) with halving steps (Armijo).
#pragma once

#include <functional>
#include <vector>

namespace vitrine {

using LbfgsVector = std::vector<double>;

struct LbfgsValue {
  double loss = 0;
  LbfgsVector gradient;
};

/// Walks from `w` downhill until the gradient's norm is at most `tolerance`, 300
/// steps are done or rounding is all that is left. `objective` must be convex.
void minimise(const std::function<LbfgsValue(const LbfgsVector&)>& objective, double tolerance,
              LbfgsVector& w);

}  // namespace vitrine
