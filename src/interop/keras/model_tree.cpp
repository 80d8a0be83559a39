#include "interop/keras/model_tree.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "data/table/zip.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/layer_weights.h"

namespace vitrine::interop {
namespace {

constexpr std::size_t kMostUnpacked = std::size_t{1} << 30;
constexpr std::size_t kMostLayers = 5'000;
constexpr int kDeepest = 16;
constexpr int kDeepestJson = 500;

[[noreturn]] void refuse(const std::string& what, const std::string& where,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_input, what, where, hint);
}

/// Functions that follow the JSON call themselves.
Json parsed(const std::string& text) {
  return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) throw std::invalid_argument("its description is nested too deep");
    return true;
  });
}

/// ["dense", 0, 0], also with named arguments behind it.
bool is_tensor(const Json& json) {
  return json.is_array() && json.size() >= 3 && json[0].is_string() &&
         json[1].is_number_integer() && json[2].is_number_integer();
}

KerasLayer::Tensor tensor_of(const Json& json) {
  return {json.at(0).get<std::string>(), whole_number<std::size_t>(json.at(1)),
          whole_number<std::size_t>(json.at(2))};
}

/// Reads the calls of Keras 2 and 3, and counts the layers.
class TreeReader {
 public:
  KerasLayer model(const Json& json, int depth = 0) {
    if (depth > kDeepest) throw std::invalid_argument("it has models in models in models");
    KerasLayer out;
    out.kind = json.at("class_name").get<std::string>();
    out.config = json.at("config");
    out.is_model = true;
    out.sequential = out.kind == "Sequential";
    if (out.config.is_array()) {  // Sequential of Keras 2.2
      out.config = Json{{"layers", out.config}};
    }
    out.name = text(out.config, "name");
    out.trainable = flag(out.config, "trainable", true);
    for (const Json& one : out.config.at("layers")) out.layers.push_back(layer(one, depth));
    if (!out.sequential) {
      out.inputs = ends(out.config.at("input_layers"));
      out.outputs = ends(out.config.at("output_layers"));
    }
    out.config.erase("layers");
    return out;
  }

 private:
  KerasLayer layer(const Json& json, int depth) {
    if (++layers_ > kMostLayers) throw std::invalid_argument("it has over 5,000 layers");
    const std::string kind = json.at("class_name").get<std::string>();
    const Json& config = json.at("config");
    const bool nested = kind == "Sequential" || (config.is_object() && config.contains("layers") &&
                                                 config.contains("output_layers"));
    KerasLayer out = nested ? model(json, depth + 1) : KerasLayer{.kind = kind, .config = config};
    if (!nested) out.trainable = flag(config, "trainable", true);
    const std::string name = text(json, "name");  // where Keras 2 calls it
    out.name = name.empty() ? text(config, "name") : name;
    const std::string registered = text(json, "registered_name");
    out.built_in = !registered.contains('>') || registered.starts_with("Keras>") ||
                   registered.starts_with("keras");
    if (const auto nodes = json.find("inbound_nodes"); nodes != json.end()) {
      for (const Json& node : *nodes) out.calls.push_back(call(node));
    }
    return out;
  }

  /// [["dense", 0, 0]], or of one tensor in Keras 3 ["dense", 0, 0]; also names to tensors.
  static std::vector<KerasLayer::Tensor> ends(const Json& json) {
    if (is_tensor(json)) return {tensor_of(json)};
    std::vector<KerasLayer::Tensor> out;
    for (const Json& one : json) {
      for (const KerasLayer::Tensor& tensor : ends(one)) out.push_back(tensor);
    }
    return out;
  }

  static KerasLayer::Call call(const Json& node) {
    KerasLayer::Call out;
    if (node.is_object()) {  // Keras 3
      for (const Json& one : node.at("args")) argument(one, out);
      for (const auto& [name, value] : node.at("kwargs").items())
        out.named[name] = keras3(value, out);
    } else if (is_tensor(node)) {
      keras2(node, out);
    } else {
      for (const Json& one : node) keras2(one, out);
    }
    return out;
  }

  /// ["dense", 0, 0, {named arguments}]; constants have the place -1: ["_CONSTANT_VALUE", -1, 2.0].
  static void keras2(const Json& json, KerasLayer::Call& call) {
    if (!json.is_array() || json.size() < 3) throw std::invalid_argument("a call is damaged");
    if (json[0] == "_CONSTANT_VALUE") {
      call.arguments.push_back(json[2]);
    } else {
      call.arguments.push_back(place(tensor_of(json), call));
    }
    if (json.size() < 4 || !json[3].is_object()) return;
    for (const auto& [name, value] : json[3].items()) {
      call.named[name] = is_tensor(value) ? place(tensor_of(value), call) : value;
    }
  }

  static Json place(KerasLayer::Tensor tensor, KerasLayer::Call& call) {
    call.tensors.push_back(std::move(tensor));
    return {{"tensor", call.tensors.size() - 1}};
  }

  static void argument(const Json& json, KerasLayer::Call& call) {
    const bool list = json.is_array() && !json.empty() && json[0].is_object();
    if (!list) return call.arguments.push_back(keras3(json, call));
    for (const Json& one : json) argument(one, call);
  }

  /// An argument of Keras 3: a tensor, an array or a plain value.
  static Json keras3(const Json& json, KerasLayer::Call& call) {
    if (!json.is_object() || !json.contains("class_name")) return json;
    const Json& config = json.at("config");
    if (json.at("class_name") == "__keras_tensor__")
      return place(tensor_of(config.at("keras_history")), call);
    return config.is_object() && config.contains("value") ? config.at("value") : json;
  }

  std::size_t layers_ = 0;
};

constexpr const char* kSaveWhole =
    "save the whole model: model.save(\"model.keras\") in place of model.save_weights()";

/// The text of a file in the zip file.
std::string part(const data::ZipFile& zip, std::string_view name, const std::string& where) {
  const auto* entry = zip.find(name);
  if (entry == nullptr)
    refuse("the zip file has no '" + std::string(name) + "': it is not a model of Keras", where,
           "import reads files of model.save(\"model.keras\")");
  return zip.read(*entry, kMostUnpacked);
}

KerasParts read_zip(std::string_view bytes, const std::string& where) {
  const data::ZipFile zip(bytes, where);
  KerasParts out;
  out.layers = part(zip, "config.json", where);
  if (zip.find("metadata.json") != nullptr)
    out.version = text(parsed(part(zip, "metadata.json", where)), "keras_version");
  out.hdf5 = read_hdf5(part(zip, "model.weights.h5", where), where);
  return out;
}

KerasParts read_h5(std::string_view bytes, const std::string& where) {
  KerasParts out{.hdf5 = read_hdf5(bytes, where), .is_h5 = true};
  out.layers = out.hdf5.text("", "model_config");
  if (out.layers.empty()) {
    const bool keras = out.hdf5.texts[""].contains("layer_names") ||
                       std::ranges::any_of(out.hdf5.arrays, [](const auto& one) {
                         return one.first.contains("/vars/");
                       });
    refuse(keras ? "the file holds the weights of a Keras model, but not its layers"
                 : "the HDF5 file holds no model of Keras",
           where, kSaveWhole);
  }
  out.version = out.hdf5.text("", "keras_version");
  if (out.version.empty()) out.version = out.hdf5.text("model_weights", "keras_version");
  out.training = out.hdf5.text("", "training_config");
  return out;
}

}  // namespace

bool is_keras(std::string_view bytes) {
  // PyTorch's files are zip files too.
  return is_hdf5(bytes) || (bytes.starts_with("PK\3\4") && bytes.contains("config.json"));
}

KerasModel assembled(KerasParts parts) {
  KerasModel out;
  const Json layers = parsed(parts.layers);
  if (const auto compile = layers.find("compile_config"); compile != layers.end())
    out.training = *compile;
  if (!parts.training.empty()) out.training = parsed(parts.training);
  out.version = parts.version;
  out.root = TreeReader().model(layers);
  out.hdf5 = std::move(parts.hdf5);
  parts.is_h5 ? assign_h5_weights(out) : assign_keras_weights(out);
  return out;
}

KerasModel read_keras(std::string_view bytes, const std::string& where) {
  return assembled(is_hdf5(bytes) ? read_h5(bytes, where) : read_zip(bytes, where));
}

}  // namespace vitrine::interop
