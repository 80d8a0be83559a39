#include "cli/prediction_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/text_table.h"
#include "data/table/csv_fields.h"
#include "data/table/value.h"

namespace vitrine::cli {
namespace {

constexpr std::size_t kMostLines = 20;
constexpr std::string_view kProbability = "probability_";
constexpr std::string_view kContribution = "contribution_";

using Cells = std::vector<std::string>;

/// The first lines of the pieces, and the number of all of them.
std::vector<Cells> first_lines(std::span<const std::string> csv, std::size_t& all) {
  std::vector<Cells> lines;
  all = 0;
  for (const std::string& piece : csv) {
    const data::CsvText text{piece, "the predictions"};
    for (std::size_t at = 0; at < piece.size(); ++all) {
      if (lines.size() > kMostLines) {  // a field may hold a line end, but a count may be rough
        at = piece.find('\n', at) + 1;
        continue;
      }
      data::FieldReader fields(text, {}, at, piece.size());
      Cells& cells = lines.emplace_back();
      for (bool last = false; !last;) cells.emplace_back(fields.next(last).text);
      at = fields.offset();
    }
  }
  return lines;
}

std::string short_text(const std::string& cell) {
  const auto number = data::parse_number(cell);
  return number ? short_number(*number) : shown(cell, 40);
}

std::string probability_text(const std::string& cell) {
  return fmt::format("{:.3f}", data::parse_number(cell).value_or(0));
}

/// "contract +0.67, tenure -0.31"
std::string reasons(const Cells& head, const Cells& cells) {
  struct Part {
    double value;
    std::string name;
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!head[i].starts_with(kContribution)) continue;
    parts.push_back({data::parse_number(cells[i]).value_or(0),
                     shown(head[i].substr(kContribution.size()), 20)});
  }
  std::ranges::stable_sort(parts, std::ranges::greater{},
                           [](const Part& one) { return std::abs(one.value); });
  std::string out;
  for (const Part& one : std::span(parts).first(std::min<std::size_t>(3, parts.size()))) {
    out += fmt::format("{}{} {:+.2f}", out.empty() ? "" : ", ", one.name, one.value);
  }
  return out;
}

}  // namespace

std::string prediction_table(std::span<const std::string> csv, std::size_t leading) {
  std::size_t all = 0;
  const std::vector<Cells> lines = first_lines(csv, all);
  Cells head = lines.front();
  const Cells ids(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(leading));
  head.erase(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(leading));
  const auto classes = std::ranges::count_if(
      head, [](const std::string& name) { return name.starts_with(kProbability); });
  constexpr std::ptrdiff_t kFewClasses = 3;
  const auto label = static_cast<std::size_t>(std::ranges::find(head, "label") - head.begin());
  Cells names{"row"};
  for (const std::string& id : ids) names.push_back(shown(id, 30));
  for (const std::string& name : head) {
    if (name == "base" || name.starts_with(kContribution)) continue;
    if (name.starts_with(kProbability) && classes > kFewClasses) continue;
    names.push_back(shown(name, 30));
  }
  if (classes > kFewClasses) names.emplace_back("probability");
  const bool explained = std::ranges::contains(head, "base");
  if (explained) names.emplace_back("because of");
  TextTable table(names);
  for (std::size_t row = 1; row < std::min(lines.size(), kMostLines + 1); ++row) {
    Cells cells = lines[row];
    Cells texts{std::to_string(row)};
    for (std::size_t i = 0; i < leading; ++i) texts.push_back(shown(cells[i], 40));
    cells.erase(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(leading));
    std::string of_label;
    for (std::size_t i = 0; i < head.size(); ++i) {
      if (head[i] == "base" || head[i].starts_with(kContribution)) continue;
      if (!head[i].starts_with(kProbability)) {
        texts.push_back(i == label ? shown(cells[i], 40) : short_text(cells[i]));
        continue;
      }
      if (label < cells.size() && head[i].substr(kProbability.size()) == cells[label]) {
        of_label = probability_text(cells[i]);
      }
      if (classes <= kFewClasses) texts.push_back(probability_text(cells[i]));
    }
    if (classes > kFewClasses) texts.push_back(of_label);
    if (explained) texts.push_back(reasons(head, cells));
    table.add(texts);
  }
  std::string out = table.text();
  const std::size_t rows = all - 1;
  if (rows > kMostLines) {
    out += "... and " + counted(rows - kMostLines, "more row") +
           "; -o answers.csv writes all of them to a file\n";
  }
  return out;
}

}  // namespace vitrine::cli
