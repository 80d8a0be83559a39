#include "data/arrow/columnar_reader.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/arrow/arrow_column.h"
#include "data/arrow/columnar_source.h"
#include "data/table/csv.h"
#include "data/table/unique_names.h"

namespace vitrine::data {
namespace {

/// The columns of a file, and how each is read.
struct ColumnarLayout {
  std::vector<std::string> names;
  std::vector<bool> unnamed;
  std::vector<ColumnReading> readings;
};

ColumnarLayout layout_of(const arrow::Schema& schema, const ReadOptions& options,
                         const std::string& where) {
  const auto columns = static_cast<std::size_t>(schema.num_fields());
  if (columns == 0 || columns > kMaxColumns) {
    throw Error(ErrorKind::bad_input,
                columns == 0 ? "the table has no columns"
                             : "the table has more than " + with_commas(kMaxColumns) + " columns",
                where, "keep only the columns that matter");
  }
  ColumnarLayout layout;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns; ++i) {
    std::string name(trimmed(schema.field(static_cast<int>(i))->name()));
    // pandas' index without a name.
    layout.unnamed.push_back(name.empty() || name.starts_with("__index_level_"));
    names.push_back(name.empty() ? "column_" + std::to_string(i + 1) : std::move(name));
  }
  UniqueNames unique(names);
  for (const std::string& name : names) {
    layout.names.push_back(unique.add(name));
    layout.readings.push_back(reading_of(layout.names.back(), options));
  }
  return layout;
}

std::string place_of_column(const ColumnarLayout& layout, std::size_t i, const std::string& where) {
  return where + ", column " + shown(layout.names[i], 60);
}

/// Some rows of a group.
struct Slice {
  std::size_t group = 0;
  std::int64_t first = 0;
  std::int64_t rows = 0;
  std::uint64_t first_of_file = 0;  ///< the place of its first row among all rows
};

RawTable empty_table(const ColumnarLayout& layout, const std::string& where) {
  RawTable table{.where = where};
  table.columns.resize(layout.names.size());
  return table;
}

void finish_column(ArrowColumn&& from, const ColumnarLayout& layout, std::size_t i,
                   RawTable& table) {
  RawColumn& to = table.columns[i];
  to = std::move(from).finish();
  to.name = layout.names[i];
  to.unnamed = layout.unnamed[i];
}

/// The columns of the two groups that were read last: the parts of a group follow each other, and
/// threads read neighbours.
class GroupCache {
 public:
  explicit GroupCache(const ColumnarSource& source) : source_(source) {}

  std::shared_ptr<arrow::ChunkedArray> column(std::size_t group, std::size_t column) {
    const std::shared_ptr<Group> kept = keep(group);
    Cells& cells = kept->columns[column];
    std::call_once(cells.once, [&] { cells.array = source_.column(group, column); });
    return cells.array;
  }

 private:
  struct Cells {
    std::once_flag once;
    std::shared_ptr<arrow::ChunkedArray> array;
  };
  struct Group {
    Group(std::size_t at, std::size_t size) : number(at), columns(size) {}
    std::size_t number;
    std::vector<Cells> columns;
  };

  std::shared_ptr<Group> keep(std::size_t group) {
    const std::lock_guard lock(mutex_);
    auto found = std::ranges::find(groups_, group, [](const auto& one) { return one->number; });
    if (found == groups_.end()) {
      groups_.push_front(
          std::make_shared<Group>(group, static_cast<std::size_t>(source_.schema().num_fields())));
      if (groups_.size() > kMostGroups) groups_.pop_back();
    } else {
      groups_.splice(groups_.begin(), groups_, found);
    }
    return groups_.front();
  }

  static constexpr std::size_t kMostGroups = 2;
  const ColumnarSource& source_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Group>> groups_;  ///< the last used one first
};

/// Reads slices of a file.
class SliceReader {
 public:
  SliceReader(const ColumnarSource& source, std::string where, const ReadOptions& options)
      : source_(source),
        where_(std::move(where)),
        options_(options),
        layout_(layout_of(source.schema(), options, where_)),
        cache_(source) {}

  const ColumnarLayout& layout() const { return layout_; }

  RawTable read(const Slice& slice) { return read(slice, layout_, Nested::unread); }

  /// All cells as texts.
  RawTable read_texts(const Slice& slice) {
    ColumnarLayout all = layout_;
    for (ColumnReading& reading : all.readings) reading = {.keep_texts = true};
    return read(slice, all, Nested::as_text);
  }

 private:
  RawTable read(const Slice& slice, const ColumnarLayout& layout, Nested nested) {
    RawTable table = empty_table(layout, where_);
    table.rows = static_cast<std::size_t>(slice.rows);
    table.row_offsets.resize(table.rows);
    std::iota(table.row_offsets.begin(), table.row_offsets.end(), slice.first_of_file);
    for (std::size_t i = 0; i < layout.names.size(); ++i) {
      const ColumnReading& reading = layout.readings[i];
      const auto column = make_column(*source_.schema().field(static_cast<int>(i))->type(), reading,
                                      options_, place_of_column(layout, i, where_), nested);
      if (reading.how != ColumnReading::How::skipped) {
        const auto cells = cache_.column(slice.group, i)->Slice(slice.first, slice.rows);
        for (const auto& chunk : cells->chunks()) column->add(chunk);
      }
      finish_column(std::move(*column), layout, i, table);
    }
    return table;
  }

  const ColumnarSource& source_;
  std::string where_;
  ReadOptions options_;
  ColumnarLayout layout_;
  GroupCache cache_;
};

class ColumnarPart : public TablePart {
 public:
  ColumnarPart(SliceReader& reader, std::size_t number, const Slice& slice)
      : TablePart(number), reader_(reader), slice_(slice) {}

  RawTable read() const override { return reader_.read(slice_); }

  void append_row(std::string& out, const RawTable&, std::size_t row) const override {
    if (texts_.rows == 0) texts_ = reader_.read_texts(slice_);
    append_row_of_texts(out, texts_, row);
  }

 private:
  SliceReader& reader_;
  Slice slice_;
  mutable RawTable texts_;  ///< of all cells, once append_row() needs them
};

class ColumnarParts : public TableParts {
 public:
  ColumnarParts(const ColumnarSource& source, std::string where, const ReadOptions& options,
                std::size_t part_rows)
      : reader_(source, std::move(where), options) {
    // append_row() needs the texts of all cells of a part, which a dictionary must hold.
    part_rows = std::clamp<std::size_t>(part_rows, 1, kMaxDistinct);
    std::uint64_t before = 0;
    for (std::size_t group = 0; group < source.groups(); ++group) {
      const std::size_t rows = source.rows_of(group);
      for (std::size_t first = 0; first < rows; first += part_rows) {
        slices_.push_back({group, static_cast<std::int64_t>(first),
                           static_cast<std::int64_t>(std::min(part_rows, rows - first)),
                           before + first});
      }
      before += rows;
    }
  }

  std::vector<std::string> names() const override { return reader_.layout().names; }
  std::unique_ptr<TablePart> next() override {
    const std::size_t i = next_++;
    return i < slices_.size() ? std::make_unique<ColumnarPart>(reader_, i, slices_[i]) : nullptr;
  }

 private:
  SliceReader reader_;
  std::vector<Slice> slices_;
  std::atomic<std::size_t> next_{0};
};

class ColumnarReader : public TableReader {
 public:
  ColumnarReader(std::string_view bytes, std::string where)
      : where_(std::move(where)), source_(open_source(bytes, where_)) {
    for (std::size_t i = 0; i < source_->groups(); ++i) rows_ += source_->rows_of(i);
    if (rows_ > 0) return;
    throw NoRowsError("the table has no rows", where_, "add a row for each example");
  }

  RawTable read(const ReadOptions& options) const override {
    const ColumnarLayout layout = layout_of(source_->schema(), options, where_);
    if (options.max_rows > 0 && rows_ > options.max_rows) {
      throw Error(ErrorKind::bad_input, "there are more than " + counted(options.max_rows, "row"),
                  where_, "use fewer");
    }
    RawTable table = empty_table(layout, where_);
    table.rows = rows_;
    parallel_for(layout.names.size(), [&](std::size_t i) {
      const auto column =
          make_column(*source_->schema().field(static_cast<int>(i))->type(), layout.readings[i],
                      options, place_of_column(layout, i, where_), Nested::unread);
      if (layout.readings[i].how != ColumnReading::How::skipped) {
        for (std::size_t group = 0; group < source_->groups(); ++group) {
          const auto cells = source_->column(group, i);
          for (const auto& chunk : cells->chunks()) column->add(chunk);
        }
      }
      finish_column(std::move(*column), layout, i, table);
    });
    table.row_offsets.resize(rows_);
    std::iota(table.row_offsets.begin(), table.row_offsets.end(), std::uint64_t{0});
    return table;
  }

  std::unique_ptr<TableParts> parts(const ReadOptions& options,
                                    std::size_t part_rows) const override {
    return std::make_unique<ColumnarParts>(*source_, where_, options, part_rows);
  }

 private:
  std::string where_;
  std::unique_ptr<ColumnarSource> source_;
  std::size_t rows_ = 0;
};

}  // namespace

std::unique_ptr<TableReader> open_columnar_reader(std::string_view bytes,
                                                  const std::string& where) {
  return std::make_unique<ColumnarReader>(bytes, where);
}

}  // namespace vitrine::data
