// The page's files as the build put them into the program: see cmake/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace vitrine {

struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace vitrine
