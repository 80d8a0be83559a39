#include "app/row_input.h"

#include <filesystem>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/image/image.h"
#include "data/table/row.h"
#include "data/table/table_set.h"

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

void refuse_photo(std::string_view bytes, const std::string& where) {
  const auto format = data::image_format(bytes);
  if (!format) return;
  throw Error(ErrorKind::bad_input,
              "this is a photo (" + std::string(name_of(*format)) +
                  "), and the model reads rows of a table",
              where, "give a CSV or JSON file, or a model that was trained on photos");
}

}  // namespace

std::unique_ptr<data::TableFile> open_input(const data::TableName& name,
                                            const data::TableFileOptions& options) {
  if (name.path == "-") {
    std::string bytes = read_standard_input();
    refuse_photo(bytes, "standard input");
    return std::make_unique<data::TableFile>(std::move(bytes), "standard input", options);
  }
  if (!data::is_database_address(name.path)) refuse_photo(MappedFile(name.path).text(), name.path);
  return std::make_unique<data::TableFile>(name, options);
}

InputRows read_json_input(const data::TableSchema& schema, const data::TableFile& input,
                          bool strict) {
  const data::BadCells bad = strict ? data::BadCells::refused : data::BadCells::missing;
  const std::string_view text = input.text();
  const std::string& where = input.where();
  InputRows rows;
  const auto read = [&](std::string_view json, const std::string& place) {
    try {
      append(rows, data::read_json_rows(schema, json, kMostRows, bad));
    } catch (const Error& error) {
      throw error.at(place + ", " + error.where);
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
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const std::string_view line = take_line(rest);
    if (!trimmed(line).empty()) read(line, where + ", line " + std::to_string(number));
  }
  return rows;
}

data::ReadOptions read_options(const data::TableSchema& schema, bool with_target) {
  data::ReadOptions options{.keep_all_text = true,
                            .keys = schema.keys(),
                            .number_keys = data::number_keys_of(schema),
                            .id_keys = data::id_keys_of(schema)};
  if (!with_target) std::erase(options.keys, schema.target.key);
  return options;
}

namespace {

InputRows apply(const data::TableSchema& schema, const data::RawTable& raw,
                data::ApplyOptions::TargetColumn target, bool strict) {
  InputRows rows{.warnings = raw.warnings};
  rows.table = data::apply_schema(schema, raw,
                                  {.target = target,
                                   .refuse_bad_cells = strict,
                                   .ids = target == data::ApplyOptions::TargetColumn::ignored},
                                  rows.warnings);
  return rows;
}

}  // namespace

InputRows read_rows(const data::TableSchema& schema, const data::TableFile& input,
                    const data::TableFileOptions& options) {
  if (input.json() && !input.has_partition()) {
    return read_json_input(schema, input, options.strict);
  }
  return apply(schema, input.read(read_options(schema, false)),
               data::ApplyOptions::TargetColumn::ignored, options.strict);
}

InputRows read_labelled_rows(const data::TableSchema& schema, const std::vector<std::string>& names,
                             const data::TableFileOptions& options) {
  std::error_code ignored;
  const bool single =
      names.size() == 1 &&
      (names.front() == "-" || std::filesystem::is_regular_file(names.front(), ignored));
  std::vector<data::Warning> none;  // a file has none
  data::TableSet set =
      single ? data::TableSet(open_input(data::tables_named(names, none).front(), options))
             : data::TableSet(names, options);
  return apply(schema, set.read(read_options(schema, true)),
               data::ApplyOptions::TargetColumn::needed, options.strict);
}

}  // namespace vitrine::app
