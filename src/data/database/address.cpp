#include "data/database/address.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/table/table_name.h"

namespace vitrine::data {
namespace {

/// Takes `table=NAME` out of what stands behind the `?` of an address.
std::string take_table(std::string& address) {
  DividedAddress divided = divided_address(address);
  std::string table;
  const char* before = "?";
  address = std::move(divided.base);
  for (const std::string& option : divided.options) {
    if (option.starts_with("table=")) {
      table = percent_decoded(option.substr(option.find('=') + 1));
    } else {
      address += std::exchange(before, "&") + option;
    }
  }
  return table;
}

}  // namespace

DatabaseAddress parse_address(const std::string& address, const DatabaseSelection& selection) {
  DatabaseAddress out{.selection = selection};
  std::string rest = address;
  const bool sqlite = lower_ascii(rest).starts_with("sqlite");
  // A file may have a question mark in its name.
  const std::string table = !sqlite || rest.contains("?table=") ? take_table(rest) : "";
  if (!table.empty()) {
    if (!selection.table.empty() || !selection.query.empty()) {
      throw Error(ErrorKind::usage, "the address names a table, and so does an option",
                  without_password(address), "leave out --table and --query, or ?table=");
    }
    out.selection.table = table;
  }
  if (sqlite) {
    rest.erase(0, rest.find(':') + 1);
    // As SQLAlchemy has them: sqlite:///FILE, and sqlite:////FILE for a path from the root.
    if (rest.starts_with("///")) rest.erase(0, 3);
    out.path = rest;
    if (rest.empty() || rest == ":memory:") {
      throw Error(ErrorKind::usage, "the address names no file", without_password(address),
                  "write sqlite:FILE");
    }
  } else {
    const std::size_t scheme = rest.find("://");
    out.server = "postgresql" + rest.substr(scheme);
  }
  const std::string base = sqlite ? out.path : without_password(out.server);
  out.shown = base + (!out.selection.query.empty()   ? ", the query"
                      : !out.selection.table.empty() ? ", table " + out.selection.table
                                                     : "");
  return out;
}

const DatabaseTable& table_named(std::span<const DatabaseTable> tables, const std::string& name,
                                 const std::string& where) {
  std::vector<std::string> names;
  for (const DatabaseTable& one : tables) names.push_back(one.text());
  if (name.empty()) {
    if (tables.size() == 1) return tables.front();
    throw Error(ErrorKind::usage,
                tables.empty() ? "the database has no tables"
                               : "the database has " + counted(tables.size(), "table"),
                where,
                tables.empty() ? "check the address"
                               : "name one with --table: " + listed(names, 20) +
                                     "; or write a query with --query");
  }
  for (const bool by_case : {true, false}) {
    const auto key = [&](const std::string& text) { return by_case ? text : lower_ascii(text); };
    const auto is_it = [&](const DatabaseTable& one) {
      return key(one.text()) == key(name) || key(one.schema + "." + one.name) == key(name);
    };
    if (std::ranges::count_if(tables, is_it) == 1) return *std::ranges::find_if(tables, is_it);
  }
  throw Error(ErrorKind::usage, "there is no table '" + shown(name) + "'", where,
              did_you_mean(name, names) + "its tables are " + listed(names, 20));
}

std::string quoted_names(std::span<const RowsToWrite::Column> columns) {
  std::string out;
  for (const RowsToWrite::Column& column : columns) {
    out += (out.empty() ? "" : ", ") + quoted_name(column.name);
  }
  return out;
}

std::string quoted_name(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace vitrine::data
