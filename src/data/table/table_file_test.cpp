#include "data/table/table_file.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/error.h"
#include "data/table/encoding.h"
#include "data/table/test_zip.h"
#include "data/table/unpack.h"

namespace vitrine::data {
namespace {

std::string gzip(const std::string& text) { return deflated(text, 31); }

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string text_of(std::string bytes, TableFileOptions options = {}) {
  return std::string(TableFile(std::move(bytes), "t", options).text());
}

std::vector<std::string> codes(std::string bytes) {
  std::vector<std::string> out;
  const TableFile text(std::move(bytes), "t", {});
  for (const Warning& one : text.warnings()) out.push_back(one.code);
  return out;
}

Error error_of(std::string bytes, TableFileOptions options = {}) {
  try {
    text_of(std::move(bytes), options);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::failed, "", "", ""};
}

const std::string kTable = "age,churn\n1,yes\n2,no\n";

TEST(TableFile, plain_text_is_not_copied) {
  const TableFile text(kTable, "t", {});
  EXPECT_EQ(text.text(), kTable);
  EXPECT_EQ(text.text().data(), text.bytes().data());
  EXPECT_TRUE(text.warnings().empty());
}

TEST(TableFile, leaves_out_a_byte_order_mark) {
  EXPECT_EQ(text_of("\xEF\xBB\xBF{\"a\": 1}\n"), "{\"a\": 1}\n");
}

TEST(TableFile, unpacks_gzip_zstd_and_zip) {
  EXPECT_EQ(text_of(gzip(kTable)), kTable);
  EXPECT_EQ(text_of(gzip("a,b\n") + gzip("1,2\n")), "a,b\n1,2\n");  // two members
  EXPECT_EQ(text_of(gzip(kTable) + std::string(20, '\0')), kTable);
  EXPECT_EQ(text_of(zstd(kTable)), kTable);
  EXPECT_EQ(text_of(zstd("a,b\n") + zstd("1,2\n")), "a,b\n1,2\n");
  EXPECT_EQ(text_of(zip({{"base.csv", kTable}})), kTable);
  EXPECT_EQ(text_of(zip({{"a.csv", kTable}, {"README.txt", "x"}, {"schema.json", "{}"}})), kTable);
  EXPECT_EQ(text_of(zip({{"readme.md", "x"}, {"__MACOSX/._a.csv", "x"}, {"d/a.csv", kTable}})),
            kTable);
}

TEST(TableFile, refuses_damaged_and_ambiguous_archives) {
  for (const std::string& whole : {gzip(kTable), zstd(kTable), zip({{"a.csv", kTable}})}) {
    for (std::size_t size = 4; size < whole.size(); ++size) {
      EXPECT_EQ(error_of(whole.substr(0, size)).kind, ErrorKind::bad_input) << size;
    }
  }
  std::string wrong = zip({{"a.csv", kTable}});
  wrong[16] = static_cast<char>(wrong[16] + 1);  // the copy of the checksum that is not used
  EXPECT_EQ(text_of(wrong), kTable);
  wrong[wrong.find("PK\x01\x02") + 16] ^= 1;
  EXPECT_TRUE(error_of(wrong).message.contains("damaged"));
  EXPECT_TRUE(error_of(zip({{"a.csv", kTable}, {"b.csv", kTable}})).message.contains("2 tables"));
  EXPECT_THROW(unpack(gzip(std::string(5000, 'x')), Compression::gzip, "t", 4000), Error);
  EXPECT_THROW(unpack(zstd(std::string(5000, 'x')), Compression::zstd, "t", 4000), Error);
}

TEST(TableFile, converts_other_encodings) {
  EXPECT_EQ(text_of("caf\xE9,y\n"), "caf\u00E9,y\n");
  EXPECT_EQ(codes("caf\xE9,y\n"), std::vector<std::string>{"encoding"});
  EXPECT_EQ(text_of("\x80uro,y\n"), "\u20ACuro,y\n");  // Windows-1252
  using namespace std::string_literals;
  EXPECT_EQ(text_of("\xFF\xFE"s + "a\0,\0\xE9\0\n\0"s), "a,\u00E9\n");
  EXPECT_EQ(text_of("\xFE\xFF"s + "\0a\0,\0\xE9\0\n"s), "a,\u00E9\n");
  EXPECT_EQ(text_of("a\0,\0b\0\n\0"
                    "1\0,\0"
                    "2\0\n\0"s),
            "a,b\n1,2\n");  // no mark
  EXPECT_EQ(text_of("\xEE\xE9,y\n", {.encoding = "KOI8-R"}), "\u041D\u0418,y\n");
  EXPECT_EQ(error_of("a", {.encoding = "no-such"}).kind, ErrorKind::usage);
  EXPECT_EQ(error_of("\xE9", {.encoding = "UTF-8"}).kind, ErrorKind::bad_input);
}

TEST(TableFile, a_damaged_byte_in_utf8_is_no_other_encoding) {
  EXPECT_FALSE(other_encoding("caf\u00E9, th\u00E9, na\u00EFve, \xFF"));
  EXPECT_EQ(other_encoding("caf\xE9, th\xE9"), "WINDOWS-1252");
}

TEST(TableFile, reads_line_ends_of_old_macintosh_computers) {
  EXPECT_EQ(text_of("a,b\r1,2\r"), "a,b\n1,2\n");
  EXPECT_EQ(codes("a,b\r1,2\r"), std::vector<std::string>{"line_ends"});
  EXPECT_EQ(text_of("a,b\r\n1,2\r\n"), "a,b\r\n1,2\r\n");
}

TEST(TableFile, strict_refuses_what_must_be_converted) {
  EXPECT_EQ(error_of("caf\xE9\n", {.strict = true}).kind, ErrorKind::bad_input);
  EXPECT_EQ(error_of("a\r1\r", {.strict = true}).kind, ErrorKind::bad_input);
  EXPECT_EQ(text_of(gzip(kTable), {.strict = true}), kTable);  // nothing is assumed
}

TEST(TableFile, reads_arff) {
  const std::string arff =
      "% a comment\n@RELATION x\n@attribute 'my age' numeric\n@attribute plan {'a b', c}\n"
      "@attribute churn {no,yes}\n\n@DATA\n1, 'a b', yes\n% more\n?,c,no  % why\n'?',\"x,y\",no\n";
  EXPECT_EQ(text_of(arff), "\n\n\n\n\n\nmy age,plan,churn\n1,a b,yes\n\n,c,no\n\"?\",\"x,y\",no\n");
  EXPECT_EQ(
      text_of(
          "\xEF\xBB\xBF@relation x\r@attribute a numeric\r@attribute b {x}\r@data\r1\tx\r\tx\r"),
      "\n\n\na,b\n1,x\n,x\n");
  EXPECT_EQ(text_of("@relation x\n@attribute a numeric\n@data\n1, {2}\n"), "\n\na\n1\n");
  EXPECT_EQ(error_of("@relation x\n@attribute a numeric\n").kind, ErrorKind::bad_input);
  EXPECT_EQ(error_of("@relation x\n@attribute a numeric\n@data\n{0 1}\n").where, "t, line 4");
}

TEST(TableFile, names_formats_that_are_no_text) {
  EXPECT_TRUE(error_of("PAR1xxxxPAR1").message.contains("Parquet"));
  EXPECT_TRUE(error_of("version https://git-lfs.github.com/spec/v1\n").message.contains("Git LFS"));
  EXPECT_TRUE(error_of(gzip("SQLite format 3")).message.contains("SQLite"));
}

}  // namespace
}  // namespace vitrine::data
