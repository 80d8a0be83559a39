// vitrine describe: shows the columns, target, split and warnings of a table without training.
// Folders of photos: cli/describe_photos.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/describe_photos.h"
#include "cli/metrics_text.h"
#include "cli/table_options.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "data/image/photo_folder.h"
#include "data/table/json_table.h"
#include "data/table/schema_inference.h"
#include "data/table/split_keys.h"
#include "data/table/table_set.h"
#include "data/table/value.h"
#include "train/table/checks.h"

namespace vitrine::cli {
namespace {

struct DescribeArguments {
  std::vector<std::string> data;
  ColumnArguments columns;
  data::TableFileOptions file;
  std::uint64_t seed = 1;
  bool json = false;
};

std::string separator_name(char separator) {
  return separator == '\t' ? "tab" : std::string(1, separator);
}

std::string most_frequent(const data::Column& column) {
  std::vector<const data::Category*> by_count;
  for (const data::Category& one : column.categories) by_count.push_back(&one);
  std::ranges::stable_sort(by_count, std::ranges::greater{}, &data::Category::count);
  std::vector<std::string> values;
  for (const data::Category* one : by_count) {
    values.push_back(shown(one->spelling, 30) + " " + with_commas(one->count));
  }
  return listed(values, 5);
}

std::string column_values(const data::Column& column) {
  switch (column.kind) {
    case data::ColumnKind::number:
      return data::number_text(column.quantiles[0]) + " to " +
             data::number_text(column.quantiles[10]) + ", median " +
             data::number_text(column.quantiles[5]) + ", mean " +
             fmt::format("{:.4g}", column.mean);
    case data::ColumnKind::category:
      return most_frequent(column);
    case data::ColumnKind::date: {
      const auto text = [&](std::size_t tenth) {
        return data::date_text(column.quantiles[tenth], column.date.times);
      };
      return text(0) + " to " + text(10) + ", median " + text(5);
    }
    case data::ColumnKind::text:
      return fmt::format("text, {:.1f} words on average", column.mean);
  }
  unknown_kind("column kind", column.kind);
}

Json split_json(const data::Split& split, const data::Table& table,
                const data::TableSchema& schema) {
  std::size_t test = 0;
  std::vector<std::size_t> folds(data::kFolds, 0);
  std::vector<std::size_t> test_classes(schema.target.groups(), 0);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (split.fold[row] == data::kTestFold) {
      ++test;
      ++test_classes[static_cast<std::size_t>(table.labels[row])];
    } else {
      ++folds[split.fold[row]];
    }
  }
  return {{"test_rows", test},
          {schema.target.number ? "test_rows_of_tenth" : "test_rows_of_class", test_classes},
          {"fold_rows", folds},
          {"duplicate_rows", split.duplicate_rows},
          {"conflicting_rows", split.conflicting_rows}};
}

void print_schema(const data::TableSchema& schema, std::size_t rows) {
  std::size_t width = 8;
  for (const data::Column& column : schema.columns) width = std::max(width, column.name.size() + 2);
  for (const auto& column : schema.dropped) width = std::max(width, column.name.size() + 2);
  width = std::min<std::size_t>(width, 40);
  for (const data::Column& column : schema.columns) {
    const double missing = column.missing_share * static_cast<double>(rows);
    std::cout << "  " << padded(shown(column.name, 36), width)
              << padded(std::string(data::name_of(column.kind)), 10)
              << padded(missing > 0 ? with_commas(static_cast<std::size_t>(std::llround(missing))) +
                                          " missing"
                                    : "",
                        16)
              << column_values(column) << "\n";
  }
  for (const data::DroppedColumn& column : schema.dropped) {
    std::cout << "  " << padded(shown(column.name, 36), width) << "left out: " << column.reason
              << "\n";
  }
}

void describe(const DescribeArguments& arguments) {
  data::TableSet source(arguments.data, arguments.file);
  const data::SchemaOptions options = schema_options(arguments.columns);
  const bool with_target = !options.target.empty();
  const data::RawTable raw = source.read(data::training_read_options(options));
  std::vector<data::Warning> warnings = raw.warnings;
  const data::TableSchema schema = with_target ? data::infer_schema(raw, options, warnings)
                                               : data::infer_columns(raw, options, warnings);
  Json split;
  if (with_target) {
    std::vector<data::Warning> ignored;
    data::Table table = data::apply_schema(
        schema, raw, {.target = data::ApplyOptions::TargetColumn::needed}, ignored);
    std::vector<std::uint32_t> known;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (table.labels[row] >= 0) known.push_back(static_cast<std::uint32_t>(row));
    }
    table = table.subset(known);
    const data::Split parts =
        data::split_as_asked(raw, options, table, known, {arguments.seed, true}, warnings);
    train::check_duplicates(parts, warnings);
    train::check_leaks(schema, table, warnings);
    split = split_json(parts, table, schema);
  }
  if (arguments.json) {
    Json json = data::to_json(schema);
    if (!with_target) json.erase("target");
    json["rows"] = raw.rows;
    if (raw.separator != 0) json["separator"] = separator_name(raw.separator);
    json["warnings"] = data::to_json(warnings);
    if (with_target) json["split"] = split;
    std::cout << to_text(json, 2) << "\n";
    return;
  }
  std::cout << source.where() << ": " << counted(raw.rows, "row") << ", "
            << counted(raw.columns.size(), "column")
            << (raw.separator == 0 ? "" : ", separator '" + separator_name(raw.separator) + "'")
            << "\n\n";
  print_schema(schema, raw.rows);
  if (with_target) {
    std::cout << "\ntarget " << shown(schema.target.name) << ":";
    if (const auto& number = schema.target.number) {
      std::cout << " a number, " << short_number(number->quantiles.front()) << " to "
                << short_number(number->quantiles.back()) << ", median "
                << short_number(number->quantiles[5]) << ", mean " << short_number(number->mean);
    }
    std::cout << "\n";
    for (std::size_t k = 0; k < schema.target.classes.size(); ++k) {
      const data::Category& one = schema.target.classes[k];
      std::cout << "  " << padded(shown(one.spelling, 36), 24)
                << padded(with_commas(one.count), 10, true)
                << (schema.target.task() == data::TaskKind::binary && k == 1 ? "  <- positive" : "")
                << "\n";
    }
    const std::string test = with_commas(whole_number<std::size_t>(split["test_rows"]));
    if (options.time.empty()) {
      std::cout << "\nsplit (seed " << arguments.seed << "): " << test
                << " rows in the test set, the others in " << data::kFolds << " folds\n";
    } else {
      std::cout << "\nsplit by time: the latest " << test
                << " rows in the test set, the latest fifth of the others for validation\n";
    }
  } else {
    std::cout << "\nto see classes and the split, name the column to predict: --target COLUMN\n";
  }
  std::cout << (warnings.empty() ? "" : "\n") << warnings_text(warnings);
}

}  // namespace

void add_describe(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("describe", "Show the columns or classes of training data, and warnings");
  auto arguments = std::make_shared<DescribeArguments>();
  verb->add_option("DATA", arguments->data, kTrainingDataHelp)->required();
  add_column_options(*verb, arguments->columns);
  add_file_options(*verb, arguments->file);
  verb->add_option("--time", arguments->columns.time,
                   "The column that orders the rows in time: the test set is the latest fifth");
  verb->add_option("--seed", arguments->seed, "Seed of the split; default: 1");
  verb->add_flag("--json", arguments->json, "Print JSON");
  verb->callback([verb, arguments] {
    const std::string& first = arguments->data.front();
    if (arguments->data.size() > 1 || !data::are_photos(first)) return describe(*arguments);
    for (const CLI::Option* option : verb->get_options()) {
      if (option->count() == 0 || option->get_name() == "DATA" || option->get_name() == "--json") {
        continue;
      }
      throw Error(ErrorKind::usage, option->get_name() + " is for tables", first,
                  "leave it out: the classes of photos are the names of the subfolders");
    }
    describe_photos(first, arguments->json);
  });
}

}  // namespace vitrine::cli
