// Reproducible archives: their bytes depend only on their content (owner root, the same time for
// all files, sorted names).
#pragma once

#include <string>
#include <string_view>

#include "package/file_tree.h"

namespace vitrine::package {

/// The modification time of all files of an archive, in seconds since 1970: $SOURCE_DATE_EPOCH,
/// else 0 (reproducible-builds.org/specs/source-date-epoch). Throws Error(usage) for another text.
long long archive_time();

/// archive_time() in the format of RFC 3339, UTC.
std::string archive_date();

/// A POSIX tar (with pax headers for names that need them). Throws Error(failed).
std::string tar_of(const FileTree& tree);

/// A zip with Unix modes. Its times begin in 1980. Sets the process' time zone to UTC, since zips
/// contain local times: not thread-safe. Throws Error(failed).
std::string zip_of(const FileTree& tree);

/// One gzip member without a name and a time.
std::string gzipped(std::string_view bytes);

}  // namespace vitrine::package
