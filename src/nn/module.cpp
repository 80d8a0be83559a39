// The module's only door.
#include "nn/module.h"

extern "C" {

const char* vitrine_nn_build() {
  static const std::string build = vitrine::nn_build();
  return build.c_str();
}

vitrine::TrainedNetwork vitrine_train_network(const vitrine::NetworkJob& job) {
  return vitrine::train_network(job);
}
}
