// Reads FlatBuffers (https://flatbuffers.dev/internals/) of a known schema, with all bounds
// checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace vitrine::interop {

/// A table in a buffer, which must outlive it. Fields are numbered as in the schema; those that are
/// absent have the given value. All functions throw std::invalid_argument for offsets that lead out
/// of the buffer. The depth of nesting is that of the caller's code: tables may overlap, and
/// nothing is followed by itself.
class FlatTable {
 public:
  /// The root of a buffer.
  explicit FlatTable(std::string_view buffer) : FlatTable(buffer, 0) {}

  bool has(std::size_t field) const { return place(field) != 0; }

  template <typename T>
  T number(std::size_t field, T otherwise) const {
    const std::size_t at = place(field);
    return at == 0 ? otherwise : read<T>(at);
  }
  /// An absent table has no fields.
  FlatTable table(std::size_t field) const;
  std::string_view text(std::size_t field) const { return bytes(field); }
  std::string_view bytes(std::size_t field) const;
  std::vector<FlatTable> tables(std::size_t field) const;
  template <typename T>
  std::vector<T> numbers(std::size_t field) const {
    const auto [at, count] = vector(field, sizeof(T));
    std::vector<T> out(count);
    if (count > 0) std::memcpy(out.data(), buffer_.data() + at, count * sizeof(T));
    return out;
  }

 private:
  struct Vector {
    std::size_t at = 0;
    std::size_t count = 0;
  };

  FlatTable() = default;
  /// The table to which the offset at `at` leads.
  FlatTable(std::string_view buffer, std::size_t at);

  template <typename T>
  T read(std::size_t at) const {
    if (at > buffer_.size() || buffer_.size() - at < sizeof(T)) damaged();
    T out;
    std::memcpy(&out, buffer_.data() + at, sizeof(T));
    return out;
  }
  [[noreturn]] static void damaged() { throw std::invalid_argument("the file is damaged"); }
  /// Where the field's value is; 0: absent.
  std::size_t place(std::size_t field) const;
  Vector vector(std::size_t field, std::size_t item) const;

  std::string_view buffer_;
  std::size_t at_ = 0;                           ///< of the table; 0: it is absent
  std::size_t fields_at_ = 0, fields_size_ = 0;  ///< its vtable
};

}  // namespace vitrine::interop
