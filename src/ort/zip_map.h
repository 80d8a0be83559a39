// ZipMap: how skl2onnx, onnxmltools and others end a classifier by default.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// A graph whose ZipMap outputs (sequences of maps from class to probability) became the tensors
/// that went into them, [rows, classes], under the same names.
struct UnzippedGraph {
  std::string bytes;
  std::map<std::string, std::vector<std::string>> labels;  ///< of each such output, its classes
};

/// Nothing for a graph without a ZipMap that is an output.
std::optional<UnzippedGraph> without_zip_maps(std::string_view bytes);

}  // namespace vitrine
