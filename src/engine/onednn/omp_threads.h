// Sets the number of threads of OpenMP regions.
#pragma once

#include <omp.h>

#include <cstddef>

namespace vitrine::engine {

/// Sets the number of threads of this thread's parallel regions until destruction; then restores it
/// for other libraries on this thread (libtorch).
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

}  // namespace vitrine::engine
