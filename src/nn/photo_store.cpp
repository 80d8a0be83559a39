#include "nn/photo_store.h"

#include <algorithm>
#include <cmath>

#include "data/resize.h"

namespace vitrine {

PhotoStore::PhotoStore(std::vector<PhotoFile> photos, Prepare prepare, std::size_t room)
    : photos_(std::move(photos)),
      prepare_(std::move(prepare)),
      room_(room),
      kept_(photos_.size()) {}

std::shared_ptr<const Image> PhotoStore::get(std::size_t i) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[i]) return kept_[i];
  }
  auto image = std::make_shared<const Image>(prepare_(read_image(photos_[i].path).image));
  const std::lock_guard lock(mutex_);
  if (!kept_[i] && image->pixels.size() <= room_) {
    room_ -= image->pixels.size();
    kept_[i] = image;
  }
  return image;
}

Image at_most(Image photo, int side) {
  const int shorter = std::min(photo.width, photo.height);
  if (shorter <= side) return photo;
  const double scale = static_cast<double>(side) / shorter;
  return resized(photo,
                 {std::max(1, static_cast<int>(std::lround(photo.width * scale))),
                  std::max(1, static_cast<int>(std::lround(photo.height * scale))), Fit::stretch});
}

}  // namespace vitrine
