// A dictionary of the different texts of a column, built while its cells are read.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace vitrine::data {

/// The text of a cell, and the end of the memory that may be read: loads of whole vectors may go
/// beyond the text.
struct CellText {
  CellText(std::string_view cell, const char* end) : text(cell), readable_end(end) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as a view
  CellText(std::string_view cell) : CellText(cell, cell.data() + cell.size()) {}

  std::string_view text;
  const char* readable_end;
};

/// Numbers different texts in order of appearance: at most 2^32 - 1 texts of less than 4 GiB each.
/// Texts are views; the caller keeps the bytes alive. Not thread-safe.
class CellDictionary {
 public:
  /// The code of a text; adds the text if it is new.
  std::uint32_t code_of(const CellText& field) {
    if (texts_.size() * 2 >= slots_.size()) grow();
    const std::string_view text = field.text;
    const Head head = head_of(field);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t place = hash_of(head, text) & mask;; place = (place + 1) & mask) {
      Slot& slot = slots_[place];
      if (slot.head == head && slot.size == text.size() && slot.code != kFree &&
          (text.size() <= kHeadBytes ||
           texts_[slot.code].substr(kHeadBytes) == text.substr(kHeadBytes))) {
        return slot.code;
      }
      if (slot.code != kFree) continue;
      slot = {head, static_cast<std::uint32_t>(text.size()),
              static_cast<std::uint32_t>(texts_.size())};
      texts_.push_back(text);
      return slot.code;
    }
  }
  std::size_t size() const { return texts_.size(); }
  std::string_view text(std::size_t code) const { return texts_[code]; }

 private:
  /// The first 16 bytes of a text, padded with zeros. Most texts are not longer; they are compared
  /// and hashed without a branch on their length.
  struct Head {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    bool operator==(const Head&) const = default;
  };
  static constexpr std::size_t kHeadBytes = sizeof(Head);

  static Head head_of(const CellText& field) {
    alignas(16) static constexpr auto kMasks = [] {
      std::array<char, 2 * kHeadBytes> masks{};
      std::ranges::fill_n(masks.begin(), kHeadBytes, '\xFF');
      return masks;
    }();
    const std::size_t size = std::min(field.text.size(), kHeadBytes);
    Head head;
    if (field.readable_end - field.text.data() >= static_cast<std::ptrdiff_t>(kHeadBytes)) {
      const auto* from = reinterpret_cast<const __m128i*>(field.text.data());
      const auto* mask = reinterpret_cast<const __m128i*>(kMasks.data() + kHeadBytes - size);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(&head),
                       _mm_and_si128(_mm_loadu_si128(from), _mm_loadu_si128(mask)));
    } else {
      std::ranges::copy(field.text.substr(0, size), reinterpret_cast<char*>(&head));
    }
    return head;
  }

  /// Fast for short texts. Not hardened against crafted collisions: these would only slow down the
  /// reading of the table that contains them.
  static std::uint64_t hash_of(const Head& head, std::string_view text) {
    const auto folded = [](std::uint64_t a, std::uint64_t b) {
      const auto wide = static_cast<unsigned __int128>(a) * b;
      return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
    };
    std::uint64_t hash =
        folded(head.first ^ 0x9E3779B97F4A7C15U, head.second ^ text.size() ^ 0xD6E8FEB86659FD93U);
    for (std::size_t at = kHeadBytes; at < text.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
      hash = folded(hash ^ word, 0xD6E8FEB86659FD93U);
    }
    return hash;
  }

  static constexpr std::uint32_t kFree = ~0U;
  struct Slot {
    Head head;
    std::uint32_t size = 0;  ///< bytes; fields have at most kMaxFieldBytes
    std::uint32_t code = kFree;
  };

  void grow() {
    slots_.assign(std::max<std::size_t>(16, slots_.size() * 2), {});
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t code = 0; code < texts_.size(); ++code) {
      const std::string_view text = texts_[code];
      const Head head = head_of(text);
      std::size_t place = hash_of(head, text) & mask;
      while (slots_[place].code != kFree) place = (place + 1) & mask;
      slots_[place] = {head, static_cast<std::uint32_t>(text.size()),
                       static_cast<std::uint32_t>(code)};
    }
  }

  std::vector<Slot> slots_;
  std::vector<std::string_view> texts_;
};

}  // namespace vitrine::data
