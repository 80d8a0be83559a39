// The saved file: an ONNX graph with its card.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/card.h"

namespace vitrine {

inline constexpr std::size_t kMaxModelBytes = std::size_t{2} << 30;  ///< protobuf's own limit

/// A model file that was read and found sound. Plain data.
struct ModelFile {
  std::string path;
  std::string bytes;         ///< the whole file, what a runtime gets
  std::optional<Card> card;  ///< nothing for a file that someone else made
  std::string card_text;
  std::shared_ptr<const onnx::ModelProto> outline;  ///< its large weights are in `bytes` alone

  bool of_photos() const { return card && card->of_photos(); }
};

/// The bytes to save: `graph` with the card and the SHA-256 over both in its
/// metadata. Equal input gives equal bytes.
std::string serialise_model(onnx::ModelProto graph, const Card& card);

/// Reads and checks a file: runs nothing, opens nothing else. Throws
/// Error(bad_input) if it can't be read and Error(bad_model) for what is no
/// ONNX file, for tensors kept in other files, for a card that is broken and
/// for content that does not fit its SHA-256.
ModelFile read_model(const std::filesystem::path& path);
ModelFile parse_model(std::string bytes, std::string name);

/// The model with all its weights.
onnx::ModelProto whole_model(const ModelFile& file);

}  // namespace vitrine
