// Unpacks compressed model files: what joblib and shells write.
#pragma once

#include <string>
#include <string_view>

namespace vitrine::interop {

/// Whether these are the first bytes of a file in the format of gzip, zlib, bzip2, xz, lzma or lz4.
bool is_compressed(std::string_view bytes);

/// The content of a compressed file; other bytes as they are. Throws Error(bad_input) with `where`
/// if the file is damaged or holds more than 2 GiB.
std::string unpacked(std::string bytes, const std::string& where);

}  // namespace vitrine::interop
