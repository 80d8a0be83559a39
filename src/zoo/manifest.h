// Pre-trained backbones by name: where they are, and how they are checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vitrine {

struct ZooEntry {
  std::string name;
  std::string url;
  std::string sha256;
  std::uint64_t bytes = 0;
  std::string licence;
  std::string normalisation;  ///< name of a known one
  std::string about;
};

/// Those that come with the program: ImageNet classifiers of the ONNX Model Zoo.
const std::vector<ZooEntry>& known_backbones();

/// A list of one's own: JSON `{"backbones": [{"name", "url", "sha256", "bytes",
/// "licence", "normalisation", "about"}]}`. Throws Error(bad_input).
std::vector<ZooEntry> read_manifest(const std::filesystem::path& path);

/// Where a backbone of this name lies once it was pulled.
std::filesystem::path place_of(const std::string& name);

/// What is known of a pulled backbone by its place: the entry kept beside it.
/// Nothing where it was not pulled.
std::optional<ZooEntry> pulled(const std::string& name);

/// Fetches into place_of(name), verified; at once where it is there already.
/// Throws Error.
void pull(const ZooEntry& entry, const std::function<void(std::uint64_t there)>& progress);

}  // namespace vitrine
