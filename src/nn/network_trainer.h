// Trains an image network by gradient descent, in libtorch.
#pragma once

#include "train/network_job.h"

namespace vitrine {

/// As train_network_in_module, which calls it. Takes all cores.
TrainedNetwork train_network(const NetworkJob& job);

}  // namespace vitrine
