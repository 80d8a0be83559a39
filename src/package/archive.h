// Archives whose bytes depend on their content alone: owner root, one time, names in order.
#pragma once

#include <string>
#include <string_view>

#include "package/file_tree.h"

namespace vitrine {

/// Seconds since 1970 that every file of an archive carries: $SOURCE_DATE_EPOCH, else 0
/// (reproducible-builds.org/specs/source-date-epoch).
long long archive_time();

/// The same as RFC 3339, UTC.
std::string archive_date();

/// POSIX tar (pax where a name needs it).
std::string tar_of(const FileTree& tree);

/// Zip with Unix modes. Times in a zip begin in 1980. Sets the process' time zone to UTC.
std::string zip_of(const FileTree& tree);

/// One gzip member without name and time.
std::string gzipped(std::string_view bytes);

}  // namespace vitrine
