// Features of photos, kept on disk so that a second training decodes nothing.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace vitrine {

/// One file for each network (its graph with the preprocessing): records of
/// photo + view, features and a checksum, appended as they come. A record that is
/// cut off or damaged is dropped and made again. Thread-safe.
class FeatureCache {
 public:
  /// `network` is the SHA-256 of the feature graph. Where the folder can't be
  /// written the cache works in memory alone; problems() then says why.
  FeatureCache(const std::filesystem::path& folder, const std::string& network);

  /// `key` names photo and view. Empty where it is not known.
  std::vector<float> find(const std::string& key) const;
  void add(const std::string& key, const std::vector<float>& features);

  /// Damage found, or why nothing is written, for people.
  std::vector<std::string> problems() const;

 private:
  void read();
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<float>> records_;
  std::vector<std::string> problems_;
  bool writable_ = true;
};

}  // namespace vitrine
