// Workarounds for graphs that ONNX Runtime 1.21 computes wrongly. ARCHITECTURE.md lists the bugs
// with their issues.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::engine {

struct Workarounds {
  /// Passes of the optimiser to disable for this graph, by ONNX Runtime's names, separated by ';'
  /// (its header documents commas, which do not work).
  std::string disabled_passes;
  /// An equivalent graph without the nodes that are computed wrongly; nullopt if none is needed.
  std::optional<std::string> graph;
  /// Warnings: what may be computed wrongly without a workaround, one sentence each.
  std::vector<std::string> doubts;
};

/// Finds the workarounds for a model file; none if `bytes` is not an ONNX file. Thread-safe.
Workarounds workarounds_for(std::string_view bytes);

}  // namespace vitrine::engine
