#include "cli/table_options.h"

#include "base/text.h"

namespace vitrine::cli {

namespace {

/// `prefix` and the description; its first letter is a small one behind a prefix.
std::string described(const std::string& prefix, std::string text) {
  if (!prefix.empty()) text[0] = static_cast<char>(text[0] | 0x20);
  return prefix + text;
}

}  // namespace

void add_column_options(CLI::App& verb, ColumnArguments& arguments, const std::string& prefix) {
  const auto list = [&](const char* name, std::vector<std::string>& to, const char* description) {
    verb.add_option(name, to, described(prefix, description))->delimiter(',');
  };
  verb.add_option("--target", arguments.target, described(prefix, "The column to predict"));
  verb.add_option("--task", arguments.task,
                  described(prefix,
                            "What to predict: classes (classification) or a number (regression); "
                            "auto: a number if there are more than 20 different ones, or "
                            "fractions; default: auto"))
      ->check(CLI::IsMember({"auto", "classification", "regression"}));
  verb.add_option("--positive", arguments.positive,
                  described(prefix, "The positive class, if there are two"));
  list("--drop", arguments.drop, "Columns to leave out, separated by commas");
  list("--id", arguments.ids,
       "Columns that rows are known by, separated by commas: left out of the model, and in every "
       "prediction");
  list("--keep", arguments.keep,
       "Columns to keep although they look like identifiers, separated by commas");
  list("--category", arguments.category,
       "Columns of numbers, or of more than 1,000 names, to treat as categories, separated by "
       "commas");
  list("--text", arguments.text,
       "Columns to treat as free text, separated by commas; default: those of at least three words "
       "on average of which most differ, and those of more than 1,000 names or codes");
  verb.add_option(
      "--missing", arguments.missing,
      described(prefix,
                "A word or number that means that a value is not known, such as -999, or "
                "COLUMN=WORD for one column; may be repeated"));
  verb.add_option(
      "--not-missing", arguments.not_missing,
      described(prefix,
                "A word that is a value although it usually means a missing one, such as "
                "None, or COLUMN=WORD; may be repeated"));
  verb.add_option("--group", arguments.group,
                  described(prefix,
                            "A column, such as a patient or a shop, whose rows of one value "
                            "are all used either for training or for evaluation"));
  verb.add_option("--decimal", arguments.decimal,
                  described(prefix,
                            "The decimal separator (. or ,) of numbers such as 1,234 that may have "
                            "either; default: that of the other columns"))
      ->check(CLI::IsMember({".", ","}));
  verb.add_option("--date-order", arguments.date_order,
                  described(prefix,
                            "What comes first in dates such as 3/4/2024: the day (day-first) or "
                            "the month (month-first); default: as in other dates of the table"))
      ->check(CLI::IsMember({"day-first", "month-first"}));
}

data::SchemaOptions schema_options(const ColumnArguments& arguments) {
  data::SchemaOptions options{.target = arguments.target,
                              .drop = arguments.drop,
                              .ids = arguments.ids,
                              .keep = arguments.keep,
                              .category = arguments.category,
                              .text = arguments.text,
                              .missing = arguments.missing,
                              .not_missing = arguments.not_missing,
                              .group = arguments.group,
                              .time = arguments.time};
  if (!arguments.positive.empty()) options.positive = arguments.positive;
  using Task = data::SchemaOptions::Task;
  if (arguments.task == "classification") options.task = Task::classification;
  if (arguments.task == "regression") options.task = Task::regression;
  if (!arguments.decimal.empty()) options.decimal = arguments.decimal.front();
  if (!arguments.date_order.empty()) {
    options.date_order = arguments.date_order == "day-first" ? data::DateOrder::day_month_year
                                                             : data::DateOrder::month_day_year;
  }
  return options;
}

void add_file_options(CLI::App& verb, data::TableFileOptions& options, const std::string& prefix) {
  using Header = data::ReadOptions::Header;
  verb.add_option("--encoding", options.encoding,
                  described(prefix,
                            "The encoding of the text, such as windows-1252; default: UTF-8, or "
                            "detected"));
  verb.add_option("--sheet", options.sheet,
                  described(prefix,
                            "The sheet of a workbook (xlsx, ods); default: the first one that has "
                            "cells"));
  CLI::Option* table =
      verb.add_option("--table", options.table,
                      described(prefix, "The table or view of a database; default: the only one"));
  verb.add_option("--query", options.query,
                  described(prefix, "A query of a database, in SQL, instead of a table"))
      ->check([](const std::string& query) {
        return trimmed(query).empty() ? std::string("the query is empty") : std::string();
      })
      ->excludes(table);
  CLI::Option* header = verb.add_flag_callback(
      "--header", [&options] { options.header = Header::present; },
      described(prefix, "The first line has the names of the columns; default: detected"));
  verb.add_flag_callback(
          "--no-header", [&options] { options.header = Header::absent; },
          described(prefix,
                    "The first line is a row; the columns are called column_1, column_2, ..."))
      ->excludes(header);
  verb.add_flag(
      "--strict", options.strict,
      "Refuse files that are read with a warning: another encoding, no header, short rows, "
      "a footer, text in a number column to predict, photos that can't be used");
}

std::vector<const char*> table_option_names() {
  return {"--target", "--task",     "--positive",   "--drop",     "--id",
          "--keep",   "--category", "--text",       "--missing",  "--not-missing",
          "--group",  "--decimal",  "--date-order", "--encoding", "--sheet",
          "--table",  "--query",    "--header",     "--no-header"};
}

}  // namespace vitrine::cli
