// The module's only door.
#include "ort/runtime.h"

extern "C" {

const char* vitrine_ort_build() {
  static const std::string build = vitrine::ort_build();
  return build.c_str();
}

const vitrine::RuntimeDoors* vitrine_ort_doors() {
  using namespace vitrine::ort;
  static const vitrine::RuntimeDoors doors{open_predictor, open_network, open_tensors, version};
  return &doors;
}
}
