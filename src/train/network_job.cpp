#include "train/network_job.h"

#include "base/module.h"

namespace vitrine::train {

TrainedNetwork train_network_in_module(const NetworkJob& job) {
  return load_module<NetworkTrainerEntryPoints>("nn", "the part that trains networks").train(job);
}

}  // namespace vitrine::train
