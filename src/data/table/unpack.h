// Unpacks compressed tables: gzip, zstd, and zip files that hold one table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine::data {

enum class Compression { gzip, zstd, zip };

/// By the first bytes; nullopt for other contents.
std::optional<Compression> compression_of(std::string_view bytes);

/// More bytes than this are not unpacked.
inline constexpr std::size_t kMostUnpacked = std::size_t{8} << 30;

/// The content of a compressed file named `where`, in memory. All members of gzip and all frames of
/// zstd are unpacked, one after another. A zip file must hold exactly one table (a file whose name
/// ends in .csv, .tsv, .txt, .json, .jsonl, .data, .dat or that of another format of tables; the
/// only .csv; or the only file). Throws Error(bad_input) if the file is damaged or cut off, has
/// another number of tables, is encrypted, or holds more than `limit` bytes. Thread-safe.
std::string unpack(std::string_view bytes, Compression compression, const std::string& where,
                   std::size_t limit = kMostUnpacked);

}  // namespace vitrine::data
