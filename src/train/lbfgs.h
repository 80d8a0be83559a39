// Limited-memory BFGS (Liu and Nocedal 1989) with backtracking line search (Armijo).
#pragma once

#include <functional>
#include <vector>

namespace vitrine::train {

using LbfgsVector = std::vector<double>;

struct LbfgsValue {
  double loss = 0;
  LbfgsVector gradient;
};

/// Minimises `objective` from `w`, which is changed, until the norm of the gradient is at most
/// `tolerance`, 300 steps are done, or rounding prevents further progress. `objective` must be
/// convex. Thread-safe.
void minimise(const std::function<LbfgsValue(const LbfgsVector&)>& objective, double tolerance,
              LbfgsVector& w);

}  // namespace vitrine::train
