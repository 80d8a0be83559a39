#include "data/table/table_set.h"

#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/table/table_concatenation.h"

namespace vitrine::data {

TableSet::TableSet(const std::vector<std::string>& names, const TableFileOptions& options)
    : options_(options), where_(names_text(names)) {
  std::vector<Warning> found;
  tables_ = tables_named(names, found);
  if (names.size() == 1 && tables_.size() > 1)
    where_ += " (" + counted(tables_.size(), "file") + ")";
  for (Warning& one : found) warn_or_refuse(warnings_, std::move(one), options_.strict, where_);
}

TableSet::TableSet(std::unique_ptr<TableFile> file)
    : tables_{{file->where()}}, where_(file->where()), single_(std::move(file)) {}

RawTable TableSet::read(const ReadOptions& options) {
  RawTable table;
  if (tables_.size() == 1) {
    if (!single_) single_ = std::make_unique<TableFile>(tables_.front(), options_);
    table = single_->read(options);
  } else {
    table = read_all(options);
  }
  table.warnings.insert(table.warnings.begin(), warnings_.begin(), warnings_.end());
  return table;
}

RawTable TableSet::read_all(const ReadOptions& options) {
  TableConcatenation all(options);
  std::string digests;
  std::optional<NoRowsError> empty;
  for (const TableName& name : tables_) {
    try {
      const TableFile file(name, options_);
      RawTable table = file.read(all.next_options());
      digests += table.digest;
      all.add(std::move(table));
    } catch (const NoRowsError& error) {  // Spark writes such files
      if (!empty) empty = error;
    }
  }
  if (all.empty()) throw *empty;
  RawTable table = std::move(all).finish(where_);
  if (options.digest) table.digest = sha256_hex(digests);
  return table;
}

}  // namespace vitrine::data
