// The model file: an ONNX graph with its card.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/card.h"

namespace vitrine::model {

inline constexpr std::size_t kMaxModelBytes = std::size_t{2} << 30;  ///< protobuf's own limit

/// A model file that was read and checked. Plain data.
struct ModelFile {
  std::string path;
  std::string bytes;         ///< the whole file
  std::optional<Card> card;  ///< absent in files that Vitrine did not save
  std::string card_text;
  std::shared_ptr<const ::onnx::ModelProto> outline;  ///< large weights are only in `bytes`

  bool of_photos() const { return card && card->of_photos(); }
};

/// The bytes to save: `graph` with the card and the SHA-256 of both in its metadata. The same input
/// always produces the same bytes.
std::string serialise_model(::onnx::ModelProto graph, const Card& card);

/// Reads and checks a file, without running it or opening other files. Throws Error(bad_input) if
/// it can't be read, and Error(bad_model) if it is not an ONNX file, refers to tensors in other
/// files, has a damaged card, or does not match its SHA-256.
ModelFile read_model(const std::filesystem::path& path);
ModelFile parse_model(std::string bytes, std::string name);

/// The parsed model with all its weights.
::onnx::ModelProto whole_model(const ModelFile& file);

}  // namespace vitrine::model
