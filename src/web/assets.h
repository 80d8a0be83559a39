// The files of the web page, with their gzip forms, media types and ETags.
#pragma once

#include <string>
#include <string_view>

namespace vitrine::web {

struct Asset {
  std::string_view name;     ///< "index.html", "style.css", "app.js"
  std::string_view content;  ///< not compressed
  std::string compressed;    ///< gzip
  std::string type;          ///< media type
  std::string etag;          ///< weak, since both forms share it
};

/// The content of a file that is part of the page; for reports, which need no other form. Throws
/// std::out_of_range for another name.
std::string_view content_of(std::string_view name);

/// The file `name`, or null if there is none. The first call compresses all files. Thread-safe; the
/// result lives as long as the program.
const Asset* find_asset(std::string_view name);

}  // namespace vitrine::web
