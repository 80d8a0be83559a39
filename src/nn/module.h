// libvitrine-nn.so: libtorch is 263 MB of code, and only training needs it.
#pragma once

#include "nn/network_trainer.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
extern "C" {

/// What the two sides must agree on: the version and the shapes of what passes.
__attribute__((visibility("default"))) const char* vitrine_nn_build();

/// As vitrine::train_network; errors are thrown across the door (one compiler, one
/// standard library).
__attribute__((visibility("default"))) vitrine::TrainedNetwork vitrine_train_network(
    const vitrine::NetworkJob& job);
}
#pragma GCC diagnostic pop
