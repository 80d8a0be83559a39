#include <gtest/gtest.h>

#include "base/error.h"
#include "data/spreadsheet/ods.h"
#include "data/spreadsheet/test_workbook.h"
#include "data/spreadsheet/xlsx.h"

namespace vitrine::data {
namespace {

SheetText read(const std::string& bytes, const std::string& sheet = "") {
  const ZipFile zip(bytes, "t");
  return is_xlsx(zip) ? read_xlsx(zip, "t", sheet) : read_ods(zip, "t", sheet);
}

std::string csv(const std::string& bytes, const std::string& sheet = "") {
  return read(bytes, sheet).csv;
}

std::string csv_of_cells(const std::string& cells, const std::vector<std::string>& strings = {}) {
  return csv(xlsx({{"S", cells}}, strings));
}

Error error_of(const std::string& bytes, const std::string& sheet = "") {
  try {
    csv(bytes, sheet);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::failed, "", "", ""};
}

TEST(Xlsx, reads_each_kind_of_cell) {
  EXPECT_EQ(csv_of_cells("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\"><v>1.5</v></c>"
                         "<c r=\"C1\" t=\"b\"><v>1</v></c><c r=\"D1\" t=\"e\"><v>#N/A</v></c>"
                         "<c r=\"E1\" t=\"str\"><f>A1</f><v>x</v></c>"
                         "<c r=\"F1\" t=\"inlineStr\"><is><t>in</t></is></c></row>",
                         {"<t>a, \"b\"</t>"}),
            "\"a, \"\"b\"\"\",1.5,TRUE,#N/A,x,in\n");
}

TEST(Xlsx, numbers_have_their_shortest_text) {
  EXPECT_EQ(csv_of_cells("<row><c><v>4111.4700000000003</v></c><c><v>1E-7</v></c><c><v>12</v></c>"
                         "</row>"),
            "4111.47,1e-07,12\n");
}

TEST(Xlsx, dates_are_iso_text_by_the_format_of_their_cells) {
  const std::string cells =
      "<row><c s=\"1\"><v>45498</v></c><c s=\"2\"><v>45498.5625</v></c><c s=\"3\"><v>1.5</v></c>"
      "<c s=\"1\"><v>1</v></c><c s=\"1\"><v>61</v></c><c s=\"0\"><v>45498</v></c></row>";
  EXPECT_EQ(csv_of_cells(cells),
            "2024-07-25,2024-07-25T13:30:00,1.5,1900-01-01,1900-03-01,45498\n");
  EXPECT_TRUE(
      csv(xlsx({{"S", cells}}, {}, "<workbookPr date1904=\"1\"/>")).starts_with("2028-07-26"));
}

TEST(Xlsx, date_formats_have_a_day_a_month_or_a_year) {
  for (const char* code :
       {"yyyy-mm-dd", "d/m/yy", "[$-409]d-mmm-yy;@", "mmm yyyy", "DD.MM.YYYY", "m/d/yy h:mm",
        "\"am \"d. mmmm", "mmmm", "[$-en-US]mmmmm;@", "[$-de-CH]mmmm \"hours\""}) {
    EXPECT_EQ(kind_of_format(code), NumberKind::date) << code;
  }
  for (const char* code : {"General", "0.00", "#,##0.00 \"dollars\"", "[Red]0", "h:mm", "[h]:mm:ss",
                           "mm:ss.0", "0\\d", "_-* #,##0.00_-;", "[$yd-409]0", "@", "0.0%"}) {
    EXPECT_NE(kind_of_format(code), NumberKind::date) << code;
  }
  for (const char* code : {"h:mm", "hh:mm:ss", "mm:ss.0", "[$-409]h:mm AM/PM;@"}) {
    EXPECT_EQ(kind_of_format(code), NumberKind::time) << code;
  }
  EXPECT_EQ(kind_of_format("[h]:mm:ss"), NumberKind::number);
}

TEST(Xlsx, times_of_day_are_text_and_durations_numbers) {
  EXPECT_EQ(csv_of_cells("<row><c s=\"4\"><v>0.5625</v></c><c s=\"3\"><v>0.5625</v></c>"
                         "<c s=\"4\"><v>1.5</v></c></row>"),
            "13:30:00,0.5625,1.5\n");
}

TEST(Xlsx, decodes_characters_that_xml_can_not_hold) {
  EXPECT_EQ(csv_of_cells("<row><c t=\"s\"><v>0</v></c><c t=\"str\"><v>_x0041_</v></c></row>",
                         {"<t>a_x000D_b _x12 _xZZZZ_</t>"}),
            "\"a\rb _x12 _xZZZZ_\",A\n");
}

TEST(Xlsx, joins_the_runs_of_a_text_and_leaves_out_its_pronunciation) {
  EXPECT_EQ(csv_of_cells("<row><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c></row>",
                         {"<r><t>a</t></r><r><t xml:space=\"preserve\"> b</t></r>",
                          "<t>\xE6\x9D\xB1</t><rPh><t>x</t></rPh>"}),
            "\xE6\x9D\xB1,a b\n");
}

TEST(Xlsx, cells_that_are_left_out_are_empty) {
  // Rows 2 and 3 and column B have no cells; trailing formats are not columns.
  EXPECT_EQ(csv_of_cells("<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"C1\"><v>2</v></c>"
                         "<c r=\"D1\" s=\"1\"/></row>"
                         "<row r=\"4\"><c r=\"A4\"><v>3</v></c></row>"),
            "1,,2\n\n\n3,,\n");
}

TEST(Xlsx, reads_names_with_prefixes) {
  const std::string sheet =
      "</sheetData><x:sheetData xmlns:x=\"m\"><x:row><x:c><x:v>7</x:v></x:c></x:row>"
      "</x:sheetData><sheetData>";
  EXPECT_EQ(csv_of_cells(sheet), "7\n");
}

TEST(Xlsx, chooses_the_sheet) {
  const std::string cell = "<row><c><v>1</v></c></row>";
  const std::string other = "<row><c><v>2</v></c></row>";
  EXPECT_EQ(csv(xlsx({{"Empty", ""}, {"Hidden", cell, "hidden"}, {"Data", other}})), "2\n");
  EXPECT_EQ(csv(xlsx({{"Hidden", cell, "veryHidden"}})), "1\n");
  const std::string two = xlsx({{"One", cell}, {"Two", other}});
  const SheetText first = read(two);
  EXPECT_EQ(first.csv, "1\n");
  ASSERT_EQ(first.warnings.size(), 1U);
  EXPECT_TRUE(first.warnings[0].message.contains("One and Two")) << first.warnings[0].message;
  EXPECT_EQ(csv(two, "two"), "2\n");
  EXPECT_TRUE(read(two, "Two").warnings.empty());
  const Error unknown = error_of(two, "Tow");
  EXPECT_EQ(unknown.kind, ErrorKind::usage);
  EXPECT_TRUE(unknown.hint.contains("Two")) << unknown.hint;
  EXPECT_TRUE(error_of(xlsx({{"Empty", ""}})).message.contains("no cells"));
}

TEST(Xlsx, knows_columns_of_plain_numbers) {
  std::string cells;
  for (int row = 0; row < 30; ++row) {
    cells += "<row><c><v>1.234</v></c><c t=\"str\"><v>1,234</v></c><c t=\"str\"><v>x</v></c></row>";
  }
  EXPECT_EQ(read(xlsx({{"S", cells}})).plain_columns, (std::vector<bool>{true, false, false}));
}

TEST(Xlsx, warns_of_formulas_without_values) {
  const SheetText sheet = read(xlsx({{"S", "<row><c><f>1+1</f></c><c><v>1</v></c></row>"}}));
  EXPECT_EQ(sheet.csv, ",1\n");
  ASSERT_EQ(sheet.warnings.size(), 1U);
  EXPECT_EQ(sheet.warnings[0].code, "formulas_without_values");
}

TEST(Xlsx, refuses_what_is_damaged) {
  const auto of_cells = [](const std::string& cells) {
    return error_of(xlsx({{"S", cells}})).message;
  };
  EXPECT_TRUE(of_cells("<row>").contains("damaged"));
  EXPECT_TRUE(of_cells("<row><c t=\"s\"><v>7</v></c></row>").contains("a text that is missing"));
  EXPECT_TRUE(of_cells("<row><c r=\"B1\"><v>1</v></c><c r=\"A1\"><v>1</v></c></row>")
                  .contains("not in order"));
  EXPECT_TRUE(of_cells("<row r=\"2\"><c><v>1</v></c></row><row r=\"2\"><c><v>1</v></c></row>")
                  .contains("not in order"));
  EXPECT_TRUE(of_cells("<row r=\"9999999\"><c><v>1</v></c></row>").contains("1,048,576 rows"));
  EXPECT_TRUE(
      of_cells("<row><c r=\"ZZZZZZZZZZZZZZ1\"><v>1</v></c></row>").contains("4,096 columns"));
  std::string far;  // rows with one cell on the far right
  for (int i = 1; i < 6; ++i) {
    far += "<row r=\"" + std::to_string(i * 200'000) + "\"><c r=\"FAA1\"><v>1</v></c></row>";
  }
  EXPECT_TRUE(of_cells(far).contains("bytes as CSV"));
  EXPECT_TRUE(of_cells("<!DOCTYPE x [<!ENTITY a \"b\">]>").contains("damaged"));
  const std::string bomb = zip({{"[Content_Types].xml", "<Types/>"},
                                {"_rels/.rels", "<!DOCTYPE x [<!ENTITY a \"b\">]><x/>"},
                                {"xl/workbook.xml", "<x/>"}});
  EXPECT_TRUE(error_of(bomb).message.contains("document type"));
}

TEST(Ods, reads_each_kind_of_cell) {
  const auto row = [](const std::string& cells) {
    return "<table:table-row>" + cells + "</table:table-row>";
  };
  const auto cell = [](const std::string& type, const std::string& value) {
    const std::string name = type == "float" ? "value" : type + "-value";
    return "<table:table-cell office:value-type=\"" + type + "\" office:" + name + "=\"" + value +
           "\"><text:p>shown</text:p></table:table-cell>";
  };
  const std::string text =
      "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>note</text:p>"
      "</office:annotation><text:p>a<text:s text:c=\"2\"/>b</text:p><text:p>c</text:p>"
      "</table:table-cell>";
  const std::string empty = "<table:table-cell table:number-columns-repeated=\"16383\"/>";
  EXPECT_EQ(
      csv(ods("<table:table table:name=\"S\">" +
              row(text + cell("float", "1.50") + cell("date", "2024-07-25") +
                  cell("boolean", "true") + empty) +
              "<table:table-row table:number-rows-repeated=\"2\">" + empty + "</table:table-row>" +
              "<table:table-row table:number-rows-repeated=\"2\">"
              "<table:table-cell table:number-columns-repeated=\"2\" "
              "office:value-type=\"float\" office:value=\"7\"/></table:table-row>" +
              "<table:table-row table:number-rows-repeated=\"1048000\">" + empty +
              "</table:table-row></table:table>")),
      "\"a  b\nc\",1.5,2024-07-25,TRUE\n\n\n7,7,,\n7,7,,\n");
}

TEST(Ods, refuses_a_row_that_is_too_wide_and_drops_nothing) {
  const auto table = [](const std::string& cells) {
    return ods("<table:table table:name=\"S\"><table:table-row>" + cells +
               "</table:table-row></table:table>");
  };
  const std::string one = "office:value-type=\"float\" office:value=\"1\"/>";
  const auto repeated = [&](std::size_t times, const std::string& rest) {
    return "<table:table-cell table:number-columns-repeated=\"" + std::to_string(times) + "\" " +
           rest;
  };
  EXPECT_TRUE(error_of(table(repeated(16'384, one))).message.contains("4,096 columns"));
  EXPECT_TRUE(
      error_of(table(repeated(9'000, "/>") + repeated(1, one))).message.contains("columns"));
  EXPECT_TRUE(csv(table(repeated(4'095, "/>") + repeated(1, one))).ends_with(",1\n"));
}

TEST(Ods, times_and_drawings) {
  EXPECT_EQ(
      csv(ods("<table:table table:name=\"S\"><table:table-row><table:table-cell "
              "office:value-type=\"time\" office:time-value=\"PT13H30M07S\"/><table:table-cell "
              "office:value-type=\"time\" office:time-value=\"PT36H00M00S\"/><table:table-cell "
              "office:value-type=\"string\"><draw:frame><draw:text-box><text:p>box</text:p>"
              "</draw:text-box></draw:frame><text:p>a</text:p></table:table-cell>"
              "</table:table-row></table:table>")),
      "13:30:07,1.5,a\n");
}

TEST(Ods, chooses_the_sheet) {
  const auto sheet = [](const std::string& name, const std::string& value) {
    return "<table:table table:name=\"" + name +
           "\"><table:table-row><table:table-cell office:value-type=\"float\" office:value=\"" +
           value + "\"/></table:table-row></table:table>";
  };
  const std::string two =
      ods("<table:table table:name=\"None\"/>" + sheet("One", "1") + sheet("Two", "2"));
  EXPECT_EQ(csv(two), "1\n");
  EXPECT_EQ(read(two).warnings.size(), 1U);
  EXPECT_EQ(csv(two, "Two"), "2\n");
  EXPECT_EQ(error_of(two, "X").kind, ErrorKind::usage);
  const std::string hidden =
      "<style:style style:name=\"h\"><style:table-properties "
      "table:display=\"false\"/></style:style>";
  std::string one = sheet("One", "1");
  one.insert(one.find("table:name"), "table:style-name=\"h\" ");
  EXPECT_EQ(csv(ods(hidden + one + sheet("Two", "2"))), "2\n");
  EXPECT_EQ(csv(ods(hidden + one)), "1\n");
  EXPECT_TRUE(error_of(ods("")).message.contains("no cells"));
}

}  // namespace
}  // namespace vitrine::data
