// How many threads OpenMP's regions get.
#pragma once

#include <omp.h>

#include <cstddef>

namespace vitrine {

/// What this thread's parallel regions get, for a while: others on it (libtorch, XGBoost) have
/// their own wishes.
class OmpThreads {
 public:
  explicit OmpThreads(std::size_t threads) : before_(omp_get_max_threads()) {
    omp_set_num_threads(static_cast<int>(threads));
  }
  ~OmpThreads() { omp_set_num_threads(before_); }
  OmpThreads(const OmpThreads&) = delete;
  OmpThreads& operator=(const OmpThreads&) = delete;

 private:
  int before_;
};

}  // namespace vitrine
