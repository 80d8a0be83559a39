#include "data/table/table_reader.h"

#include <atomic>
#include <exception>
#include <limits>
#include <mutex>

#include "base/parallel.h"

namespace vitrine::data {

void for_each_part(TableParts& parts, const std::function<void(const TablePart& part)>& body) {
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed = std::numeric_limits<std::size_t>::max();
  std::atomic<bool> stop{false};
  parallel_for(core_count(), [&](std::size_t) {
    while (!stop) {
      std::size_t number = std::numeric_limits<std::size_t>::max() - 1;  // if there is none
      try {
        const std::unique_ptr<TablePart> part = parts.next();
        if (part == nullptr) return;
        number = part->number();
        body(*part);
      } catch (...) {
        const std::lock_guard lock(mutex);
        stop = true;
        if (number < failed) {
          failed = number;
          failure = std::current_exception();
        }
      }
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace vitrine::data
