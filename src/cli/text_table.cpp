#include "cli/text_table.h"

#include <algorithm>

namespace vitrine::cli {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t have = characters(text);
  const std::string blanks(have < width ? width - have : 0, ' ');
  return right ? blanks + text : text + blanks;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  std::vector<bool> used(widths.size(), false);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], characters(rows_[row][i]));
      if (row > 0 && !rows_[row][i].empty()) used[i] = true;
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (used[i]) line += "  " + padded(row[i], widths[i], i > 0);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace vitrine::cli
