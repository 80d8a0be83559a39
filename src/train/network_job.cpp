#include "train/network_job.h"

#include "base/module.h"

namespace vitrine {

TrainedNetwork train_network_in_module(const NetworkJob& job) {
  const Module module("nn", "the part that trains networks", nn_build());
  return module.function<TrainedNetwork(const NetworkJob&)>("vitrine_train_network")(job);
}

}  // namespace vitrine
