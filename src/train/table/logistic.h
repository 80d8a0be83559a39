// L2-regularised logistic regression on a packed design.
//
// The objective is LIBLINEAR's L2R_LR, the same as scikit-learn's `liblinear`:
//   w'w / 2 + C * sum over rows of ln(1 + exp(-y w'x)).
// The bias is a feature that is always 1 and is regularised like the others. Designs with few
// features are solved by Newton's method with the full Hessian, others by LIBLINEAR's trust region
// Newton method (Lin, Weng and Keerthi 2008).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/table/split.h"
#include "train/table/design.h"

namespace vitrine::train {

/// Up to this number of features the full Hessian is used (8 * features^2 bytes).
inline constexpr std::size_t kNewtonFeatures = 512;

/// One weight for each feature, then the bias.
using Weights = std::vector<double>;

/// The rows to train on: those whose fold is neither `left_out` nor kTestFold. An empty `fold`
/// means all rows.
struct RowChoice {
  std::span<const std::uint8_t> fold;
  int left_out = -1;

  bool holds(std::size_t row) const {
    return fold.empty() || (fold[row] != left_out && fold[row] != data::kTestFold);
  }
};

/// Fits logistic regressions on one design and one binary target, with warm starts: each fit begins
/// with the previous solution for the same `left_out`, and reuses its Hessian as long as it is
/// accurate enough. Results do not depend on the number of cores. Not thread-safe; uses all cores.
class LogisticSolver {
 public:
  /// `positive[row]` is 1 or 0. Both spans must outlive the solver.
  LogisticSolver(const Design& design, std::span<const std::uint8_t> positive,
                 std::span<const std::uint8_t> fold);

  /// The weights that minimise the objective over the rows outside fold `left_out` (-1: all except
  /// the test rows; kAllRows: also those). The objective is within 1e-10 per row of the minimum,
  /// for folds within 1e-8.
  Weights fit(double c, int left_out);
  static constexpr int kAllRows = -2;

  /// fit(c, fold) for each fold in [0, folds).
  std::vector<Weights> fit_folds(double c, std::size_t folds);

 private:
  struct State {
    Weights weights;
    std::vector<double> hessian;  ///< of the loss without penalty, at some earlier weights
    double rows = 0;              ///< number of training rows
    double loss = 0;              ///< without penalty, at `weights`
    Weights gradient;             ///< of `loss`; empty: not known
  };
  Weights fit_newton(double c, int left_out);
  State first_guess(int left_out);
  void descend(State& state, const RowChoice& rows, double c, std::size_t stride, double gain);

  const Design& design_;
  std::span<const std::uint8_t> positive_;
  std::span<const std::uint8_t> fold_;
  std::vector<std::pair<int, State>> states_;
};

/// Solves the same problem with LIBLINEAR; `tolerance` is its eps.
Weights fit_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                      const RowChoice& rows, double c, double tolerance = 1e-3);

/// Weights in the form in which they are saved: floats, with a separate bias.
struct FloatWeights {
  FloatWeights() = default;
  explicit FloatWeights(const Weights& weights);
  std::vector<float> features;
  float bias = 0;
};

/// The margins w'x of all rows. With `fold`, the weights of row r are `by_fold[fold[r]]`, and
/// margins of rows in other folds are 0; without, they are by_fold[0]. Uses all cores.
std::vector<double> margins(const Design& design, const std::vector<FloatWeights>& by_fold,
                            std::span<const std::uint8_t> fold = {});

}  // namespace vitrine::train
