#include "data/arrow/columnar_reader.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <atomic>
#include <cmath>

#include "base/error.h"
#include "data/table/csv.h"

namespace vitrine::data {
namespace {

using Arrays = std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>;

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> array_of(const std::vector<std::optional<Value>>& values,
                                       Builder builder = Builder()) {
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> numbers(const std::vector<std::optional<double>>& values) {
  return array_of<arrow::DoubleBuilder>(values);
}
std::shared_ptr<arrow::Array> texts(const std::vector<std::optional<std::string>>& values) {
  return array_of<arrow::StringBuilder>(values);
}

std::shared_ptr<arrow::Table> table_of(const Arrays& arrays) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& [name, array] : arrays) {
    fields.push_back(arrow::field(name, array->type()));
    columns.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), columns);
}

std::string parquet_of(const Arrays& arrays, std::int64_t rows_per_group = 1024) {
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table_of(arrays), arrow::default_memory_pool(), sink,
                                         rows_per_group, parquet::default_writer_properties(),
                                         arrow_properties)
                  .ok());
  return sink->Finish().ValueOrDie()->ToString();
}

std::string arrow_of(const Arrays& arrays, bool stream) {
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto table = table_of(arrays);
  const auto writer = (stream ? arrow::ipc::MakeStreamWriter(sink, table->schema())
                              : arrow::ipc::MakeFileWriter(sink, table->schema()))
                          .ValueOrDie();
  EXPECT_TRUE(writer->WriteTable(*table, 2).ok());
  EXPECT_TRUE(writer->Close().ok());
  return sink->Finish().ValueOrDie()->ToString();
}

std::string cell(const RawColumn& column, std::size_t row) {
  if (column.form == RawColumn::Form::dictionary) return column.texts[column.codes[row]];
  for (const auto& stray : column.strays) {
    if (stray.row == row) return "stray:" + stray.text;
  }
  return std::to_string(column.numbers[row]);
}

std::vector<std::string> cells(const RawTable& table, const std::string& name) {
  std::vector<std::string> out;
  for (std::size_t row = 0; row < table.rows; ++row) out.push_back(cell(*table.find(name), row));
  return out;
}

void expect_equal(const RawTable& table, const RawTable& expected) {
  ASSERT_EQ(table.rows, expected.rows);
  ASSERT_EQ(table.names(), expected.names());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    EXPECT_EQ(table.columns[i].form, expected.columns[i].form) << table.columns[i].name;
    EXPECT_EQ(table.columns[i].texts, expected.columns[i].texts) << table.columns[i].name;
    EXPECT_EQ(table.columns[i].codes, expected.columns[i].codes) << table.columns[i].name;
  }
}

const Arrays kMixed{{"a", numbers({1.5, std::nullopt, 0.1, 1e-7, 1.5})},
                    {"b", texts({"x", "y, z", std::nullopt, "x", "\xC3\xA9"})}};
const char* const kMixedCsv = "a,b\n1.5,x\n,\"y, z\"\n0.1,\n1e-07,x\n1.5,\xC3\xA9\n";

TEST(ColumnarReader, reads_the_columns_of_csv_from_each_format) {
  const RawTable csv = read_csv(kMixedCsv, "t");
  for (const std::string& bytes : {parquet_of(kMixed), parquet_of(kMixed, 2),
                                   arrow_of(kMixed, false), arrow_of(kMixed, true)}) {
    expect_equal(open_columnar_reader(bytes, "t")->read({}), csv);
  }
}

TEST(ColumnarReader, reads_the_rows_in_parts) {
  const RawTable csv = read_csv(kMixedCsv, "t");
  const std::string bytes = parquet_of(kMixed, 3);
  const auto reader = open_columnar_reader(bytes, "t");
  const auto parts = reader->parts({.keep_all_text = true}, 2);
  std::vector<std::string> a;
  std::string rows;
  std::size_t count = 0;  // groups of 3 and 2 rows are 3 parts
  while (const auto part = parts->next()) {
    const RawTable table = part->read();
    EXPECT_EQ(part->number(), count++);
    for (std::size_t row = 0; row < table.rows; ++row) {
      a.push_back(cell(*table.find("a"), row));
      EXPECT_EQ(table.row_offsets[row], a.size() - 1);
      part->append_row(rows, table, row);
      rows += '\n';
    }
    if (count == 3) {
      EXPECT_EQ(table.place_of(1), "t, row 5");
    }
  }
  EXPECT_EQ(count, 3U);
  EXPECT_EQ(a, cells(csv, "a"));
  EXPECT_EQ("a,b\n" + rows, kMixedCsv);
}

TEST(ColumnarReader, each_type_has_the_text_that_csv_has) {
  using Expected = std::vector<std::string>;
  const auto pool = arrow::default_memory_pool();
  const auto timestamps = [&](arrow::TimeUnit::type unit, const char* zone,
                              std::vector<std::optional<std::int64_t>> values) {
    return array_of(values, arrow::TimestampBuilder(arrow::timestamp(unit, zone), pool));
  };
  const std::vector<std::tuple<const char*, std::shared_ptr<arrow::Array>, Expected>> cases{
      {"int8", array_of<arrow::Int8Builder, std::int8_t>({-1, {}, 5}), {"-1", "", "5"}},
      {"uint64",
       array_of<arrow::UInt64Builder, std::uint64_t>({18446744073709551615U, 0}),
       {"18446744073709551615", "0"}},
      {"float", array_of<arrow::FloatBuilder, float>({0.1F, {}}), {"0.1", ""}},
      {"nan", numbers({std::numeric_limits<double>::quiet_NaN(), 2}), {"", "2"}},
      {"bool", array_of<arrow::BooleanBuilder, bool>({true, false, {}}), {"true", "false", ""}},
      {"date32",
       array_of<arrow::Date32Builder, int>({19929, -1, {}}),
       {"2024-07-25", "1969-12-31", ""}},
      {"seconds",
       timestamps(arrow::TimeUnit::SECOND, "", {86400, 86399, -1}),
       {"1970-01-02", "1970-01-01T23:59:59", "1969-12-31T23:59:59"}},
      {"nano",
       timestamps(arrow::TimeUnit::NANO, "", {1'500'000'001}),
       {"1970-01-01T00:00:01.500000001"}},
      {"zone",
       timestamps(arrow::TimeUnit::MILLI, "Europe/Berlin", {1'721'901'600'250, 0}),
       {"2024-07-25T12:00:00.250000", "1970-01-01T01:00:00"}},
      {"offset", timestamps(arrow::TimeUnit::SECOND, "-03:30", {0}), {"1969-12-31T20:30:00"}},
      {"time",
       array_of(std::vector<std::optional<int>>{49507250},
                arrow::Time32Builder(arrow::time32(arrow::TimeUnit::MILLI), pool)),
       {"13:45:07.250000"}},
      {"duration",
       array_of(std::vector<std::optional<std::int64_t>>{129'600'000},
                arrow::DurationBuilder(arrow::duration(arrow::TimeUnit::MILLI), pool)),
       {"1.5"}},
      {"inf", numbers({std::numeric_limits<double>::infinity(), 1}), {"inf", "1"}},
      {"never",
       array_of<arrow::Date32Builder, int>({2932896, 3'000'000'00, -2'000'000'000}),
       {"9999-12-31", "9999-12-31", "0000-00-00"}},
      {"far",
       timestamps(arrow::TimeUnit::MICRO, "Europe/Berlin",
                  {253'402'300'799'000'000, std::numeric_limits<std::int64_t>::max()}),
       {"9999-12-31T23:59:59", "9999-12-31T04:00:54.775807"}},
      {"decimal",
       array_of(std::vector<std::optional<arrow::Decimal128>>{arrow::Decimal128(12345)},
                arrow::Decimal128Builder(arrow::decimal128(9, 2), pool)),
       {"123.45"}},
      {"half",
       array_of(std::vector<std::optional<std::uint16_t>>{0x3C00, 0x7E00, {}},
                arrow::HalfFloatBuilder(pool)),
       {"1", "", ""}},
      {"large", array_of<arrow::LargeStringBuilder, std::string>({"x", {}, "x"}), {"x", "", "x"}},
      {"null", std::make_shared<arrow::NullArray>(2), {"", ""}},
      {"categories",
       [&] {
         arrow::StringDictionaryBuilder builder;
         for (const char* text : {"b", "a", "b"}) EXPECT_TRUE(builder.Append(text).ok());
         EXPECT_TRUE(builder.AppendNull().ok());
         return builder.Finish().ValueOrDie();
       }(),
       {"b", "a", "b", ""}},
  };
  for (const auto& [name, array, expected] : cases) {
    SCOPED_TRACE(name);
    const Arrays arrays{{name, array}};
    for (const std::string& bytes : {parquet_of(arrays), arrow_of(arrays, false)}) {
      EXPECT_EQ(cells(open_columnar_reader(bytes, "t")->read({}), name), expected);
    }
  }
}

TEST(ColumnarReader, many_different_values_are_numbers) {
  std::vector<std::optional<double>> values;
  std::vector<std::optional<std::int64_t>> times;
  std::string csv = "x,when\n";
  for (int i = 0; i < 70'000; ++i) {
    values.push_back(i % 1000 == 3 ? std::optional<double>() : i * 0.25);
    times.push_back(i % 1000 == 5 ? std::optional<std::int64_t>() : i * 3661LL);
    csv += (values.back() ? std::to_string(*values.back()) : "") + ",";
    if (times.back()) {
      csv += date_text(static_cast<double>(*times.back() / 86400), false) + "T" +
             date_text(static_cast<double>(*times.back() % 86400) / 86400, true).substr(11);
    }
    csv += '\n';
  }
  const std::string bytes = parquet_of(
      {{"x", numbers(values)},
       {"when", array_of(times, arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::SECOND),
                                                        arrow::default_memory_pool()))}},
      30'000);
  const RawTable table = open_columnar_reader(bytes, "t")->read({});
  const RawTable expected = read_csv(csv, "t");
  for (const char* name : {"x", "when"}) {
    SCOPED_TRACE(name);
    const RawColumn& column = *table.find(name);
    EXPECT_EQ(column.form, RawColumn::Form::numbers);
    EXPECT_EQ(expected.find(name)->form, RawColumn::Form::numbers);
    EXPECT_EQ(column.dates.has_value(), expected.find(name)->dates.has_value());
    EXPECT_EQ(column.strays.size(), 70U);
    for (std::size_t row = 0; row < table.rows; ++row) {
      const double other = expected.find(name)->numbers[row];
      if (std::isnan(other) ? !std::isnan(column.numbers[row]) : column.numbers[row] != other) {
        FAIL() << row << ": " << column.numbers[row] << " and " << other;
      }
    }
  }
}

TEST(ColumnarReader, reads_only_what_is_asked_for) {
  const std::string bytes = parquet_of(kMixed);
  const RawTable table = open_columnar_reader(bytes, "t")
                             ->read({.keep_all_text = true, .keys = {"a"}, .number_keys = {{"a"}}});
  EXPECT_EQ(table.find("a")->form, RawColumn::Form::numbers);
  EXPECT_EQ(table.find("a")->numbers[0], 1.5);
  EXPECT_EQ(table.find("b")->form, RawColumn::Form::free_text);
}

TEST(ColumnarReader, leaves_out_lists) {
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int32Builder>());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(lists.Append().ok());
    EXPECT_TRUE(static_cast<arrow::Int32Builder*>(lists.value_builder())->Append(i).ok());
  }
  const std::string bytes =
      parquet_of({{"ids", lists.Finish().ValueOrDie()}, {"b", texts({"x", "y"})}});
  const auto reader = open_columnar_reader(bytes, "t");
  const RawTable table = reader->read({});
  EXPECT_EQ(table.find("ids")->form, RawColumn::Form::free_text);
  EXPECT_EQ(table.find("ids")->unreadable, "its cells are lists or structures");
  EXPECT_EQ(reader->read({.keep_all_text = true, .number_keys = {{"ids"}}}).find("ids")->form,
            RawColumn::Form::free_text);
  EXPECT_EQ(cells(table, "b"), (std::vector<std::string>{"x", "y"}));
  std::string row;
  const auto parts = reader->parts({.keep_all_text = true, .keys = {"b"}}, 10);
  const auto part = parts->next();
  part->append_row(row, part->read(), 1);
  EXPECT_TRUE(row.ends_with(",y")) << row;
}

TEST(ColumnarReader, refuses_damaged_and_empty_files) {
  const std::string whole = parquet_of(kMixed);
  const auto message = [](const std::string& bytes) {
    try {
      open_columnar_reader(bytes, "t")->read({});
    } catch (const Error& error) {
      return error.message;
    }
    return std::string("read");
  };
  EXPECT_EQ(message(parquet_of({{"a", numbers({})}})), "the table has no rows");
  for (std::size_t cut : {std::size_t{8}, whole.size() / 2, whole.size() - 9}) {
    EXPECT_NE(message(whole.substr(0, cut) + "PAR1"), "read") << cut;
  }
  for (std::size_t at = 4; at < whole.size(); at += 3) {  // must not crash
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    message(damaged);
  }
  const std::string batches = arrow_of(kMixed, false);
  for (std::size_t at = 8; at < batches.size(); at += 3) {
    std::string damaged = batches;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    message(damaged);
  }
}

TEST(ColumnarReader, decimals_are_plain_numbers) {
  const auto decimals =
      array_of(std::vector<std::optional<arrow::Decimal128>>{arrow::Decimal128(1234),
                                                             arrow::Decimal128(5678)},
               arrow::Decimal128Builder(arrow::decimal128(9, 3), arrow::default_memory_pool()));
  const std::string bytes = parquet_of({{"x", decimals}});
  EXPECT_TRUE(open_columnar_reader(bytes, "t")->read({}).columns[0].plain_numbers);
}

TEST(ColumnarReader, a_float_is_the_number_of_its_text_in_each_form) {
  const std::string bytes = parquet_of({{"x", array_of<arrow::FloatBuilder, float>({0.1F, {}})}});
  const RawTable table = open_columnar_reader(bytes, "t")->read({.number_keys = {{"x"}}});
  EXPECT_EQ(table.columns[0].numbers[0], 0.1);
}

TEST(ColumnarReader, a_place_beyond_the_dictionary_is_refused) {
  // Places of five texts have three bits: some changed bytes name a sixth.
  const std::string whole =
      parquet_of({{"x", texts({"aa", "bb", "cc", "dd", "ee", "aa", "bb", "cc"})}});
  std::size_t refused = 0;
  for (std::size_t at = 4; at < whole.size(); ++at) {
    for (const char bits : {'\x01', '\x02', '\x08', '\xFF'}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ bits);
      try {
        const RawTable table = open_columnar_reader(damaged, "t")->read({});
        for (const std::uint32_t code : table.columns[0].codes) {
          ASSERT_LT(code, table.columns[0].texts.size());
        }
      } catch (const Error& error) {
        refused += error.message.contains("out of bounds") ? 1 : 0;
      }
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(ColumnarReader, refuses_unknown_time_zones) {
  const auto times =
      array_of(std::vector<std::optional<std::int64_t>>{0},
               arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::SECOND, "Mars/Base"),
                                       arrow::default_memory_pool()));
  const std::string bytes = arrow_of({{"when", times}}, false);
  try {
    open_columnar_reader(bytes, "t")->read({});
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.message.contains("Mars/Base"));
    EXPECT_EQ(error.where, "t, column when");
  }
}

TEST(ColumnarReader, threads_read_parts_side_by_side) {
  std::vector<std::optional<double>> values;
  std::vector<std::optional<std::string>> names;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(i * 0.5);
    names.push_back("name" + std::to_string(i % 97));
  }
  const std::string bytes = parquet_of({{"x", numbers(values)}, {"name", texts(names)}}, 700);
  const auto reader = open_columnar_reader(bytes, "t");
  const auto parts = reader->parts({.keep_all_text = true}, 300);
  std::atomic<std::size_t> right{0};
  for_each_part(*parts, [&](const TablePart& part) {
    const RawTable table = part.read();
    std::string row;
    part.append_row(row, table, 0);
    if (!row.ends_with("," + *names[table.row_offsets[0]])) return;
    for (std::size_t k = 0; k < table.rows; ++k) {
      right += cell(*table.find("name"), k) == *names[table.row_offsets[k]] ? 1 : 0;
    }
  });
  EXPECT_EQ(right, 20'000U);
}

TEST(ColumnarReader, infinity_and_never_are_missing_numbers) {
  const std::string bytes =
      parquet_of({{"x", numbers({std::numeric_limits<double>::infinity(), 1})},
                  {"until", array_of<arrow::Date32Builder, int>({2932896, 0})}});
  const RawTable table =
      open_columnar_reader(bytes, "t")
          ->read({.number_keys = {{"x"}, {.key = "until", .dates = DateFormat{}}}});
  EXPECT_EQ(cells(table, "x"), (std::vector<std::string>{"stray:inf", "1.000000"}));
  EXPECT_EQ(cells(table, "until"), (std::vector<std::string>{"stray:9999-12-31", "0.000000"}));
}

TEST(ColumnarReader, many_different_texts_of_numbers_are_numbers) {
  std::vector<std::optional<std::string>> values;
  for (int i = 0; i < 70'000; ++i) values.push_back("$" + std::to_string(i) + ".50");
  const std::string bytes = parquet_of({{"x", texts(values)}}, 100'000);
  const RawTable table = open_columnar_reader(bytes, "t")->read({});
  ASSERT_EQ(table.columns[0].form, RawColumn::Form::numbers);
  EXPECT_EQ(table.columns[0].numbers[69'999], 69'999.5);
}

TEST(ColumnarReader, bytes_that_are_no_text_are_left_out) {
  arrow::BinaryBuilder builder;
  EXPECT_TRUE(builder.Append("caf\xE9").ok());
  const std::string bytes = parquet_of({{"b", builder.Finish().ValueOrDie()}});
  const auto reader = open_columnar_reader(bytes, "t");
  EXPECT_EQ(reader->read({}).columns[0].unreadable, "its cells are not text in UTF-8");
  EXPECT_THROW(reader->read({.keep_all_text = true}), Error);
}

}  // namespace
}  // namespace vitrine::data
