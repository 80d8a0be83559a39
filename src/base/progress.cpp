#include "base/progress.h"

#include "base/text.h"

namespace vitrine {

std::string how_far(std::size_t done, std::size_t all, std::string_view noun, double seconds) {
  const double left = seconds * static_cast<double>(all - done) / static_cast<double>(done);
  return with_commas(done) + " of " + counted(all, noun) + ", about " +
         std::to_string(static_cast<long>(left) + 1) + " s left";
}

}  // namespace vitrine
