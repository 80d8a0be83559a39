#include "train/photo/feature_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kKeyBytes = 64;
constexpr std::uint32_t kMostFeatures = 1U << 20;

/// Key (64 bytes), count (4 bytes), floats, the first 8 hexadecimal digits of the SHA-256 of all
/// that.
std::string record_of(const std::string& key, const std::vector<float>& features) {
  std::string record = key;
  const auto count = static_cast<std::uint32_t>(features.size());
  record.append(reinterpret_cast<const char*>(&count), 4);
  record.append(reinterpret_cast<const char*>(features.data()), features.size() * 4);
  return record + sha256_hex(record).substr(0, 8);
}

}  // namespace

FeatureCache::FeatureCache(const std::filesystem::path& folder, const std::string& network)
    : path_(folder / (network.substr(0, 32) + ".features")) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (std::filesystem::exists(path_, code)) read();
}

void FeatureCache::read() {
  std::size_t intact = 0;
  std::size_t size = 0;
  try {
    const MappedFile file(path_);
    const std::string_view all = file.text();
    size = all.size();
    for (std::string_view left = all; left.size() >= kKeyBytes + 4;) {
      std::uint32_t count = 0;
      std::memcpy(&count, left.data() + kKeyBytes, 4);
      const std::size_t body = kKeyBytes + 4 + std::size_t{count} * 4;
      if (count > kMostFeatures || left.size() < body + 8) break;
      const std::string_view content = left.substr(0, body);
      if (sha256_hex(content).substr(0, 8) != left.substr(body, 8)) {
        break;
      }
      std::vector<float> features(count);
      std::memcpy(features.data(), left.data() + kKeyBytes + 4, std::size_t{count} * 4);
      records_[std::string(left.substr(0, kKeyBytes))] = std::move(features);
      left.remove_prefix(body + 8);
      intact = all.size() - left.size();
    }
  } catch (const Error& error) {
    problems_.push_back("the feature cache can't be read (" + error.message + ")");
    writable_ = false;
    return;
  }
  if (intact == size) return;
  problems_.push_back("the feature cache " + path_.string() +
                      " was damaged or truncated; missing features are computed again");
  if (::truncate(path_.c_str(), static_cast<off_t>(intact)) != 0) writable_ = false;
}

std::vector<float> FeatureCache::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(key);
  return found == records_.end() ? std::vector<float>() : found->second;
}

void FeatureCache::add(const std::string& key, const std::vector<float>& features) {
  const std::string record = record_of(key, features);
  const std::lock_guard lock(mutex_);
  records_[key] = features;
  if (!writable_) return;
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const auto written = file < 0 ? -1 : ::write(file, record.data(), record.size());
  const std::string why = std::strerror(errno);
  if (file >= 0) ::close(file);
  if (written == static_cast<ssize_t>(record.size())) return;
  writable_ = false;  // the next reader drops the truncated record
  problems_.push_back("the feature cache " + path_.string() + " can't be written (" + why +
                      "); the next training will compute the features again");
}

std::vector<std::string> FeatureCache::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

}  // namespace vitrine::train
