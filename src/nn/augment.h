// What training shows the network of a photo: never the same picture twice.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "data/image.h"
#include "train/network_job.h"

namespace vitrine {

/// A random piece of the photo, mirrored or not, its colours changed, perhaps a
/// part painted over, at `width` x `height`; `to` gets the RGB bytes. Thread-safe.
void augment(const Image& photo, const Recipe& recipe, int width, int height, Random& random,
             std::uint8_t* to);

}  // namespace vitrine
