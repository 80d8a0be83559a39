// L2-regularised logistic regression on a packed design.
//
// The objective is LIBLINEAR's L2R_LR, which is scikit-learn's `liblinear`:
//   w'w / 2 + C * sum over rows of ln(1 + exp(-y w'x)),
// the bias a feature that is always 1 and regularised like the others. Narrow
// designs are solved by Newton's method with the whole Hessian; wide ones by
// LIBLINEAR's own trust region Newton (Lin, Weng and Keerthi 2008).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/split.h"
#include "train/design.h"

namespace vitrine {

/// Up to this many features the Hessian is kept whole (8 bytes x features^2).
inline constexpr std::size_t kNewtonFeatures = 512;

/// Weights, one a feature, and the bias last.
using Weights = std::vector<double>;

/// Rows that teach: those whose fold is not `left_out` and not kTestFold. An
/// empty `fold` means all rows.
struct RowChoice {
  std::span<const std::uint8_t> fold;
  int left_out = -1;

  bool holds(std::size_t row) const {
    return fold.empty() || (fold[row] != left_out && fold[row] != kTestFold);
  }
};

/// Fits logistic regressions on one design and one two-valued target, warm: each
/// fit starts from the one before with the same `left_out`, and Hessians are
/// used again while they still serve. Results do not depend on the number of
/// cores. Not thread-safe.
class LogisticSolver {
 public:
  /// `positive[row]` is 1 or 0. Both spans must outlive the solver.
  LogisticSolver(const Design& design, std::span<const std::uint8_t> positive,
                 std::span<const std::uint8_t> fold);

  /// The weights that minimise the objective over the rows outside `left_out`
  /// (-1: all but the test rows; kAllRows: those too). Within 1e-10 a row of
  /// the least objective, for a fold 1e-8.
  Weights fit(double c, int left_out);
  static constexpr int kAllRows = -2;

  /// fit(c, fold) for each fold in [0, folds).
  std::vector<Weights> fit_folds(double c, std::size_t folds);

 private:
  struct State {
    Weights weights;
    std::vector<double> hessian;  ///< of the loss alone, at some earlier weights
    double rows = 0;              ///< that teach
    double loss = 0;              ///< without the penalty, at `weights`
    Weights gradient;             ///< of it; empty: not known
  };
  Weights fit_newton(double c, int left_out);
  State first_guess(int left_out);
  void descend(State& state, const RowChoice& rows, double c, std::size_t stride, double gain);

  const Design& design_;
  std::span<const std::uint8_t> positive_;
  std::span<const std::uint8_t> fold_;
  std::vector<std::pair<int, State>> states_;
};

/// LIBLINEAR on the same rows; `tolerance` is its eps.
Weights fit_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                      const RowChoice& rows, double c, double tolerance = 1e-3);

/// Weights as they are saved: floats, the bias apart.
struct FloatWeights {
  FloatWeights() = default;
  explicit FloatWeights(const Weights& weights);
  std::vector<float> features;
  float bias = 0;
};

/// The margins w'x of all rows. With `fold`, row r is judged by
/// `by_fold[fold[r]]` and rows of other folds are left 0; without, by by_fold[0].
std::vector<double> margins(const Design& design, const std::vector<FloatWeights>& by_fold,
                            std::span<const std::uint8_t> fold = {});

}  // namespace vitrine
