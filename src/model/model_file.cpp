#include "model/model_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>

#include "base/error.h"
#include "base/file.h"

namespace vitrine {
namespace {

constexpr const char* kCardKey = "vitrine.card";
constexpr const char* kHashKey = "vitrine.sha256";

std::string deterministic_bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

void set_metadata(onnx::ModelProto& model, const char* key, const std::string& value) {
  auto* entry = model.add_metadata_props();
  entry->set_key(key);
  entry->set_value(value);
}

/// The value under `key`, taken out of the model.
std::string take_metadata(onnx::ModelProto& model, const char* key) {
  auto* entries = model.mutable_metadata_props();
  for (int i = 0; i < entries->size(); ++i) {
    if (entries->Get(i).key() != key) continue;
    std::string value = entries->Get(i).value();
    entries->DeleteSubrange(i, 1);
    return value;
  }
  return {};
}

std::string hash_of(const onnx::ModelProto& graph_alone, const std::string& card_text) {
  const std::string graph = deterministic_bytes(graph_alone);
  return sha256_hex(std::array<std::string_view, 2>{graph, card_text});
}

[[noreturn]] void refuse(const std::string& name, const std::string& message,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_model, message, name, hint);
}

void refuse_external(const std::string& name, const onnx::TensorProto& tensor) {
  if (tensor.data_location() != onnx::TensorProto::EXTERNAL && tensor.external_data_size() == 0) {
    return;
  }
  refuse(name, "the tensor '" + shown(tensor.name()) + "' is kept in another file",
         "a Vitrine model is one file: save it with its weights inside "
         "(onnx.save(model, path, save_as_external_data=False))");
}

void check_graph(const std::string& name, const onnx::GraphProto& graph, int depth);

void check_nodes(const std::string& name,
                 const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, int depth) {
  for (const auto& node : nodes) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_t()) refuse_external(name, attribute.t());
      for (const auto& tensor : attribute.tensors()) refuse_external(name, tensor);
      if (attribute.has_sparse_tensor()) {
        refuse_external(name, attribute.sparse_tensor().values());
        refuse_external(name, attribute.sparse_tensor().indices());
      }
      if (attribute.has_g()) check_graph(name, attribute.g(), depth + 1);
      for (const auto& inner : attribute.graphs()) check_graph(name, inner, depth + 1);
    }
  }
}

void check_graph(const std::string& name, const onnx::GraphProto& graph, int depth) {
  if (depth > 32) refuse(name, "its graphs are nested too deep", "use a simpler model");
  for (const auto& tensor : graph.initializer()) refuse_external(name, tensor);
  for (const auto& tensor : graph.sparse_initializer()) {
    refuse_external(name, tensor.values());
    refuse_external(name, tensor.indices());
  }
  check_nodes(name, graph.node(), depth);
}

}  // namespace

std::string serialise_model(onnx::ModelProto graph, const Card& card) {
  const std::string card_text = to_json(card).dump();
  const std::string hash = hash_of(graph, card_text);
  set_metadata(graph, kCardKey, card_text);
  set_metadata(graph, kHashKey, hash);
  return deterministic_bytes(graph);
}

ModelFile parse_model(std::string bytes, std::string name) {
  ModelFile file;
  file.path = std::move(name);
  auto model = std::make_shared<onnx::ModelProto>();
  if (bytes.empty()) refuse(file.path, "the file is empty", "use a file that Vitrine saved");
  if (!model->ParseFromString(bytes) || !model->has_graph() || model->graph().node_size() == 0) {
    refuse(
        file.path, "this is no ONNX file, or it is cut off",
        "use a file that 'vitrine train' saved, or any .onnx file; check that it was copied whole");
  }
  check_graph(file.path, model->graph(), 0);
  for (const auto& function : model->functions()) check_nodes(file.path, function.node(), 0);

  onnx::ModelProto graph_alone = *model;
  file.card_text = take_metadata(graph_alone, kCardKey);
  const std::string hash = take_metadata(graph_alone, kHashKey);
  if (!file.card_text.empty()) {
    if (hash_of(graph_alone, file.card_text) != hash) {
      refuse(file.path, "graph and card do not fit the SHA-256 that was saved with them",
             "the file was changed or damaged after it was saved: copy it again, or train again");
    }
    file.card = card_from_json(file.card_text, file.path);
  }
  file.proto = std::move(model);
  file.bytes = std::move(bytes);
  return file;
}

ModelFile read_model(const std::filesystem::path& path) {
  return parse_model(read_file(path, kMaxModelBytes, "the model file"), path.string());
}

}  // namespace vitrine
