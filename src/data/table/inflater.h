// Unpacks streams of deflate, gzip and zlib.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace vitrine::data {

/// Throws Error(bad_input): the file named `where` is damaged.
[[noreturn]] void refuse_damaged(const std::string& where);

/// Throws Error(bad_input) if `size` exceeds `limit`.
void check_unpacked_size(std::size_t size, std::size_t limit, const std::string& where);

/// zlib's inflate, from memory. Not thread-safe.
class Inflater {
 public:
  enum class Format { gzip, zlib, raw_deflate };
  Inflater(std::string_view bytes, Format format);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Appends one stream to `out`, and returns the bytes behind it. Throws Error(bad_input) if the
  /// stream is damaged, or if `out` would have more than `limit` bytes.
  std::string_view read(std::string& out, std::size_t limit, const std::string& where);

 private:
  z_stream stream_{};
  std::string_view rest_;
};

}  // namespace vitrine::data
