// Recognises files that people take for a model file, for errors.
#pragma once

#include <string_view>

namespace vitrine::model {

/// What a file is, by its first bytes.
struct ForeignFormat {
  std::string_view name;  ///< "a pickle of Python"; empty: not known
  std::string_view hint;  ///< what to do with it; empty: not known
};

/// Knows pickles, models of other programs, photos and text. Not for ONNX files, which begin like
/// many others. Thread-safe.
ForeignFormat foreign_format(std::string_view bytes);

}  // namespace vitrine::model
