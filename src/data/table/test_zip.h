// Zip files for tests.
#pragma once

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

namespace vitrine::data {

/// `text` compressed by zlib; `window_bits` as for deflateInit2.
inline std::string deflated(const std::string& text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// `size` bytes, the lowest first.
inline std::string number_bytes(std::size_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i, value >>= 8) out += static_cast<char>(value & 0xFF);
  return out;
}

/// A zip file of some files, each deflated.
inline std::string zip(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string out;
  std::string directory;
  for (const auto& [name, text] : files) {
    const std::string packed = deflated(text, -15);
    const std::string about =
        number_bytes(20, 2) + number_bytes(0, 2) + number_bytes(8, 2) + number_bytes(0, 4) +
        number_bytes(
            crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())),
            4) +
        number_bytes(packed.size(), 4) + number_bytes(text.size(), 4) +
        number_bytes(name.size(), 2) + number_bytes(0, 2);
    directory += "PK\x01\x02" + number_bytes(20, 2) + about + number_bytes(0, 10) +
                 number_bytes(out.size(), 4) + name;
    out += "PK\x03\x04" + about + name + packed;
  }
  const std::size_t begin = out.size();
  out += directory + "PK\x05\x06" + number_bytes(0, 4) + number_bytes(files.size(), 2) +
         number_bytes(files.size(), 2) + number_bytes(directory.size(), 4) +
         number_bytes(begin, 4) + number_bytes(0, 2);
  return out;
}

}  // namespace vitrine::data
