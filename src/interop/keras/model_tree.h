// The layers of a Keras model as its file describes them, with their weights. Keras 2 and 3; the
// formats .keras (a zip file) and .h5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "interop/keras/hdf5_file.h"

namespace vitrine::interop {

struct KerasLayer {
  /// An output of a layer at one of its calls.
  struct Tensor {
    std::string layer;
    std::size_t call = 0;
    std::size_t output = 0;
  };
  /// One use of the layer. An argument is a tensor (`{"tensor": i}`, its place in `tensors`), or
  /// any other JSON.
  struct Call {
    std::vector<Tensor> tensors;
    std::vector<Json> arguments;  ///< by position; lists of tensors are flattened
    Json named = Json::object();  ///< by name
  };

  std::string kind;  ///< the class: "Conv2D"
  std::string name;
  Json config;
  bool built_in = true;  ///< false for classes of the user's own
  bool trainable = true;
  std::vector<Call> calls;                ///< of layers in a graph; empty in a sequence
  std::vector<const Hdf5Array*> weights;  ///< in the order in which Keras lists them

  // A model as a layer.
  bool is_model = false;
  bool sequential = false;
  std::vector<KerasLayer> layers;
  std::vector<Tensor> inputs, outputs;  ///< not of sequential ones
};

struct KerasModel {
  KerasLayer root;  ///< a model; its weights are views of `hdf5`
  Hdf5File hdf5;
  std::string version;  ///< "3.12.0"; empty if the file does not hold it
  Json training;        ///< the options of compile(); null if the file has none

  /// Before Keras 3, for functions that changed.
  bool before_keras_3() const { return version.empty() || version[0] < '3'; }
};

/// Whether these are the bytes of a .h5 or a .keras file.
bool is_keras(std::string_view bytes);

/// What a file describes, as it is in its JSON, and its weights.
struct KerasParts {
  std::string layers;
  std::string training;  ///< may be empty
  std::string version;
  Hdf5File hdf5;
  bool is_h5 = false;  ///< the weights are in groups as in a .h5 file
};

/// Throws std::invalid_argument or Json::exception if the description is damaged or no weights fit
/// it.
KerasModel assembled(KerasParts parts);

/// Reads a file and gives each layer its weights. Throws as assembled(), and Error(bad_input) if it
/// is damaged or holds only weights.
KerasModel read_keras(std::string_view bytes, const std::string& where);

}  // namespace vitrine::interop
