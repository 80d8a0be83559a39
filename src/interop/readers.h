// The readers of other programs' model files. Each says whether a file is its own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "interop/sklearn/sklearn.h"

namespace vitrine::interop {

/// A file to import, with its bytes.
struct InputFile {
  std::string path;
  std::string bytes;  ///< unpacked; of a SavedModel those of its graph
  /// Of a SavedModel: the other files of its folder.
  std::string variables_index = {};
  std::string variables_data = {};
};

/// Reads a file, or a folder with a SavedModel (also by the name of its saved_model.pb). Throws
/// Error(bad_input).
InputFile read_input_file(const std::string& path);

/// A new format is one more row of readers().
struct ModelReader {
  std::string_view name;  ///< of the files, for errors: "pickles of scikit-learn"
  /// By the first bytes. A file that is the reader's own may still be broken.
  bool (*is_mine)(std::string_view bytes);
  /// Reads the parts of one model, without executing code. Throws Error(bad_input).
  ImportedModel (*read)(std::span<const InputFile> files, const ImportOptions& options);
};

std::span<const ModelReader> readers();

/// The reader of the files. Throws Error(bad_input), with the format's name if it is a known one
/// that can't be imported, or if the files belong to different readers. `files` is not empty.
const ModelReader& reader_of(std::span<const InputFile> files);

}  // namespace vitrine::interop
