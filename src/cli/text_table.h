// A table of texts for people, as lines of aligned columns.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vitrine::cli {

/// The number of characters (code points) of a text.
std::size_t characters(const std::string& text);

/// `text` padded with blanks to `width` characters (code points), on the left if `right`.
std::string padded(const std::string& text, std::size_t width, bool right = false);

/// Rows of cells. The first column is aligned to the left, the others to the right. Columns without
/// a text below the head are left out.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) : rows_{std::move(head)} {}
  /// Adds a row with as many cells as the head.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// The lines, indented by two blanks; the first one is the head.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace vitrine::cli
