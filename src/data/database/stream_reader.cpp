// A query returns its rows one after another: one thread fetches batches of them while the others
// collect the cells of the last batch, a column each.
#include "data/database/stream_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <future>
#include <mutex>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/column_builder.h"
#include "data/table/column_reading.h"
#include "data/table/csv.h"
#include "data/table/unique_names.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kBatchRows = 16384;
constexpr std::size_t kBatchBytes = std::size_t{16} << 20;

/// Batches of a stream. Not thread-safe.
class BatchFetcher {
 public:
  explicit BatchFetcher(RowStream& stream) : stream_(stream) {}

  /// The next rows; none behind the last ones.
  std::unique_ptr<RowBatch> next() {
    auto batch = std::make_unique<RowBatch>(stream_.columns().size());
    batch->first = rows_;
    while (!ended_ && batch->rows < kBatchRows && batch->bytes < kBatchBytes) {
      ended_ = !stream_.next(*batch);
      batch->rows += ended_ ? 0 : 1;
    }
    rows_ += batch->rows;
    return batch;
  }

 private:
  RowStream& stream_;
  std::size_t rows_ = 0;  ///< of all batches
  bool ended_ = false;    ///< a stream must not be asked again
};

std::vector<std::string> names_of(const RowStream& stream, const std::string& where) {
  const auto& columns = stream.columns();
  if (columns.empty() || columns.size() > kMaxColumns) {
    throw Error(ErrorKind::bad_input,
                columns.empty() ? "the query has no columns"
                                : "there are more than " + with_commas(kMaxColumns) + " columns",
                where, "select the columns that matter");
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string name(trimmed(columns[i].name));
    names.push_back(name.empty() || name == "?column?" ? "column_" + std::to_string(i + 1) : name);
  }
  UniqueNames unique(names);
  for (std::string& name : names) name = unique.add(name);
  return names;
}

/// A column while its cells are read.
class StreamedColumn {
 public:
  StreamedColumn(std::string name, const StreamColumn& column, const ReadOptions& options)
      : name_(std::move(name)), unreadable_(column.unreadable) {
    const ColumnReading reading = reading_of(name_, options);
    skipped_ = reading.how == ColumnReading::How::skipped || !unreadable_.empty();
    keep_texts_ = reading.keep_texts;
    format_ = reading.format;
    dates_ = reading.dates;
    if (reading.only_texts) builder_.stay_dictionary();
    if (reading.how == ColumnReading::How::numbers) {
      builder_.expect_numbers(reading.format, reading.dates);
      expects_numbers_ = true;
    } else {
      builder_.detect_format(options.decimal.value_or(0), options.date_order);
    }
  }

  void add(const RowBatch::Column& column) {
    if (skipped_) return;
    texts_ = texts_ || column.texts;
    if (column.bytes && unreadable_.empty()) unreadable_ = "its cells are bytes";
    // The format is that of texts, such as 1.234,5; numbers of the database have the plain one.
    if (builder_.form() == RawColumn::Form::numbers && expects_numbers_) {
      builder_.set_format(texts_ ? format_ : NumberFormat{}, dates_);
    }
    for (const std::string_view cell : column.cells) {
      if (cell.size() > kMaxFieldBytes) unreadable_ = "it has cells of more than 1 MiB";
      builder_.add_copy(cell, arena_, keep_texts_);
    }
  }

  RawColumn finish() && {
    if (skipped_) builder_.ignore();
    RawColumn column = std::move(builder_).finish(name_);
    const auto valid = [](const std::string& text) { return simdjson::validate_utf8(text); };
    const bool all_valid = std::ranges::all_of(column.texts, valid) &&
                           std::ranges::all_of(column.strays, valid, &RawColumn::Stray::text);
    if (!all_valid && unreadable_.empty()) {
      unreadable_ = "its cells are not text in UTF-8";
    }
    if (!unreadable_.empty()) {
      return {.name = name_, .form = RawColumn::Form::free_text, .unreadable = unreadable_};
    }
    column.plain_numbers = !texts_;
    return column;
  }

 private:
  std::string name_;
  std::string unreadable_;
  bool skipped_ = false;
  bool keep_texts_ = false;
  bool texts_ = false;
  bool expects_numbers_ = false;  ///< in this format
  NumberFormat format_;
  std::optional<DateFormat> dates_;
  ColumnBuilder builder_;
  TextArena arena_;
};

/// The columns of some rows.
class StreamedTable {
 public:
  StreamedTable(const std::vector<StreamColumn>& columns, const std::vector<std::string>& names,
                const ReadOptions& options) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns_.emplace_back(names[i], columns[i], options);
    }
  }

  void add(const RowBatch& batch) {
    parallel_for(columns_.size(), [&](std::size_t i) { columns_[i].add(batch.of_column[i]); });
    rows_ += batch.rows;
  }
  std::size_t rows() const { return rows_; }

  /// `first`: the place of the first row among all rows.
  RawTable finish(const std::string& where, std::size_t first) && {
    RawTable table{.where = where, .rows = rows_};
    for (StreamedColumn& column : columns_) table.columns.push_back(std::move(column).finish());
    table.row_offsets.resize(rows_);
    std::iota(table.row_offsets.begin(), table.row_offsets.end(), first);
    return table;
  }

 private:
  std::deque<StreamedColumn> columns_;
  std::size_t rows_ = 0;
};

/// The cells of a batch in one text, for the digest.
std::string digest_of(const RowBatch& batch) {
  std::string all;
  for (const RowBatch::Column& column : batch.of_column) {
    for (const std::string_view cell : column.cells) {
      all += cell;
      all += '\0';
    }
  }
  return sha256_hex(all);
}

class StreamPart : public TablePart {
 public:
  StreamPart(std::size_t number, std::unique_ptr<RowBatch> batch, const RowStream& stream,
             const std::vector<std::string>& names, const ReadOptions& options,
             const std::string& where)
      : TablePart(number),
        batch_(std::move(batch)),
        stream_(stream),
        names_(names),
        options_(options),
        where_(where) {}

  RawTable read() const override {
    StreamedTable table(stream_.columns(), names_, options_);
    table.add(*batch_);
    return std::move(table).finish(where_, batch_->first);
  }

  void append_row(std::string& out, const RawTable&, std::size_t row) const override {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) out += ',';
      out += csv_field(batch_->of_column[i].cells[row]);
    }
  }

 private:
  std::unique_ptr<RowBatch> batch_;
  const RowStream& stream_;
  const std::vector<std::string>& names_;
  const ReadOptions& options_;
  const std::string& where_;
};

class StreamParts : public TableParts {
 public:
  StreamParts(std::unique_ptr<RowStream> stream, const std::string& where,
              const ReadOptions& options)
      : stream_(std::move(stream)),
        names_(names_of(*stream_, where)),
        options_(options),
        where_(where) {}

  std::vector<std::string> names() const override { return names_; }

  std::unique_ptr<TablePart> next() override {
    const std::lock_guard lock(mutex_);
    if (failed_) return nullptr;  // who asked first says it
    failed_ = true;
    auto batch = batches_.next();
    failed_ = false;
    if (batch->rows == 0) {
      if (number_ > 0) return nullptr;
      throw NoRowsError("there are no rows", where_, "check the table or the query");
    }
    return std::make_unique<StreamPart>(number_++, std::move(batch), *stream_, names_, options_,
                                        where_);
  }

 private:
  std::unique_ptr<RowStream> stream_;
  BatchFetcher batches_{*stream_};
  std::vector<std::string> names_;
  ReadOptions options_;
  const std::string& where_;
  std::mutex mutex_;
  std::size_t number_ = 0;
  bool failed_ = false;
};

class StreamReader : public TableReader {
 public:
  explicit StreamReader(RowSource source) : source_(std::move(source)) {}

  RawTable read(const ReadOptions& options) const override {
    const std::unique_ptr<RowStream> stream = source_.open();
    StreamedTable table(stream->columns(), names_of(*stream, source_.where), options);
    std::string digests;
    BatchFetcher batches(*stream);
    const auto fetch_next = [&] { return batches.next(); };
    for (auto next = std::async(std::launch::async, fetch_next);;) {
      const std::unique_ptr<RowBatch> batch = next.get();
      if (batch->rows == 0) break;
      next = std::async(std::launch::async, fetch_next);
      if (options.digest) digests += digest_of(*batch);
      table.add(*batch);
      if (options.max_rows > 0 && table.rows() > options.max_rows) {
        throw Error(ErrorKind::bad_input, "there are more than " + counted(options.max_rows, "row"),
                    source_.where, "select fewer with --query");
      }
    }
    if (table.rows() == 0) {
      throw NoRowsError("there are no rows", source_.where, "check the table or the query");
    }
    RawTable out = std::move(table).finish(source_.where, 0);
    if (options.digest) out.digest = sha256_hex(digests);
    return out;
  }

  std::unique_ptr<TableParts> parts(const ReadOptions& options, std::size_t) const override {
    return std::make_unique<StreamParts>(source_.open(), source_.where, options);
  }

 private:
  RowSource source_;
};

}  // namespace

std::unique_ptr<TableReader> make_stream_reader(RowSource source) {
  return std::make_unique<StreamReader>(std::move(source));
}

}  // namespace vitrine::data
