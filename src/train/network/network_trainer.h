// Trains an image network by gradient descent, with libtorch.
#pragma once

#include "train/network_job.h"

namespace vitrine::train {

/// See train_network_in_module(), which calls it. Uses all cores. Not thread-safe: changes global
/// settings of libtorch and malloc.
TrainedNetwork train_network(const NetworkJob& job);

}  // namespace vitrine::train
