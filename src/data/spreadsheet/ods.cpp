#include "data/spreadsheet/ods.h"

#include <algorithm>
#include <charconv>
#include <set>

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
  bool hidden = false;
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
      const bool hidden = hidden_styles_.contains(attributes.get_local("style-name"));
      sheets_.push_back({std::move(name), hidden, SheetBuilder(std::move(where))});
      row_ = 0;
    }
    if (element == "style") style_ = attributes.get_local("name");
    if (element == "table-properties" && attributes.get_local("display") == "false") {
      hidden_styles_.insert(style_);
    }
    if (element == "table") ++depth_;  // a sheet may hold others
    if (depth_ != 1) return;
    if (element == "table-row") {
      row_repeats_ = count_of(attributes, "number-rows-repeated");
      row_cells_.clear();
      column_ = 0;
    } else if (element == "table-cell" || element == "covered-table-cell") {
      start_cell(attributes);
    } else if (is_aside(element)) {
      ++aside_;
    } else if (element == "p" && aside_ == 0) {
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
    if (is_aside(element)) --aside_;
    if (element == "p" && aside_ == 0) inside_ = false;
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

  /// Notes and drawings have texts that are not the cell's.
  static bool is_aside(std::string_view element) {
    return element == "annotation" || element == "frame" || element == "custom-shape";
  }

  static std::size_t count_of(const XmlAttributes& attributes, std::string_view name) {
    const std::string_view text = attributes.get_local(name);
    std::size_t count = 1;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return std::max<std::size_t>(count, 1);
  }

  /// PT13H30M00S as 13:30:00, and a duration of a day or more as a number of days.
  static std::string time_text(std::string_view value) {
    double seconds = 0;
    double number = 0;
    for (const char* at = value.data(); at < value.data() + value.size();) {
      const auto [end, problem] = std::from_chars(at, value.data() + value.size(), number);
      if (problem != std::errc() || end == value.data() + value.size()) {
        ++at;  // P, T
        continue;
      }
      seconds += number * (*end == 'H' ? 3600 : *end == 'M' ? 60 : *end == 'S' ? 1 : 0);
      at = end + 1;
    }
    constexpr double kSecondsOfDay = 86400;
    return seconds < kSecondsOfDay ? time_of_day_text(seconds / kSecondsOfDay)
                                   : number_text(seconds / kSecondsOfDay);
  }

  void start_cell(const XmlAttributes& attributes) {
    repeats_ = count_of(attributes, "number-columns-repeated");
    type_ = attributes.get("office:value-type");
    value_ = attributes.get("office:value");
    if (type_ == "boolean") value_ = attributes.get("office:boolean-value");
    if (type_ == "date") value_ = attributes.get("office:date-value");
    if (type_ == "time") value_ = time_text(attributes.get("office:time-value"));
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
    // The first column too many is kept: the row is refused for it.
    const std::size_t end =
        column_ + std::min(repeats_, kMaxColumns + 1 - std::min(column_, kMaxColumns));
    for (; column_ < end; ++column_) {
      if (!text.empty()) row_cells_.push_back({column_, text, number});
    }
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
  std::string style_;                                 ///< the one that is read
  std::set<std::string, std::less<>> hidden_styles_;  ///< of sheets
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
  std::size_t aside_ = 0;  ///< notes and drawings that are open
  bool inside_ = false;    ///< a paragraph
};

}  // namespace

SheetText read_ods(const ZipFile& zip, const std::string& where, const std::string& sheet) {
  const ZipFile::Entry* content = zip.find("content.xml");
  if (content == nullptr) refuse_empty_workbook(where);
  const ZipFile::Entry* manifest = zip.find("META-INF/manifest.xml");
  if (manifest != nullptr && zip.read(*manifest, kMostUnpacked).contains("encryption-data")) {
    throw Error(ErrorKind::bad_input, "the spreadsheet has a password", where,
                "save it without a password, or the sheet as CSV (UTF-8)");
  }
  ContentReader reader(where);
  read_xml_into(reader, zip.read(*content, kMostUnpacked), where + ", content.xml");
  std::vector<OdsSheet> sheets = std::move(reader).sheets();
  std::vector<std::string> names;
  for (const OdsSheet& one : sheets) names.push_back(one.name);
  const auto first = [&](bool hidden) {
    return std::ranges::find_if(sheets, [hidden](const OdsSheet& one) {
      return one.hidden == hidden && !one.builder.empty();
    });
  };
  const auto filled = first(false) != sheets.end() ? first(false) : first(true);
  if (!sheet.empty()) {
    return std::move(sheets[sheet_named(names, sheet, where)].builder).finish();
  }
  if (filled == sheets.end()) refuse_empty_workbook(where);
  SheetText out = std::move(filled->builder).finish();
  if (sheets.size() > 1) out.warnings.push_back(several_sheets(names, filled->name));
  return out;
}

}  // namespace vitrine::data
