// Infers a schema in these steps, one file of inference/ each:
// 1. find_rules() finds how the numbers and dates of each column are written, and which words mean
//    missing.
// 2. summarise() reduces a column to the counts that decide its kind: missing cells, numbers, other
//    texts, different values, categories.
// 3. infer_columns() leaves out columns without use, and turns each other column into numbers,
//    dates, categories or free text, in parallel.
// 4. infer_target() decides whether the target is a number or has classes, checks it, leaves out
//    classes of one or two rows, and chooses the positive class of two.
// 5. find_codes() turns number columns that are codes, not amounts, into categories.
// Each assumption adds a warning that names the option to override it.
#include "data/table/schema_inference.h"

#include "base/error.h"
#include "base/text.h"
#include "data/table/inference/inference.h"

namespace vitrine::data {

ReadOptions training_read_options(const SchemaOptions& options) {
  return {.known_names = {options.target},
          .text_keys = {options.time, options.group},
          .id_keys = options.text,
          .decimal = options.decimal,
          .date_order = options.date_order};
}

TableSchema infer_schema(const RawTable& raw, const SchemaOptions& options,
                         std::vector<Warning>& warnings) {
  const RawColumn* column = raw.find(options.target);
  if (column == nullptr) {
    throw Error(ErrorKind::bad_input, "the table has no column '" + shown(options.target) + "'",
                raw.where,
                did_you_mean(options.target, raw.names()) + no_header_hint(raw) +
                    "its columns are " + listed(raw.names(), 30),
                options.target);
  }
  if (raw.columns.size() < 2) {
    throw Error(ErrorKind::bad_input, "the table has one column only", raw.where,
                "a model needs the target and at least one other column; if there are more "
                "columns, check the separator (one of , ; tab |)");
  }
  const std::vector<ReadingRules> rules = find_rules(raw, options);
  const auto place = static_cast<std::size_t>(column - raw.columns.data());
  Target target = infer_target(raw, *column, rules[place], options, warnings);
  TableSchema schema = infer_columns(raw, rules, &target, options, warnings);
  schema.target = std::move(target);
  find_codes(raw, *column, rules, options, schema, warnings);
  return schema;
}

}  // namespace vitrine::data
