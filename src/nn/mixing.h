// Pictures of a batch mixed with each other, and their truths with them.
#pragma once

#include <torch/types.h>

#include "base/random.h"
#include "train/network_job.h"

namespace vitrine {

/// By chance a piece of another picture (CutMix, Yun et al. 2019), else a blend with
/// it (mixup, Zhang et al. 2018), as the recipe says; nothing where both are off.
/// `images` [N, height, width, 3], `truth` [N, classes] are changed.
void mix(torch::Tensor& images, torch::Tensor& truth, const Recipe& recipe, Random& random);

}  // namespace vitrine
