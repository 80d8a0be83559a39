// What a user names as a table: files, folders, patterns of names, databases, standard input.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/table/warning.h"

namespace vitrine::data {

/// One table.
struct TableName {
  std::string path;  ///< of a file; the address of a database; `-`: standard input
  /// Columns that the names of its folders have, as in `year=2024/part-0.parquet`.
  std::vector<std::pair<std::string, std::string>> partition = {};
};

/// The text of one with `%20` and the like.
std::string percent_decoded(std::string_view text);

/// True for sqlite:FILE, postgresql://... and postgres://...
bool is_database_address(std::string_view name);

/// The address as it may be shown: without a password.
std::string without_password(std::string_view address);

/// An address of a server, divided before the `?` of its options. A password may have any
/// character, also `@` and `?`: options are only those that libpq knows, and `table`.
struct DividedAddress {
  std::string base;
  std::vector<std::string> options = {};  ///< `key=value`, as written
};
DividedAddress divided_address(std::string_view address);

/// "a.csv", or "a.csv and 2 more files", for messages and file names.
std::string names_text(std::span<const std::string> names);

/// True if most files of a folder, and of the folders in it, have names of tables, and none has
/// that of a photo.
bool is_table_folder(const std::filesystem::path& path);

/// The tables that `names` name, in their order. A pattern (`*.csv`, `2024-??.csv`) stands for the
/// files and folders that match, sorted; a folder for the files in it whose names are those of
/// tables, sorted by path. In folders, names that begin with `.` or `_`, and the folder `except`,
/// are skipped; so are other files, with a warning. Throws Error(bad_input) if there is none, or a
/// folder is a table of Delta Lake or Iceberg, whose files may hold deleted rows.
std::vector<TableName> tables_named(std::span<const std::string> names,
                                    std::vector<Warning>& warnings,
                                    const std::filesystem::path& except = {});

/// The paths of tables_named().
std::vector<std::string> files_named(std::span<const std::string> names);

}  // namespace vitrine::data
