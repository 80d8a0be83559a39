#include "model/model_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "model/foreign_format.h"
#include "onnx/outline.h"

namespace vitrine::model {
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

void set_metadata(::onnx::ModelProto& model, const char* key, const std::string& value) {
  auto* entry = model.add_metadata_props();
  entry->set_key(key);
  entry->set_value(value);
}

/// Removes the metadata entry `key` and returns its value; empty if there is none.
std::string take_metadata(::onnx::ModelProto& model, const char* key) {
  auto* entries = model.mutable_metadata_props();
  for (int i = 0; i < entries->size(); ++i) {
    if (entries->Get(i).key() != key) continue;
    std::string value = entries->Get(i).value();
    entries->DeleteSubrange(i, 1);
    return value;
  }
  return {};
}

std::string hash_of(const ::onnx::ModelProto& graph_alone, const std::string& card_text) {
  const std::string graph = deterministic_bytes(graph_alone);
  return sha256_hex(std::array<std::string_view, 2>{graph, card_text});
}

/// The file's bytes without the entries `vitrine.card` and `vitrine.sha256`, in pieces, and the
/// values of the two entries. For files in the order in which Vitrine writes them these are the
/// hashed bytes, so the graph need not be serialised again.
struct SavedBytes {
  bool read = false;  ///< the bytes could be read to the end
  std::vector<std::string_view> pieces;
  std::string card;
  std::string hash;
};

SavedBytes without_card(std::string_view bytes) {
  constexpr std::uint32_t kMetadata = ::onnx::ModelProto::kMetadataPropsFieldNumber << 3 | 2;
  SavedBytes out;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  std::size_t kept = 0;  // the bytes before this are in `pieces` or left out
  while (true) {
    const auto start = static_cast<std::size_t>(in.CurrentPosition());
    const std::uint32_t tag = in.ReadTag();
    if (tag == 0) {
      out.read = static_cast<std::size_t>(in.CurrentPosition()) == bytes.size();
      break;
    }
    if (tag != kMetadata) {
      std::uint64_t number = 0;
      std::uint32_t length = 0;
      const bool read = (tag & 7) == 0 ? in.ReadVarint64(&number)
                        : (tag & 7) == 2
                            ? in.ReadVarint32(&length) && in.Skip(static_cast<int>(length))
                            : false;  // ONNX uses no other wire types here
      if (!read) break;
      continue;
    }
    std::uint32_t length = 0;
    if (!in.ReadVarint32(&length)) break;
    const auto body = static_cast<std::size_t>(in.CurrentPosition());
    if (!in.Skip(static_cast<int>(length))) break;
    ::onnx::StringStringEntryProto entry;
    if (!entry.ParseFromArray(bytes.data() + body, static_cast<int>(length))) break;
    std::string* to = entry.key() == kCardKey   ? &out.card
                      : entry.key() == kHashKey ? &out.hash
                                                : nullptr;
    if (to == nullptr || !to->empty()) continue;
    *to = entry.value();
    out.pieces.push_back(bytes.substr(kept, start - kept));
    kept = body + length;
  }
  out.pieces.push_back(bytes.substr(kept));
  return out;
}

/// The result of checking the bytes without parsing the graph.
struct ByteCheck {
  bool read = false;  ///< the bytes could be read to the end
  bool fits = false;  ///< graph and card, in file order, have the saved hash
  std::string card;
};

ByteCheck check_bytes(std::string_view bytes) {
  SavedBytes saved = without_card(bytes);
  ByteCheck out{.read = saved.read, .card = saved.card};
  if (!saved.read || saved.card.empty()) return out;
  saved.pieces.push_back(saved.card);
  out.fits = sha256_hex(saved.pieces) == saved.hash;
  return out;
}

/// True if graph and card match the saved hash, also if another program has written them in another
/// order since. Sets `card` to the card's text; a file without a card has none and matches.
bool fits_its_hash(std::string_view bytes, const ByteCheck& check, std::string& card) {
  card = check.card;
  if (check.fits || (check.read && card.empty())) return true;
  ::onnx::ModelProto graph_alone;
  graph_alone.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  card = take_metadata(graph_alone, kCardKey);
  if (card.empty()) return true;
  const std::string hash = take_metadata(graph_alone, kHashKey);
  return hash_of(graph_alone, card) == hash;
}

[[noreturn]] void refuse(const std::string& name, const std::string& message,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_model, message, name, hint);
}

void refuse_external(const std::string& name, const ::onnx::TensorProto& tensor) {
  if (tensor.data_location() != ::onnx::TensorProto::EXTERNAL && tensor.external_data_size() == 0) {
    return;
  }
  refuse(name, "the tensor '" + shown(tensor.name()) + "' is stored in another file",
         "a Vitrine model is one file: save it with its weights inside "
         "(onnx.save(model, path, save_as_external_data=False))");
}

void check_graph(const std::string& name, const ::onnx::GraphProto& graph, int depth);

void check_nodes(const std::string& name,
                 const google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes, int depth) {
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

void check_graph(const std::string& name, const ::onnx::GraphProto& graph, int depth) {
  if (depth > 32) refuse(name, "its graphs are nested too deeply", "use a simpler model");
  for (const auto& tensor : graph.initializer()) refuse_external(name, tensor);
  for (const auto& tensor : graph.sparse_initializer()) {
    refuse_external(name, tensor.values());
    refuse_external(name, tensor.indices());
  }
  check_nodes(name, graph.node(), depth);
}

}  // namespace

std::string serialise_model(::onnx::ModelProto graph, const Card& card) {
  const std::string card_text = to_json(card).dump();
  const std::string hash = hash_of(graph, card_text);
  set_metadata(graph, kCardKey, card_text);
  set_metadata(graph, kHashKey, hash);
  return deterministic_bytes(graph);
}

ModelFile parse_model(std::string bytes, std::string name) {
  ModelFile file;
  file.path = std::move(name);
  auto model = std::make_shared<::onnx::ModelProto>();
  if (bytes.empty()) refuse(file.path, "the file is empty", "use a file that Vitrine saved");
  ByteCheck check;
  BackgroundTasks checking(bytes.size() >= kManyToHash);
  checking.add([&] { check = check_bytes(bytes); });
  if (!onnx::read_outline(bytes, *model) || !model->has_graph() ||
      model->graph().node_size() == 0) {
    const ForeignFormat foreign = foreign_format(bytes);
    if (!foreign.name.empty()) {
      refuse(file.path, "this is not an ONNX file but " + std::string(foreign.name),
             std::string(foreign.hint));
    }
    refuse(file.path, "this is not an ONNX file, or it is truncated",
           "use a file that 'vitrine train' saved, or any .onnx file; check that it was copied "
           "completely");
  }
  check_graph(file.path, model->graph(), 0);
  for (const auto& function : model->functions()) check_nodes(file.path, function.node(), 0);

  checking.wait();
  if (!fits_its_hash(bytes, check, file.card_text)) {
    refuse(file.path, "graph and card do not match the SHA-256 that was saved with them",
           "the file was changed or damaged after it was saved: copy it again, or train again");
  }
  if (!file.card_text.empty()) file.card = card_from_json(file.card_text, file.path);
  file.outline = std::move(model);
  file.bytes = std::move(bytes);
  return file;
}

::onnx::ModelProto whole_model(const ModelFile& file) {
  ::onnx::ModelProto model;
  model.ParseFromString(file.bytes);  // succeeds: the bytes were parsed before
  return model;
}

ModelFile read_model(const std::filesystem::path& path) {
  return parse_model(read_file(path, kMaxModelBytes, "the model file"), path.string());
}

}  // namespace vitrine::model
