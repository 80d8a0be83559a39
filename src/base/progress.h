// The progress of a long job, as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vitrine {

/// `961 of 4,000 photos, about 2 s left`. `done` (at least 1) of `all` took `seconds`.
std::string how_far(std::size_t done, std::size_t all, std::string_view noun, double seconds);

}  // namespace vitrine
