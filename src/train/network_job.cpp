#include "train/network_job.h"

#include "base/error.h"
#include "base/module.h"

namespace vitrine::train {

void require_network_trainer() {
  const std::filesystem::path file = module_file("nn");
  std::error_code problem;
  if (std::filesystem::exists(file, problem)) return;
  throw Error(ErrorKind::usage, "the part that trains networks is not installed", file.string(),
              "train a head on a pre-trained network (--backbone, without --fine-tune), or install "
              "vitrine-networks");
}

TrainedNetwork train_network_in_module(const NetworkJob& job) {
  return load_module<NetworkTrainerEntryPoints>("nn", "the part that trains networks").train(job);
}

}  // namespace vitrine::train
