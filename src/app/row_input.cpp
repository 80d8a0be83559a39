#include "app/row_input.h"

#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "data/image/image.h"
#include "data/table/row.h"

namespace vitrine::app {
namespace {

constexpr std::size_t kMostRows = std::size_t{1} << 24;

std::string read_standard_input() {
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) {
    throw Error(ErrorKind::failed, "standard input can't be read", "standard input",
                "check the program that writes to the pipe");
  }
  return text;
}

void append(InputRows& rows, data::JsonRows&& more) {
  if (rows.table.columns.empty()) {
    rows.table = std::move(more.table);
  } else {
    rows.table.append(more.table);
  }
  for (auto& list : more.warnings) rows.row_warnings.push_back(std::move(list));
}

}  // namespace

InputText::InputText(const std::string& path) : where_(path == "-" ? "standard input" : path) {
  if (path == "-") {
    piped_ = read_standard_input();
  } else {
    file_.emplace(path);
  }
  if (const auto format = data::image_format(text())) {
    throw Error(ErrorKind::bad_input,
                "this is a photo (" + std::string(name_of(*format)) +
                    "), and the model reads rows of a table",
                where_, "give a CSV or JSON file, or a model that was trained on photos");
  }
}

bool InputText::json() const {
  const std::string_view start = trimmed(text().substr(0, 4096));
  return start.starts_with('{') || start.starts_with('[');
}

InputRows read_json_input(const data::TableSchema& schema, const InputText& input) {
  const std::string_view text = input.text();
  const std::string& where = input.where();
  InputRows rows;
  const auto read = [&](std::string_view json, const std::string& place) {
    try {
      append(rows, data::read_json_rows(schema, json, kMostRows));
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

data::CsvOptions csv_options(const data::TableSchema& schema, bool with_target) {
  data::CsvOptions options{.keep_all_text = true, .keys = schema.keys()};
  if (!with_target) std::erase(options.keys, schema.target.key);
  for (const data::Column& column : schema.columns) {
    switch (column.kind) {
      case data::ColumnKind::number:
        options.number_keys.push_back(column.key);
        break;
      case data::ColumnKind::category:
        break;
    }
  }
  return options;
}

InputRows read_input(const data::TableSchema& schema, const std::string& path, bool need_target) {
  const InputText input(path);
  if (!need_target && input.json()) return read_json_input(schema, input);
  InputRows rows;
  const data::RawTable raw =
      data::read_csv(input.text(), input.where(), csv_options(schema, need_target));
  rows.table =
      data::apply_schema(schema, raw, input.text(),
                         {.target = need_target ? data::ApplyOptions::TargetColumn::needed
                                                : data::ApplyOptions::TargetColumn::ignored},
                         rows.warnings);
  return rows;
}

}  // namespace vitrine::app
