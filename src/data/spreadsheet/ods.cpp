#include "data/spreadsheet/ods.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "data/spreadsheet/sheet.h"
#include "data/spreadsheet/xml.h"
#include "data/table/unpack.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

struct OdsSheet {
  std::string name;
  SheetBuilder builder;
};

/// Reads content.xml: all sheets.
class ContentReader {
 public:
  explicit ContentReader(std::string where) : where_(std::move(where)) {}

  void start(std::string_view element, const XmlAttributes& attributes) {
    if (element == "table" && depth_ == 0) {
      std::string name(attributes.get_local("name"));
      std::string where = where_ + ", sheet " + shown(name, 60);
      sheets_.push_back({std::move(name), SheetBuilder(std::move(where))});
      row_ = 0;
    }
    if (element == "table") ++depth_;  // a sheet may hold others
    if (depth_ != 1) return;
    if (element == "table-row") {
      row_repeats_ = count_of(attributes, "number-rows-repeated");
      row_cells_.clear();
      column_ = 0;
    } else if (element == "table-cell" || element == "covered-table-cell") {
      start_cell(attributes);
    } else if (element == "annotation") {
      ++annotation_;
    } else if (element == "p" && annotation_ == 0) {
      if (paragraphs_++ > 0) text_ += '\n';
      inside_ = true;
    } else if (element == "s" && inside_) {
      text_.append(std::min<std::size_t>(count_of(attributes, "c"), 1000), ' ');
    } else if (element == "tab" && inside_) {
      text_ += '\t';
    } else if (element == "line-break" && inside_) {
      text_ += '\n';
    }
  }

  void end(std::string_view element) {
    if (element == "table") --depth_;
    if (depth_ != 1) return;
    if (element == "annotation") --annotation_;
    if (element == "p" && annotation_ == 0) inside_ = false;
    if (element == "table-cell" || element == "covered-table-cell") end_cell();
    if (element == "table-row") end_row();
  }

  void text(std::string_view piece) {
    if (inside_ && depth_ == 1) text_ += piece;
  }

  std::vector<OdsSheet> sheets() && { return std::move(sheets_); }

 private:
  struct Cell {
    std::size_t column;
    std::string text;
    bool number;
  };

  static std::size_t count_of(const XmlAttributes& attributes, std::string_view name) {
    const std::string_view text = attributes.get_local(name);
    std::size_t count = 1;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return std::max<std::size_t>(count, 1);
  }

  void start_cell(const XmlAttributes& attributes) {
    repeats_ = count_of(attributes, "number-columns-repeated");
    type_ = attributes.get("office:value-type");
    value_ = attributes.get("office:value");
    if (type_ == "boolean") value_ = attributes.get("office:boolean-value");
    if (type_ == "date") value_ = attributes.get("office:date-value");
    if (type_ == "time") value_ = attributes.get("office:time-value");
    if (type_ == "string") value_ = attributes.get("office:string-value");
    text_.clear();
    paragraphs_ = 0;
  }

  void end_cell() {
    bool number = type_ == "float" || type_ == "percentage" || type_ == "currency";
    std::string text = type_ == "string" && value_.empty() ? text_ : value_;
    if (type_ == "boolean") text = value_ == "true" ? "TRUE" : "FALSE";
    if (number) {
      double parsed = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), parsed);
      number = end.ec == std::errc();
      if (number) text = number_text(parsed);
    }
    // An error has no value: its text is #N/A or the like.
    if (text.empty() && text_.starts_with('#')) text = text_;
    if (!text.empty()) {
      for (std::size_t i = 0; i < repeats_ && column_ + i <= kMostSheetColumns; ++i) {
        row_cells_.push_back({column_ + i, text, number});
      }
    }
    column_ += std::min(repeats_, kMostSheetColumns);
  }

  void end_row() {
    if (!row_cells_.empty()) {
      for (std::size_t i = 0; i < row_repeats_; ++i) {
        SheetBuilder& builder = sheets_.back().builder;
        builder.start_row(row_ + i);
        for (const Cell& cell : row_cells_) {
          cell.number ? builder.add_number(cell.column, cell.text)
                      : builder.add_text(cell.column, cell.text);
        }
      }
    }
    row_ += std::min(row_repeats_, kMostSheetRows);
  }

  std::string where_;
  std::vector<OdsSheet> sheets_;
  std::size_t depth_ = 0;
  std::size_t row_ = 0;
  std::size_t row_repeats_ = 1;
  std::vector<Cell> row_cells_;
  std::size_t column_ = 0;
  std::size_t repeats_ = 1;
  std::string type_;
  std::string value_;
  std::string text_;
  std::size_t paragraphs_ = 0;
  std::size_t annotation_ = 0;
  bool inside_ = false;  ///< a paragraph
};

}  // namespace

SheetText read_ods(const ZipFile& zip, const std::string& where, const std::string& sheet) {
  const ZipFile::Entry* content = zip.find("content.xml");
  if (content == nullptr) refuse_empty_workbook(where);
  ContentReader reader(where);
  read_xml(zip.read(*content, kMostUnpacked),
           {[&](std::string_view element, const XmlAttributes& attributes) {
              reader.start(element, attributes);
            },
            [&](std::string_view element) { reader.end(element); },
            [&](std::string_view piece) { reader.text(piece); }},
           where + ", content.xml");
  std::vector<OdsSheet> sheets = std::move(reader).sheets();
  std::vector<std::string> names;
  for (const OdsSheet& one : sheets) names.push_back(one.name);
  const auto filled =
      std::ranges::find_if(sheets, [](const OdsSheet& one) { return !one.builder.empty(); });
  if (!sheet.empty()) {
    return std::move(sheets[sheet_named(names, sheet, where)].builder).finish();
  }
  if (filled == sheets.end()) refuse_empty_workbook(where);
  SheetText out = std::move(filled->builder).finish();
  if (sheets.size() > 1) out.warnings.push_back(several_sheets(names, filled->name));
  return out;
}

}  // namespace vitrine::data
