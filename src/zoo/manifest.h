// Pre-trained backbones that can be downloaded by name, with their checksums.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vitrine::zoo {

/// A backbone that can be downloaded.
struct ZooEntry {
  std::string name;
  std::string url;
  std::string sha256;  ///< 64 hexadecimal digits in lower case
  std::uint64_t bytes = 0;
  std::string licence;
  std::string normalisation;  ///< a name of model::known_normalisations(), or empty: not known
  std::string about;
};

/// The built-in list: ImageNet classifiers of the ONNX Model Zoo. Thread-safe.
const std::vector<ZooEntry>& known_backbones();

/// Reads a user's list: JSON `{"backbones": [{"name", "url", "sha256", "bytes", "licence",
/// "normalisation", "about"}]}`; the last three are optional. Throws Error(bad_input).
std::vector<ZooEntry> read_manifest(const std::filesystem::path& path);

/// The path of a downloaded backbone of this name, whether it exists or not.
std::filesystem::path place_of(const std::string& name);

/// The entry of a downloaded backbone, which is stored beside it as place_of(name) + ".json";
/// nothing if the backbone is not downloaded or the entry can't be read.
std::optional<ZooEntry> pulled(const std::string& name);

/// Downloads a backbone to place_of(name) and verifies its SHA-256; returns at once if the file is
/// there already and valid. `progress` gets the number of bytes there so far. Throws Error.
void pull(const ZooEntry& entry, const std::function<void(std::uint64_t there)>& progress);

}  // namespace vitrine::zoo
