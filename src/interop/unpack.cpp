#include "interop/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "data/table/inflater.h"

namespace vitrine::interop {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 30;

bool is_zlib(std::string_view bytes) {
  // The second byte depends on the level of compression.
  constexpr std::string_view kStarts[] = {"x\x01", "x\x5E", "x\x9C", "x\xDA"};
  return std::ranges::any_of(kStarts, [&](auto start) { return bytes.starts_with(start); });
}

/// Every format but zlib's, which libarchive does not read.
std::string unpacked_by_libarchive(std::string_view bytes, const std::string& where) {
  const std::unique_ptr<archive, decltype(&::archive_read_free)> reader(::archive_read_new(),
                                                                        &::archive_read_free);
  ::archive_read_support_filter_all(reader.get());
  ::archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (::archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      ::archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    data::refuse_damaged(where);
  }
  std::string out;
  std::vector<char> block(std::size_t{1} << 20);
  while (true) {
    const la_ssize_t got = ::archive_read_data(reader.get(), block.data(), block.size());
    if (got < 0) data::refuse_damaged(where);
    if (got == 0) return out;
    data::check_unpacked_size(out.size() + static_cast<std::size_t>(got), kMost, where);
    out.append(block.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

bool is_compressed(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::string_view kStarts[] = {
      "\x1F\x8B"sv,  // gzip
      "BZh"sv,       // bzip2
      "\xFD"
      "7zXZ"sv,              // xz
      "\x5D\x00\x00"sv,      // lzma
      "\x04\x22\x4D\x18"sv,  // lz4
  };
  return is_zlib(bytes) ||
         std::ranges::any_of(kStarts, [&](auto start) { return bytes.starts_with(start); });
}

std::string unpacked(std::string bytes, const std::string& where) {
  if (!is_compressed(bytes)) return bytes;
  if (!is_zlib(bytes)) return unpacked_by_libarchive(bytes, where);
  std::string out;
  data::Inflater(bytes, data::Inflater::Format::zlib).read(out, kMost, where);
  return out;
}

}  // namespace vitrine::interop
