#include "data/table/unpack.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/table/inflater.h"
#include "data/table/zip.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

[[noreturn]] void refuse(const std::string& message, const std::string& where,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_input, message, where, hint);
}

std::string unpack_gzip(std::string_view bytes, const std::string& where, std::size_t limit) {
  std::string out;
  while (!bytes.empty()) {
    if (compression_of(bytes) != Compression::gzip) {
      // Padding with zeros behind the last member is allowed, as gzip itself allows it.
      if (bytes.find_first_not_of('\0') == std::string_view::npos) break;
      refuse_damaged(where);
    }
    bytes = Inflater(bytes, Inflater::Format::gzip).read(out, limit, where);
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
    if (::ZSTD_isError(expected) != 0) refuse_damaged(where);
    out.append(block.data(), to.pos);
    check_unpacked_size(out.size(), limit, where);
    if (expected > 0 && in.pos == in.size && before == in.pos && to.pos == 0) refuse_damaged(where);
  }
  return out;
}

bool is_table_name(std::string_view name) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {".arff", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".data", ".dat", ".parquet",
       ".arrow", ".feather", ".xlsx", ".ods"});
  const std::string lower = lower_ascii(name);
  return std::ranges::any_of(kEndings, [&](auto ending) { return lower.ends_with(ending); });
}

ZipFile::Entry only_table(std::vector<ZipFile::Entry> entries, const std::string& where) {
  std::erase_if(entries, [](const ZipFile::Entry& one) {
    const std::size_t slash = one.name.rfind('/');
    return one.name.ends_with('/') || one.name.starts_with("__MACOSX/") ||
           one.name.substr(slash == std::string::npos ? 0 : slash + 1).starts_with('.');
  });
  if (entries.size() > 1) {
    std::erase_if(entries, [](const ZipFile::Entry& one) { return !is_table_name(one.name); });
    const auto is_csv = [](const ZipFile::Entry& one) {
      return lower_ascii(one.name).ends_with(".csv");
    };
    if (std::ranges::count_if(entries, is_csv) == 1) {
      std::erase_if(entries, [&](const ZipFile::Entry& one) { return !is_csv(one); });
    }
  }
  if (entries.size() == 1) return entries.front();
  std::vector<std::string> names;
  for (const ZipFile::Entry& one : entries) names.push_back("'" + shown(one.name, 60) + "'");
  refuse(names.empty()
             ? "the zip file holds no table"
             : "the zip file holds " + counted(names.size(), "table") + ": " + listed(names, 6),
         where, "unpack it, and name the table");
}

std::string unpack_zip(std::string_view bytes, const std::string& where, std::size_t limit) {
  const ZipFile zip(bytes, where);
  return zip.read(only_table(zip.entries(), where), limit);
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
