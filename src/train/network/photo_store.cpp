#include "train/network/photo_store.h"

#include <algorithm>
#include <cmath>

#include "data/image/resize.h"

namespace vitrine::train {

PhotoStore::PhotoStore(std::vector<data::PhotoFile> photos, Prepare prepare, std::size_t room)
    : photos_(std::move(photos)),
      prepare_(std::move(prepare)),
      room_(room),
      kept_(photos_.size()) {}

std::shared_ptr<const data::Image> PhotoStore::get(std::size_t i) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[i]) return kept_[i];
  }
  auto image =
      std::make_shared<const data::Image>(prepare_(data::read_image(photos_[i].path).image));
  const std::lock_guard lock(mutex_);
  if (!kept_[i] && image->pixels.size() <= room_) {
    room_ -= image->pixels.size();
    kept_[i] = image;
  }
  return image;
}

data::Image at_most(data::Image photo, int side) {
  const int shorter = std::min(photo.width, photo.height);
  if (shorter <= side) return photo;
  const double scale = static_cast<double>(side) / shorter;
  return data::resized(photo, {std::max(1, static_cast<int>(std::lround(photo.width * scale))),
                               std::max(1, static_cast<int>(std::lround(photo.height * scale))),
                               data::Fit::stretch});
}

}  // namespace vitrine::train
