#include "data/table/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

[[noreturn]] void refuse(const std::string& message, const std::string& where,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_input, message, where, hint);
}

[[noreturn]] void damaged(const std::string& where) {
  refuse("the compressed file is damaged or cut off", where, "copy it again, and unpack it to see");
}

void check_size(std::size_t size, std::size_t limit, const std::string& where) {
  if (size <= limit) return;
  refuse("the compressed file holds more than " + with_commas(limit) + " bytes", where,
         "unpack it first; a table that is not compressed is not held in memory");
}

/// zlib's inflate, from memory. `window_bits` as for inflateInit2: 31 is gzip, -15 raw deflate.
class Inflater {
 public:
  Inflater(std::string_view bytes, int window_bits) {
    if (::inflateInit2(&stream_, window_bits) != Z_OK) {
      throw Error(ErrorKind::failed, "zlib can't be started", "memory", "free some memory");
    }
    rest_ = bytes;
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Appends one stream to `out`, and returns the bytes behind it.
  std::string_view read(std::string& out, std::size_t limit, const std::string& where) {
    std::vector<char> block(kBlock);
    for (int status = Z_OK; status != Z_STREAM_END;) {
      if (stream_.avail_in == 0) {
        const std::size_t size = std::min(rest_.size(), kBlock);
        // zlib does not write to its input.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
        stream_.avail_in = static_cast<uInt>(size);
        rest_.remove_prefix(size);
      }
      stream_.next_out = reinterpret_cast<Bytef*>(block.data());
      stream_.avail_out = static_cast<uInt>(block.size());
      status = ::inflate(&stream_, Z_NO_FLUSH);
      const std::size_t written = block.size() - stream_.avail_out;
      if (status != Z_OK && status != Z_STREAM_END) damaged(where);
      if (written == 0 && status == Z_OK && stream_.avail_in == 0 && rest_.empty()) damaged(where);
      out.append(block.data(), written);
      check_size(out.size(), limit, where);
    }
    return {rest_.data() - stream_.avail_in, rest_.size() + stream_.avail_in};
  }

 private:
  z_stream stream_{};
  std::string_view rest_;
};

std::string unpack_gzip(std::string_view bytes, const std::string& where, std::size_t limit) {
  constexpr int kGzip = 31;
  std::string out;
  while (!bytes.empty()) {
    if (compression_of(bytes) != Compression::gzip) {
      // Padding with zeros behind the last member is allowed, as gzip itself allows it.
      if (bytes.find_first_not_of('\0') == std::string_view::npos) break;
      damaged(where);
    }
    bytes = Inflater(bytes, kGzip).read(out, limit, where);
  }
  return out;
}

std::string unpack_zstd(std::string_view bytes, const std::string& where, std::size_t limit) {
  const std::unique_ptr<ZSTD_DStream, decltype(&::ZSTD_freeDStream)> stream(::ZSTD_createDStream(),
                                                                            &::ZSTD_freeDStream);
  std::string out;
  std::vector<char> block(kBlock);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t expected = 1;  // bytes that the frame still needs; 0 at its end
  while (in.pos < in.size || expected > 0) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    const std::size_t before = in.pos;
    expected = ::ZSTD_decompressStream(stream.get(), &to, &in);
    if (::ZSTD_isError(expected) != 0) damaged(where);
    out.append(block.data(), to.pos);
    check_size(out.size(), limit, where);
    if (expected > 0 && in.pos == in.size && before == in.pos && to.pos == 0) damaged(where);
  }
  return out;
}

/// The numbers of zip are little-endian.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

/// A file in a zip file, by its entry in the central directory (APPNOTE.TXT 4.3.12).
struct ZipEntry {
  std::string name;
  std::uint32_t flags = 0;
  std::uint32_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::size_t header = 0;  ///< the offset of its local header
};

std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& where) {
  constexpr std::size_t kEndSize = 22;
  constexpr std::size_t kEntrySize = 46;
  constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (end == std::string_view::npos || end + kEndSize > bytes.size()) damaged(where);
  const std::size_t count = number_at(bytes, end + 10, 2);
  std::size_t at = number_at(bytes, end + 16, 4);
  std::vector<ZipEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntrySize ||
        !bytes.substr(at).starts_with("PK\x01\x02")) {
      damaged(where);
    }
    ZipEntry entry{.flags = number_at(bytes, at + 8, 2),
                   .method = number_at(bytes, at + 10, 2),
                   .crc = number_at(bytes, at + 16, 4),
                   .packed = number_at(bytes, at + 20, 4),
                   .size = number_at(bytes, at + 24, 4),
                   .header = number_at(bytes, at + 42, 4)};
    const std::size_t name = number_at(bytes, at + 28, 2);
    if (bytes.size() - at - kEntrySize < name) damaged(where);
    entry.name = bytes.substr(at + kEntrySize, name);
    if (entry.packed == kInZip64 || entry.size == kInZip64 || entry.header == kInZip64) {
      refuse("a file in the zip file has 4 GiB or more", where, "unpack it first");
    }
    at += kEntrySize + name + number_at(bytes, at + 30, 2) + number_at(bytes, at + 32, 2);
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool is_table_name(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEndings{".arff",  ".csv",    ".tsv",  ".txt", ".json",
                                                     ".jsonl", ".ndjson", ".data", ".dat"};
  const std::string lower = lower_ascii(name);
  return std::ranges::any_of(kEndings, [&](auto ending) { return lower.ends_with(ending); });
}

const ZipEntry& only_table(std::vector<ZipEntry>& entries, const std::string& where) {
  std::erase_if(entries, [](const ZipEntry& one) {
    const std::size_t slash = one.name.rfind('/');
    return one.name.ends_with('/') || one.name.starts_with("__MACOSX/") ||
           one.name.substr(slash == std::string::npos ? 0 : slash + 1).starts_with('.');
  });
  if (std::ranges::contains(entries, "xl/workbook.xml", &ZipEntry::name)) {
    refuse("this is an Excel workbook (xlsx), which is not supported", where,
           "save the sheet as CSV (UTF-8)");
  }
  if (entries.size() > 1) {
    std::erase_if(entries, [](const ZipEntry& one) { return !is_table_name(one.name); });
    const auto is_csv = [](const ZipEntry& one) { return lower_ascii(one.name).ends_with(".csv"); };
    if (std::ranges::count_if(entries, is_csv) == 1) {
      std::erase_if(entries, [&](const ZipEntry& one) { return !is_csv(one); });
    }
  }
  if (entries.size() == 1) return entries.front();
  std::vector<std::string> names;
  for (const ZipEntry& one : entries) names.push_back("'" + shown(one.name, 60) + "'");
  refuse(names.empty()
             ? "the zip file holds no table"
             : "the zip file holds " + counted(names.size(), "table") + ": " + listed(names, 6),
         where, "unpack it, and name the table");
}

std::string unpack_zip(std::string_view bytes, const std::string& where, std::size_t limit) {
  constexpr std::size_t kLocalSize = 30;
  constexpr std::uint32_t kEncrypted = 1;
  constexpr std::uint32_t kStored = 0;
  constexpr std::uint32_t kDeflated = 8;
  std::vector<ZipEntry> entries = zip_entries(bytes, where);
  const ZipEntry& entry = only_table(entries, where);
  const std::string place = where + ", " + shown(entry.name, 60);
  if ((entry.flags & kEncrypted) != 0) {
    refuse("the zip file is encrypted", place, "unpack it with its password");
  }
  if (entry.header > bytes.size() || bytes.size() - entry.header < kLocalSize) damaged(place);
  const std::size_t begin = entry.header + kLocalSize + number_at(bytes, entry.header + 26, 2) +
                            number_at(bytes, entry.header + 28, 2);
  if (begin > bytes.size() || bytes.size() - begin < entry.packed) damaged(place);
  check_size(entry.size, limit, place);
  const std::string_view packed = bytes.substr(begin, entry.packed);
  std::string out;
  if (entry.method == kStored) {
    out = packed;
  } else if (entry.method == kDeflated) {
    constexpr int kRaw = -15;
    Inflater(packed, kRaw).read(out, entry.size, place);
  } else {
    refuse("the zip file is compressed by method " + std::to_string(entry.method), place,
           "unpack it first; deflate is supported");
  }
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
  if (out.size() != entry.size || crc != entry.crc) damaged(place);
  return out;
}

}  // namespace

std::optional<Compression> compression_of(std::string_view bytes) {
  if (bytes.starts_with("\x1F\x8B")) return Compression::gzip;
  if (bytes.starts_with("\x28\xB5\x2F\xFD")) return Compression::zstd;
  if (bytes.starts_with("PK\x03\x04")) return Compression::zip;
  return {};
}

std::string unpack(std::string_view bytes, Compression compression, const std::string& where,
                   std::size_t limit) {
  switch (compression) {
    case Compression::gzip:
      return unpack_gzip(bytes, where, limit);
    case Compression::zstd:
      return unpack_zstd(bytes, where, limit);
    case Compression::zip:
      return unpack_zip(bytes, where, limit);
  }
  unknown_kind("compression", compression);
}

}  // namespace vitrine::data
