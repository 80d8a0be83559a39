// Few texts, each with a number, looked up often.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// Open addressing in at least four places a text: a look-up is a hash, as a rule one comparison,
/// and no memory. Thread-safe once filled.
class TextTable {
 public:
  /// The first number of a text stays.
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
  std::vector<std::uint32_t> places_;  ///< an entry's number from 1 on; 0: free. A power of two
};

}  // namespace vitrine
