#include "cli/inputs.h"

#include <iostream>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/row.h"

namespace vitrine {
namespace {

constexpr std::size_t kMostRows = std::size_t{1} << 24;

std::string read_standard_input() {
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) {
    throw Error(ErrorKind::failed, "standard input can't be read", "standard input",
                "check the program before the pipe");
  }
  return text;
}

void append(InputRows& rows, JsonRows&& more) {
  if (rows.table.columns.empty()) {
    rows.table = std::move(more.table);
  } else {
    rows.table.append(more.table);
  }
  for (auto& list : more.warnings) rows.row_warnings.push_back(std::move(list));
}

/// One JSON text, or one a line.
InputRows read_json(const TableSchema& schema, std::string_view text, const std::string& where) {
  InputRows rows;
  const auto read = [&](std::string_view json, const std::string& place) {
    try {
      append(rows, read_json_rows(schema, json, kMostRows));
    } catch (const Error& error) {
      throw Error(error.kind, error.message, place + ", " + error.where, error.hint, error.field);
    }
  };
  const std::string_view first_line = trimmed(text.substr(0, text.find('\n')));
  const bool lines = first_line.starts_with('{') && first_line.ends_with('}') &&
                     first_line.size() < trimmed(text).size();
  if (!lines) {
    read(text, where);
    return rows;
  }
  std::size_t number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (!trimmed(line).empty()) read(line, where + ", line " + std::to_string(number));
    at = end + 1;
  }
  return rows;
}

}  // namespace

InputRows read_input(const TableSchema& schema, const std::string& path, bool need_target) {
  std::string piped;
  std::optional<MappedFile> file;
  if (path == "-") {
    piped = read_standard_input();
  } else {
    file.emplace(path);
  }
  const std::string_view text = file ? file->text() : std::string_view(piped);
  const std::string where = path == "-" ? "standard input" : path;
  const std::string_view start = trimmed(text.substr(0, 4096));
  if (!need_target && (start.starts_with('{') || start.starts_with('['))) {
    return read_json(schema, text, where);
  }
  InputRows rows;
  const RawTable raw = read_csv(text, where, {.keep_all_text = true, .keys = schema.keys()});
  rows.table = apply_schema(schema, raw, text, {.need_target = need_target}, rows.warnings);
  return rows;
}

}  // namespace vitrine
