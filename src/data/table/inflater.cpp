#include "data/table/inflater.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

}  // namespace

void refuse_damaged(const std::string& where) {
  throw Error(ErrorKind::bad_input, "the compressed file is damaged or cut off", where,
              "copy it again, and unpack it to see");
}

void check_unpacked_size(std::size_t size, std::size_t limit, const std::string& where) {
  if (size <= limit) return;
  throw Error(ErrorKind::bad_input,
              "the compressed file holds more than " + with_commas(limit) + " bytes", where,
              "unpack it first; a table that is not compressed is not held in memory");
}

Inflater::Inflater(std::string_view bytes, Format format) : rest_(bytes) {
  const int window_bits = format == Format::gzip   ? 31  // of inflateInit2()
                          : format == Format::zlib ? 15
                                                   : -15;
  if (::inflateInit2(&stream_, window_bits) != Z_OK) {
    throw Error(ErrorKind::failed, "zlib can't be started", "memory", "free some memory");
  }
}

Inflater::~Inflater() { ::inflateEnd(&stream_); }

std::string_view Inflater::read(std::string& out, std::size_t limit, const std::string& where) {
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
    if (status != Z_OK && status != Z_STREAM_END) refuse_damaged(where);
    if (written == 0 && status == Z_OK && stream_.avail_in == 0 && rest_.empty()) {
      refuse_damaged(where);
    }
    out.append(block.data(), written);
    check_unpacked_size(out.size(), limit, where);
  }
  return {rest_.data() - stream_.avail_in, rest_.size() + stream_.avail_in};
}

}  // namespace vitrine::data
