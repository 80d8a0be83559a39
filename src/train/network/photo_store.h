// Keeps decoded photos in memory, up to a limit.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "data/image/photo_folder.h"

namespace vitrine::train {

/// Decodes each photo once and keeps it as small as needed. Photos beyond the memory limit are
/// decoded again each time. Thread-safe.
class PhotoStore {
 public:
  using Prepare = std::function<data::Image(data::Image)>;

  /// `prepare` turns a decoded photo into the image to keep; `room` is the memory limit in bytes.
  PhotoStore(std::vector<data::PhotoFile> photos, Prepare prepare, std::size_t room);

  std::size_t size() const { return photos_.size(); }
  int label(std::size_t i) const { return photos_[i].label; }
  /// Throws Error if the photo can't be read any more.
  std::shared_ptr<const data::Image> get(std::size_t i);

 private:
  std::vector<data::PhotoFile> photos_;
  Prepare prepare_;
  std::mutex mutex_;
  std::size_t room_;
  std::vector<std::shared_ptr<const data::Image>> kept_;
};

/// Resizes a photo so that its shorter side is at most `side`; smaller photos are unchanged.
data::Image at_most(data::Image photo, int side);

}  // namespace vitrine::train
