#include "web/assets.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <vector>

#include "base/file.h"
#include "web/embedded.h"

namespace vitrine::web {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // deflateBound() made `out` large enough
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "text/html; charset=utf-8";
}

std::vector<Asset> make_assets() {
  std::vector<Asset> out;
  for (const EmbeddedFile& file : embedded_files()) {
    out.push_back({file.name, file.content, gzip(file.content), type_of(file.name),
                   "W/\"" + sha256_hex(file.content).substr(0, 20) + "\""});
  }
  return out;
}

}  // namespace

std::string_view content_of(std::string_view name) {
  const auto place = std::ranges::find(embedded_files(), name, &EmbeddedFile::name);
  if (place == embedded_files().end()) throw std::out_of_range("no such file of the page");
  return place->content;
}

const Asset* find_asset(std::string_view name) {
  static const std::vector<Asset> all = make_assets();
  const auto place = std::ranges::find(all, name, &Asset::name);
  return place == all.end() ? nullptr : &*place;
}

}  // namespace vitrine::web
