// A cache of photo features on disk, so that a second training need not decode the photos.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace vitrine::train {

/// One file for each network (its graph with the preprocessing), with records of key, features and
/// checksum that are appended. A truncated or damaged record, and all after it, are dropped and
/// computed again. Thread-safe.
class FeatureCache {
 public:
  /// `network` is the SHA-256 of the feature graph. If the folder can't be written, the cache works
  /// only in memory, and problems() has the reason.
  FeatureCache(const std::filesystem::path& folder, const std::string& network);

  /// The features of a photo; empty if they are not in the cache. `key`: the SHA-256 of the photo
  /// in 64 hexadecimal digits.
  std::vector<float> find(const std::string& key) const;
  void add(const std::string& key, const std::vector<float>& features);

  /// Messages about damage, or why the cache can't be written.
  std::vector<std::string> problems() const;

 private:
  void read();
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<float>> records_;
  std::vector<std::string> problems_;
  bool writable_ = true;
};

}  // namespace vitrine::train
