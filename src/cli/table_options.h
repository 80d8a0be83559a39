// Options about tables that several verbs have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "data/table/schema_inference.h"
#include "data/table/table_file.h"

namespace vitrine::cli {

/// What a user says about the columns of a training table, as typed.
struct ColumnArguments {
  std::string target;
  std::string positive;
  std::vector<std::string> drop;
  std::vector<std::string> ids;
  std::vector<std::string> keep;
  std::vector<std::string> category;
  std::vector<std::string> text;
  std::vector<std::string> missing;
  std::vector<std::string> not_missing;
  std::string group;
  std::string time;  ///< not an option of add_column_options()
  std::string task = "auto";
  std::string decimal;
  std::string date_order;
};

/// Adds --target, --task, --positive, --drop, --id, --keep, --category, --text, --missing,
/// --not-missing,
/// --group, --decimal and --date-order. Each description begins with `prefix`.
void add_column_options(CLI::App& verb, ColumnArguments& arguments, const std::string& prefix = "");

data::SchemaOptions schema_options(const ColumnArguments& arguments);

/// The help text of the argument that names training data.
inline constexpr const char* kTrainingDataHelp =
    "A table (CSV, JSON, Excel, Parquet and others; several files, folders and patterns such as "
    "'*.csv' are read as one; sqlite:FILE, postgresql://...), or a folder with one subfolder of "
    "photos per class";

/// Adds --encoding, --sheet, --table, --query, --header, --no-header and --strict.
void add_file_options(CLI::App& verb, data::TableFileOptions& options,
                      const std::string& prefix = "");

/// The names of add_column_options() and add_file_options(), without --strict.
std::vector<const char*> table_option_names();

}  // namespace vitrine::cli
