// CutMix and mixup: combines the images of a batch and their labels.
#pragma once

#include <torch/types.h>

#include "base/random.h"
#include "train/network_job.h"

namespace vitrine::train {

/// With probability recipe.cutmix, pastes a piece of another image into each image (CutMix, Yun et
/// al. 2019); else blends the two (mixup, Zhang et al. 2018) if recipe.mixup is not 0. Changes
/// `images` [N, height, width, 3] and `truth` [N, classes], the target probabilities.
void mix(torch::Tensor& images, torch::Tensor& truth, const Recipe& recipe, Random& random);

}  // namespace vitrine::train
