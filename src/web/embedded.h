// The files of the web page that the build embeds into the program: see cmake/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace vitrine::web {

struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace vitrine::web
