// Replaces ZipMap, the last operator of classifiers from skl2onnx, onnxmltools and others, by
// default.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::engine {

/// A graph whose ZipMap outputs (sequences of maps from class to probability) are replaced by their
/// input tensors, [rows, classes], under the same names.
struct UnzippedGraph {
  std::string bytes;
  std::map<std::string, std::vector<std::string>> labels;  ///< output name -> its classes
};

/// Returns nullopt if no output of the graph is computed by ZipMap.
std::optional<UnzippedGraph> without_zip_maps(std::string_view bytes);

}  // namespace vitrine::engine
