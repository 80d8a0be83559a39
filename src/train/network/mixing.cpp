#include "train/network/mixing.h"

#include <torch/torch.h>

#include <cmath>

namespace vitrine::train {
namespace {

/// A draw of Beta(a, a) from two Gamma variates (Marsaglia and Tsang 2000).
double beta(double a, Random& random) {
  const auto gamma = [&](double shape) {
    const double boost = shape < 1 ? std::pow(random.uniform() + 1e-12, 1 / shape) : 1;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    for (;;) {
      const double x = random.normal();
      const double v = std::pow(1 + x / std::sqrt(9 * d), 3);
      if (v > 0 &&
          std::log(random.uniform() + 1e-300) < 0.5 * x * x + d - d * v + d * std::log(v)) {
        return boost * d * v;
      }
    }
  };
  const double x = gamma(a);
  return x / (x + gamma(a) + 1e-12);
}

}  // namespace

void mix(torch::Tensor& images, torch::Tensor& truth, const Recipe& recipe, Random& random) {
  const bool cut = random.bernoulli(recipe.cutmix);
  if (!cut && recipe.mixup <= 0) return;
  const torch::Tensor order = torch::randperm(images.size(0)).to(images.device());
  const torch::Tensor others = images.index_select(0, order);
  double share = cut ? random.uniform() : beta(recipe.mixup, random);
  if (cut) {
    const auto height = images.size(1);
    const auto width = images.size(2);
    const double side = std::sqrt(1 - share);
    const auto h = static_cast<std::int64_t>(side * static_cast<double>(height));
    const auto w = static_cast<std::int64_t>(side * static_cast<double>(width));
    const auto top =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(height - h + 1)));
    const auto left =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(width - w + 1)));
    images.slice(1, top, top + h)
        .slice(2, left, left + w)
        .copy_(others.slice(1, top, top + h).slice(2, left, left + w));
    share = 1 - static_cast<double>(h * w) / static_cast<double>(height * width);
  } else {
    images = images.to(torch::kFloat32) * share + others.to(torch::kFloat32) * (1 - share);
  }
  truth = truth * share + truth.index_select(0, order) * (1 - share);
}

}  // namespace vitrine::train
