// Decoded photos kept in memory while there is room.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "data/photo_folder.h"

namespace vitrine {

/// Photos decoded once and made no larger than needed; beyond the room they are
/// decoded again each time. Thread-safe.
class PhotoStore {
 public:
  using Prepare = std::function<Image(Image)>;

  /// `prepare` makes what is kept of a decoded photo; `room` is in bytes.
  PhotoStore(std::vector<PhotoFile> photos, Prepare prepare, std::size_t room);

  std::size_t size() const { return photos_.size(); }
  int label(std::size_t i) const { return photos_[i].label; }
  /// Throws Error where a photo can't be read any more.
  std::shared_ptr<const Image> get(std::size_t i);

 private:
  std::vector<PhotoFile> photos_;
  Prepare prepare_;
  std::mutex mutex_;
  std::size_t room_;
  std::vector<std::shared_ptr<const Image>> kept_;
};

/// A photo whose shorter side is at most `side`; smaller ones stay as they are.
Image at_most(Image photo, int side);

}  // namespace vitrine
