// The rows of a database's query, one after another.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/text_arena.h"

namespace vitrine::data {

/// Some rows, by column. Not thread-safe; different threads may read different columns.
struct RowBatch {
  struct Column {
    std::vector<std::string_view> cells;  ///< empty: no value
    bool texts = false;                   ///< some cells are not numbers by their type
    bool bytes = false;                   ///< some cells are no text
  };
  explicit RowBatch(std::size_t columns) : of_column(columns) {}

  std::size_t rows = 0;
  std::size_t first = 0;  ///< the place of the first one among all rows
  std::size_t bytes = 0;  ///< of the cells
  std::vector<Column> of_column;
  TextArena texts;  ///< the cells are views of it

  void add(std::size_t column, std::string_view text) {
    of_column[column].cells.push_back(texts.add(text));
    bytes += text.size();
  }
};

struct StreamColumn {
  std::string name;
  std::string unreadable = {};  ///< why its cells can't be used; empty: they can
};

/// Not thread-safe.
class RowStream {
 public:
  RowStream() = default;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  virtual ~RowStream() = default;

  virtual const std::vector<StreamColumn>& columns() const = 0;
  /// Adds the next row to `batch`; false behind the last one, after which it must not be called.
  /// Throws Error.
  virtual bool next(RowBatch& batch) = 0;
};

/// A table or a query of a database. Thread-safe.
struct RowSource {
  std::string where;  ///< "shop.db, table customers", for messages
  /// Runs the query in a transaction of its own that only reads. Throws Error.
  std::function<std::unique_ptr<RowStream>()> open;
};

}  // namespace vitrine::data
