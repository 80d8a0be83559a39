#include "interop/readers.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "interop/keras/keras.h"
#include "interop/keras/model_tree.h"
#include "interop/keras/tflite.h"
#include "interop/lightgbm/lightgbm.h"
#include "interop/unpack.h"
#include "interop/xgboost/booster.h"
#include "model/foreign_format.h"

namespace vitrine::interop {
namespace {

/// Protocols 2 and later begin with their own opcode; 0 and 1 with a mark, an empty container or
/// the name of an object's constructor.
bool is_pickle(std::string_view bytes) {
  constexpr std::string_view kStarts[] = {"\x80", "(", "]", "}", "ccopy_reg\n"};
  return std::ranges::any_of(kStarts, [&](auto start) { return bytes.starts_with(start); });
}

ImportedModel read_pickles(std::span<const InputFile> files, const ImportOptions& options) {
  std::vector<std::unique_ptr<Pickle>> pickles;
  for (const InputFile& file : files) {
    pickles.push_back(std::make_unique<Pickle>(file.bytes, file.path));
  }
  return import_sklearn(pickles, options);
}

/// A file that is a whole model.
template <auto import_file>
ImportedModel read_one(std::span<const InputFile> files, const ImportOptions& options) {
  if (files.size() > 1) {
    throw Error(ErrorKind::bad_input, "there are two models", files[1].path, "name one file");
  }
  return import_file(files[0].bytes, options, files[0].path);
}

/// The field saved_model_schema_version, which is 1, and the first graph.
bool is_saved_model(std::string_view bytes) { return bytes.starts_with("\x08\x01\x12"); }

ImportedModel read_saved_model(std::span<const InputFile> files, const ImportOptions& options) {
  return import_saved_model({files[0].bytes, files[0].variables_index, files[0].variables_data},
                            options, files[0].path);
}

constexpr ModelReader kReaders[] = {
    {"pickles of scikit-learn, XGBoost and LightGBM", is_pickle, read_pickles},
    {"models of LightGBM (text)", is_lightgbm_text, read_one<import_lightgbm>},
    {"models of XGBoost (JSON, UBJSON)", is_booster, read_one<import_booster>},
    {"models of Keras (.keras, .h5)", is_keras, read_one<import_keras>},
    {"models of TensorFlow Lite (.tflite)", is_tflite, read_one<import_tflite>},
    {"SavedModels of TensorFlow 2", is_saved_model, read_saved_model},
};

[[noreturn]] void refuse(const InputFile& file) {
  std::string names;
  for (const ModelReader& reader : kReaders) {
    names += (names.empty() ? "" : ", ") + std::string(reader.name);
  }
  const auto refuse_as = [&](std::string_view what, std::string_view hint) {
    throw Error(ErrorKind::bad_input,
                "this is " + std::string(what) + ", which import does not read", file.path,
                std::string(hint) + "; import reads " + names);
  };
  if (file.bytes.starts_with('\x08')) {  // the field ir_version
    refuse_as("an ONNX model", "'vitrine serve' and 'vitrine inspect' open it as it is");
  }
  const model::ForeignFormat other = model::foreign_format(file.bytes);
  if (file.bytes.starts_with('{')) {
    refuse_as("JSON", "export the model to ONNX with its own program, and serve that file");
  }
  if (!other.name.empty()) refuse_as(other.name, other.hint);
  throw Error(ErrorKind::bad_input,
              file.bytes.empty() ? "the file is empty" : "the file is of no known format",
              file.path, "import reads " + names);
}

}  // namespace

InputFile read_input_file(const std::string& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  constexpr const char* kGraph = "saved_model.pb";
  std::filesystem::path folder = path;
  if (folder.filename() == kGraph) folder = folder.parent_path();
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder.empty() ? "." : folder, ignored)) {
    return {path, unpacked(read_file(path, kMostBytes, "the model"), path)};
  }
  const std::filesystem::path variables = folder / "variables";
  const std::filesystem::path data = variables / "variables.data-00000-of-00001";
  if (!std::filesystem::exists(folder / kGraph, ignored)) {
    throw Error(ErrorKind::bad_input, "the folder has no saved_model.pb", path,
                "name a model's file, or the folder of a SavedModel");
  }
  if (!std::filesystem::exists(data, ignored)) {
    throw Error(ErrorKind::bad_input, "the SavedModel has no variables in one file", data.string(),
                "copy the whole folder, or save the model again");
  }
  return {path, read_file(folder / kGraph, kMostBytes, "the model"),
          read_file(variables / "variables.index", kMostBytes, "the model"),
          read_file(data, kMostBytes, "the model")};
}

std::span<const ModelReader> readers() { return kReaders; }

const ModelReader& reader_of(std::span<const InputFile> files) {
  const auto reader = [](const InputFile& file) -> const ModelReader& {
    const auto found = std::ranges::find_if(
        kReaders, [&](const ModelReader& one) { return one.is_mine(file.bytes); });
    if (found == std::end(kReaders)) refuse(file);
    return *found;
  };
  const ModelReader& first = reader(files.front());
  for (const InputFile& file : files.subspan(1)) {
    if (&reader(file) == &first) continue;
    throw Error(ErrorKind::bad_input, "the files are of different formats", file.path,
                "give the parts of one model");
  }
  return first;
}

}  // namespace vitrine::interop
