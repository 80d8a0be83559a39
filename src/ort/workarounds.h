// Graphs that ONNX Runtime 1.21 is known to compute wrongly, and how each is run all the same.
// ARCHITECTURE.md lists the bugs, with their issues.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

struct Workarounds {
  /// Passes of the optimiser that must not touch this graph, by ONNX Runtime's names, with ';'
  /// between them (its header says commas, which it does not read).
  std::string disabled_passes;
  /// The graph written so that the wrong kernels are not met; nothing where it is fine as it is.
  std::optional<std::string> graph;
  /// What may be wrong and could not be worked around, for people.
  std::vector<std::string> doubts;
};

/// Looks through a model's bytes. Nothing to do for what is no ONNX file.
Workarounds workarounds_for(std::string_view bytes);

}  // namespace vitrine
