#include "data/arrow/columnar_source.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 31;

[[noreturn]] void refuse(std::string_view why, const std::string& where) {
  throw Error(ErrorKind::bad_input,
              "the file can't be read: " + shown(why.substr(0, why.find('\n')), 200), where,
              "write it again, or save the table as CSV");
}

void check(const arrow::Status& status, const std::string& where) {
  if (!status.ok()) refuse(status.message(), where);
}

template <typename T>
T value_of(arrow::Result<T> result, const std::string& where) {
  check(result.status(), where);
  return std::move(result).ValueUnsafe();
}

std::shared_ptr<arrow::io::RandomAccessFile> as_file(std::string_view bytes) {
  // A view: the caller keeps the bytes.
  return std::make_shared<arrow::io::BufferReader>(
      std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                      static_cast<std::int64_t>(bytes.size())));
}

/// True for texts, whose repeated values Parquet stores once.
bool is_text(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING ||
         type.id() == arrow::Type::BINARY;
}

class ParquetSource : public ColumnarSource {
 public:
  ParquetSource(std::string_view bytes, std::string where) : where_(std::move(where)) {
    try {
      std::unique_ptr<parquet::ParquetFileReader> file =
          parquet::ParquetFileReader::Open(as_file(bytes));
      parquet::ArrowReaderProperties properties(/*use_threads=*/false);
      // Threads read groups and columns side by side, and would share the buffer.
      properties.set_pre_buffer(false);
      for (const auto& field : manifest_of(*file).schema_fields) {
        if (field.is_leaf() && is_text(*field.field->type())) {
          properties.set_read_dictionary(field.column_index, true);
        }
      }
      reader_ = value_of(parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                                          std::move(file), properties),
                         where_);
      check(reader_->GetSchema(&schema_), where_);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      refuse(error.what(), where_);
    }
    for (int i = 0; i < reader_->num_row_groups(); ++i) {
      const std::int64_t rows = reader_->parquet_reader()->metadata()->RowGroup(i)->num_rows();
      if (rows < 0 || rows > kMostRows)
        refuse("it says that it has an impossible number of rows", where_);
    }
  }

  const arrow::Schema& schema() const override { return *schema_; }
  std::size_t groups() const override {
    return static_cast<std::size_t>(reader_->num_row_groups());
  }
  std::size_t rows_of(std::size_t group) const override {
    const auto& metadata = reader_->parquet_reader()->metadata();
    return static_cast<std::size_t>(metadata->RowGroup(static_cast<int>(group))->num_rows());
  }

  std::shared_ptr<arrow::ChunkedArray> column(std::size_t group,
                                              std::size_t column) const override {
    try {
      std::vector<int> leaves;
      add_leaves(reader_->manifest().schema_fields[column], leaves);
      const auto table = value_of(reader_->ReadRowGroup(static_cast<int>(group), leaves), where_);
      if (table->num_columns() != 1) refuse("a column is missing", where_);
      if (static_cast<std::size_t>(table->num_rows()) != rows_of(group)) {
        refuse("a column has other rows than the file says", where_);
      }
      auto cells = table->column(0);
      // Parquet's decoder does not check the places in a dictionary.
      if (cells->type()->id() == arrow::Type::DICTIONARY) check(cells->ValidateFull(), where_);
      return cells;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {  // of Parquet, and for sizes that can't be
      refuse(error.what(), where_);
    }
  }

 private:
  parquet::arrow::SchemaManifest manifest_of(const parquet::ParquetFileReader& file) const {
    parquet::arrow::SchemaManifest manifest;
    check(parquet::arrow::SchemaManifest::Make(file.metadata()->schema(),
                                               file.metadata()->key_value_metadata(),
                                               parquet::ArrowReaderProperties(), &manifest),
          where_);
    return manifest;
  }

  /// The numbers of the columns that a field consists of: several if it is nested.
  static void add_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
    if (field.is_leaf()) leaves.push_back(field.column_index);
    for (const auto& child : field.children) add_leaves(child, leaves);
  }

  std::string where_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

/// Arrow's own formats, whose batches are views of the file unless they are compressed.
class BatchSource : public ColumnarSource {
 public:
  BatchSource(std::string_view bytes, const std::string& where) {
    try {
      open(bytes, where);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {  // for sizes that can't be
      refuse(error.what(), where);
    }
  }

  const arrow::Schema& schema() const override { return *schema_; }
  std::size_t groups() const override { return batches_.size(); }
  std::size_t rows_of(std::size_t group) const override {
    return static_cast<std::size_t>(batches_[group]->num_rows());
  }
  std::shared_ptr<arrow::ChunkedArray> column(std::size_t group,
                                              std::size_t column) const override {
    return std::make_shared<arrow::ChunkedArray>(batches_[group]->column(static_cast<int>(column)));
  }

 private:
  void open(std::string_view bytes, const std::string& where) {
    arrow::ipc::IpcReadOptions options;
    options.use_threads = false;
    if (bytes.starts_with("ARROW1")) {
      const auto reader =
          value_of(arrow::ipc::RecordBatchFileReader::Open(as_file(bytes), options), where);
      schema_ = reader->schema();
      for (int i = 0; i < reader->num_record_batches(); ++i) {
        add(value_of(reader->ReadRecordBatch(i), where), where);
      }
    } else {
      const auto reader =
          value_of(arrow::ipc::RecordBatchStreamReader::Open(as_file(bytes), options), where);
      schema_ = reader->schema();
      add_all(*reader, where);
    }
  }

  void add(std::shared_ptr<arrow::RecordBatch> batch, const std::string& where) {
    // The offsets of a damaged file could point anywhere.
    check(batch->ValidateFull(), where);
    batches_.push_back(std::move(batch));
  }

  void add_all(arrow::RecordBatchReader& reader, const std::string& where) {
    while (auto batch = value_of(reader.Next(), where)) add(std::move(batch), where);
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
};

}  // namespace

std::unique_ptr<ColumnarSource> open_source(std::string_view bytes, const std::string& where) {
  if (bytes.starts_with("PAR1")) return std::make_unique<ParquetSource>(bytes, where);
  return std::make_unique<BatchSource>(bytes, where);
}

}  // namespace vitrine::data
