#include "train/learners.h"

#include "base/module.h"

namespace vitrine {

const LearnerDoors& learner_doors() {
  static const LearnerDoors found = [] {
    const Module module("learn", "the part that trains on tables", learn_build());
    return *module.function<const LearnerDoors*()>("vitrine_learn_doors")();
  }();
  return found;
}

std::string xgboost_version() { return learner_doors().xgboost_version(); }

}  // namespace vitrine
