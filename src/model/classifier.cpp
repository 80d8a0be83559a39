#include "model/classifier.h"

#include <algorithm>

namespace vitrine::model {
namespace {

bool differ_only_in_leaves(const Tree& first, const Tree& second) {
  return std::ranges::equal(first.nodes, second.nodes, [](const auto& a, const auto& b) {
    if (a.feature != b.feature || a.left != b.left || a.right != b.right || a.cover != b.cover) {
      return false;
    }
    return a.feature < 0 || (a.value == b.value && a.missing_left == b.missing_left);
  });
}

}  // namespace

std::size_t TreeEnsemble::shapes_from(std::size_t tree) const {
  const std::size_t margins = base.size();
  if (!margins_are_probabilities || tree % margins != 0) return 1;
  for (std::size_t k = 1; k < margins; ++k) {
    if (tree + k >= trees.size() || !differ_only_in_leaves(trees[tree], trees[tree + k])) return 1;
  }
  return margins;
}

}  // namespace vitrine::model
