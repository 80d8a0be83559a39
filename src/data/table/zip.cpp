#include "data/table/zip.h"

#include <zlib.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/table/inflater.h"

namespace vitrine::data {
namespace {

/// The numbers of zip are little-endian.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

std::vector<ZipFile::Entry> read_entries(std::string_view bytes, const std::string& where) {
  constexpr std::size_t kEndSize = 22;
  constexpr std::size_t kEntrySize = 46;
  constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (end == std::string_view::npos || end + kEndSize > bytes.size()) refuse_damaged(where);
  const std::size_t count = number_at(bytes, end + 10, 2);
  std::size_t at = number_at(bytes, end + 16, 4);
  std::vector<ZipFile::Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntrySize ||
        !bytes.substr(at).starts_with("PK\x01\x02")) {
      refuse_damaged(where);
    }
    ZipFile::Entry entry{.flags = number_at(bytes, at + 8, 2),
                         .method = number_at(bytes, at + 10, 2),
                         .crc = number_at(bytes, at + 16, 4),
                         .packed = number_at(bytes, at + 20, 4),
                         .size = number_at(bytes, at + 24, 4),
                         .header = number_at(bytes, at + 42, 4)};
    const std::size_t name = number_at(bytes, at + 28, 2);
    if (bytes.size() - at - kEntrySize < name) refuse_damaged(where);
    entry.name = bytes.substr(at + kEntrySize, name);
    if (entry.packed == kInZip64 || entry.size == kInZip64 || entry.header == kInZip64) {
      throw Error(ErrorKind::bad_input, "a file in the zip file has 4 GiB or more", where,
                  "unpack it first");
    }
    at += kEntrySize + name + number_at(bytes, at + 30, 2) + number_at(bytes, at + 32, 2);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

ZipFile::ZipFile(std::string_view bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)), entries_(read_entries(bytes, where_)) {}

const ZipFile::Entry* ZipFile::find(std::string_view name) const {
  auto found = std::ranges::find(entries_, name, &Entry::name);
  if (found == entries_.end()) {
    const std::string lower = lower_ascii(name);
    found = std::ranges::find_if(entries_,
                                 [&](const Entry& one) { return lower_ascii(one.name) == lower; });
  }
  return found == entries_.end() ? nullptr : &*found;
}

std::string ZipFile::read(const Entry& entry, std::size_t limit) const {
  constexpr std::size_t kLocalSize = 30;
  constexpr std::uint32_t kEncrypted = 1;
  constexpr std::uint32_t kStored = 0;
  constexpr std::uint32_t kDeflated = 8;
  const std::string place = where_ + ", " + shown(entry.name, 60);
  if ((entry.flags & kEncrypted) != 0) {
    throw Error(ErrorKind::bad_input, "the zip file is encrypted", place,
                "unpack it with its password");
  }
  if (entry.header > bytes_.size() || bytes_.size() - entry.header < kLocalSize) {
    refuse_damaged(place);
  }
  const std::size_t begin = entry.header + kLocalSize + number_at(bytes_, entry.header + 26, 2) +
                            number_at(bytes_, entry.header + 28, 2);
  if (begin > bytes_.size() || bytes_.size() - begin < entry.packed) refuse_damaged(place);
  check_unpacked_size(entry.size, limit, place);
  const std::string_view packed = bytes_.substr(begin, entry.packed);
  std::string out;
  if (entry.method == kStored) {
    out = packed;
  } else if (entry.method == kDeflated) {
    Inflater(packed, Inflater::Format::raw_deflate).read(out, entry.size, place);
  } else {
    throw Error(ErrorKind::bad_input,
                "the zip file is compressed by method " + std::to_string(entry.method), place,
                "unpack it first; deflate is supported");
  }
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
  if (out.size() != entry.size || crc != entry.crc) refuse_damaged(place);
  return out;
}

}  // namespace vitrine::data
