// The files of the web page, ready to be sent.
#pragma once

#include <string>
#include <string_view>

namespace vitrine {

struct Asset {
  std::string_view name;     ///< "index.html", "style.css", "app.js"
  std::string_view content;  ///< as it is
  std::string compressed;    ///< gzip
  std::string type;          ///< media type
  std::string etag;          ///< of both forms together: weak
};

/// Null for a name that is none of them. Compressed when somebody first asks. Thread-safe.
const Asset* find_asset(std::string_view name);

}  // namespace vitrine
