#include "interop/xgboost/ubjson.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace vitrine::interop {
namespace {

constexpr std::size_t kMostLevels = 100;

/// Walks the values with a stack of its own.
class Walk {
 public:
  explicit Walk(std::string_view bytes) : bytes_(bytes) {}

  bool sound() {
    if (!value(next())) return false;
    while (!open_.empty()) {
      Container& inner = open_.back();
      if (inner.counted ? inner.left == 0 : peek() == (inner.object ? '}' : ']')) {
        if (!inner.counted) ++at_;
        open_.pop_back();
        continue;
      }
      if (inner.counted) --inner.left;
      const char type = inner.type;
      if (inner.object && !skip(length(next()))) return false;  // the key
      if (!value(type != 0 ? type : next())) return false;
    }
    return true;
  }

 private:
  struct Container {
    bool object = false;
    bool counted = false;
    std::uint64_t left = 0;  ///< elements, if they are counted
    char type = 0;           ///< of all elements; 0: each says its own
  };

  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }
  char next() { return at_ < bytes_.size() ? bytes_[at_++] : '\0'; }
  bool skip(std::optional<std::uint64_t> count) {
    if (!count || *count > bytes_.size() - at_) return false;
    at_ += *count;
    return true;
  }

  /// The bytes of a number; nullopt for other types.
  static std::optional<std::uint64_t> width(char type) {
    switch (type) {
      case 'i':
      case 'U':
      case 'C':
        return 1;
      case 'I':
        return 2;
      case 'l':
      case 'd':
        return 4;
      case 'L':
      case 'D':
        return 8;
      default:
        return std::nullopt;
    }
  }

  /// A length: a whole number of this type, big-endian.
  std::optional<std::uint64_t> length(char type) {
    const auto size = width(type);
    if (!size || type == 'C' || type == 'd' || type == 'D' || *size > bytes_.size() - at_) {
      return std::nullopt;
    }
    std::uint64_t out = 0;
    for (std::uint64_t i = 0; i < *size; ++i) {
      out = out << 8 | static_cast<unsigned char>(bytes_[at_++]);
    }
    return out;
  }

  bool value(char type) {
    if (type == 'Z' || type == 'T' || type == 'F') return true;
    if (type == 'S' || type == 'H') return skip(length(next()));
    if (type == '[' || type == '{') return open(type == '{');
    const auto size = width(type);
    return size && skip(*size);
  }

  bool open(bool object) {
    Container inner{.object = object};
    if (peek() == '$') {
      ++at_;
      inner.type = next();
      if (peek() != '#') return false;
    }
    if (peek() == '#') {
      ++at_;
      const auto count = length(next());
      if (!count || *count > bytes_.size() - at_) return false;
      inner.counted = true;
      inner.left = *count;
      // Values without bytes: a small file could ask for any amount of memory.
      if (inner.type == 'Z' || inner.type == 'T' || inner.type == 'F' || inner.type == 'N') {
        return false;
      }
      if (const auto size = width(inner.type); size && !object) {
        return *count <= (bytes_.size() - at_) / *size && skip(*count * *size);
      }
    }
    if (open_.size() >= kMostLevels) return false;
    open_.push_back(inner);
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::vector<Container> open_;
};

}  // namespace

bool is_sound_ubjson(std::string_view bytes) { return Walk(bytes).sound(); }

}  // namespace vitrine::interop
