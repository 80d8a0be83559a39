// The module's only door.
#include "learn/learners.h"

extern "C" {

const char* vitrine_learn_build() {
  static const std::string build = vitrine::learn_build();
  return build.c_str();
}

const vitrine::LearnerDoors* vitrine_learn_doors() {
  static const vitrine::LearnerDoors doors{
      .cross_validate_trees = vitrine::cross_validate_xgboost,
      .fit_trees = vitrine::fit_xgboost,
      .fit_liblinear = vitrine::solve_liblinear,
      .xgboost_version = vitrine::xgboost_library_version,
  };
  return &doors;
}
}
