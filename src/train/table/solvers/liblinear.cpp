#include <linear.h>

#include "train/table/solvers/solvers.h"

namespace vitrine::train {

Weights solve_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                        const RowChoice& rows, double c, double tolerance) {
  const std::size_t width = design.codes_per_row + design.numbers_per_row + 2;
  std::vector<feature_node> nodes;
  std::vector<std::size_t> starts;
  std::vector<double> labels;
  nodes.reserve(design.rows * width);
  const int bias = static_cast<int>(design.features) + 1;
  for (std::size_t row = 0; row < design.rows; ++row) {
    if (!rows.holds(row)) continue;
    starts.push_back(nodes.size());
    labels.push_back(positive[row] != 0 ? 1 : -1);
    for (std::size_t i = 0; i < design.codes_per_row; ++i) {
      const std::uint32_t code = design.codes[row * design.codes_per_row + i];
      if (code < design.features) nodes.push_back({static_cast<int>(code) + 1, 1.0});
    }
    for (std::size_t i = 0; i < design.numbers_per_row; ++i) {
      const float value = design.numbers[row * design.numbers_per_row + i];
      nodes.push_back({static_cast<int>(design.first_number + i) + 1, static_cast<double>(value)});
    }
    nodes.push_back({bias, 1.0});
    nodes.push_back({-1, 0});
  }
  std::vector<feature_node*> pointers;
  for (const std::size_t start : starts) pointers.push_back(&nodes[start]);
  problem task{};
  task.l = static_cast<int>(starts.size());
  task.n = bias;
  task.y = labels.data();
  task.x = pointers.data();
  task.bias = 1;
  parameter options{};
  options.solver_type = L2R_LR;
  options.C = c;
  options.eps = tolerance;
  set_print_string_function([](const char*) {});
  ::model* fitted = ::train(&task, &options);
  // For LIBLINEAR the first class is that of the first row.
  const double sign = fitted->label[0] > 0 ? 1 : -1;
  Weights weights(design.features + 1);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = sign * fitted->w[i];
  free_and_destroy_model(&fitted);
  return weights;
}

}  // namespace vitrine::train
