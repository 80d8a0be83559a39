#include "data/table/encoding.h"

#include <iconv.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

/// UTF-16 without a byte order mark: in the first bytes, nearly every second one is zero.
std::optional<std::string> by_zeros(std::string_view bytes) {
  constexpr std::size_t kLook = 1000;
  const std::string_view start = bytes.substr(0, std::min(kLook, bytes.size() / 2 * 2));
  if (start.size() < 8) return {};
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < start.size(); ++i) zeros[i % 2] += start[i] == '\0' ? 1 : 0;
  const std::size_t most = start.size() / 2;
  if (zeros[1] * 10 >= most * 9 && zeros[0] == 0) return "UTF-16LE";
  if (zeros[0] * 10 >= most * 9 && zeros[1] == 0) return "UTF-16BE";
  return {};
}

/// True if the bytes are not a text of any encoding: they have control characters.
bool is_binary(std::string_view bytes) {
  constexpr std::size_t kLook = 65536;
  return std::ranges::any_of(bytes.substr(0, kLook), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' &&
           byte != '\v' && byte != 0x1A;  // the end of files of DOS
  });
}

/// The length of the UTF-8 sequence of two to four bytes at `at`; 0 if there is none.
std::size_t sequence_at(std::string_view bytes, std::size_t at) {
  for (const std::size_t size : {2U, 3U, 4U}) {
    if (at + size <= bytes.size() && simdjson::validate_utf8(bytes.data() + at, size)) return size;
  }
  return 0;
}

}  // namespace

std::optional<std::string> other_encoding(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32LE";
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32BE";
  if (bytes.starts_with("\xFF\xFE")) return "UTF-16LE";
  if (bytes.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (bytes.starts_with("\xEF\xBB\xBF")) return {};
  if (auto wide = by_zeros(bytes)) return wide;
  if (simdjson::validate_utf8(bytes.data(), bytes.size()) || is_binary(bytes)) return {};
  std::size_t valid = 0;  // sequences of several bytes
  std::size_t invalid = 0;
  bool not_windows = false;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte < 0x80) continue;
    if (const std::size_t size = sequence_at(bytes, at)) {
      ++valid;
      at += size - 1;
      continue;
    }
    ++invalid;
    constexpr std::array<unsigned char, 5> kUnused{0x81, 0x8D, 0x8F, 0x90, 0x9D};
    not_windows = not_windows || std::ranges::contains(kUnused, byte);
  }
  if (valid > invalid) return {};
  return not_windows ? "ISO-8859-1" : "WINDOWS-1252";
}

std::string to_utf8(std::string_view bytes, const std::string& encoding, const std::string& where) {
  ::iconv_t converter = ::iconv_open("UTF-8", encoding.c_str());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): as iconv(3) says
  if (converter == reinterpret_cast<::iconv_t>(-1)) {
    throw Error(ErrorKind::usage,
                "this system can't convert from the encoding '" + shown(encoding) + "'", where,
                "convert the file to UTF-8, or name an encoding that iconv -l lists");
  }
  std::string out;
  std::array<char, 65536> block;
  auto* in = const_cast<char*>(bytes.data());  // iconv does not write to its input
  std::size_t left = bytes.size();
  while (left > 0) {
    char* to = block.data();
    std::size_t room = block.size();
    const std::size_t status = ::iconv(converter, &in, &left, &to, &room);
    const int why = errno;
    out.append(block.data(), block.size() - room);
    if (status != static_cast<std::size_t>(-1) || why == E2BIG) continue;
    ::iconv_close(converter);
    throw Error(ErrorKind::bad_input,
                "byte " + std::to_string(bytes.size() - left) + " is not a text in " + encoding,
                where, "name the file's encoding with --encoding");
  }
  ::iconv_close(converter);
  if (out.starts_with("\xEF\xBB\xBF")) out.erase(0, 3);
  return out;
}

}  // namespace vitrine::data
