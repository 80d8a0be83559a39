// Data augmentation: random changes of training photos.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "data/image/image.h"
#include "train/network_job.h"

namespace vitrine::train {

/// Crops a random piece of the photo, mirrors it, changes its colours and erases a rectangle, as
/// the recipe says, and resizes it to `width` x `height`. `to` receives the RGB bytes. Thread-safe.
void augment(const data::Image& photo, const Recipe& recipe, int width, int height, Random& random,
             std::uint8_t* to);

}  // namespace vitrine::train
