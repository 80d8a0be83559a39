// A hash table from a small set of texts to numbers, for frequent look-ups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::data {

/// Open addressing with at least four slots for each text: a look-up computes a hash, usually makes
/// one comparison, and allocates nothing. find() is thread-safe once the table is filled.
class TextTable {
 public:
  /// Adds a text; does nothing if it is in the table already.
  void add(std::string_view text, std::uint32_t number);
  std::optional<std::uint32_t> find(std::string_view text) const;

 private:
  struct Entry {
    std::string text;
    std::uint32_t number;
  };
  void grow();
  std::size_t place_of(std::string_view text) const;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> places_;  ///< index of an entry plus 1, or 0; the size is a power of 2
};

}  // namespace vitrine::data
