// A workbook is a zip file of XML documents, read in these steps:
// 1. _rels/.rels names the workbook, which names its sheets; its own .rels says where they are.
// 2. The styles say which cells are dates: numbers whose number format has a day, month or year.
// 3. The shared strings are the texts to which cells refer by number.
// 4. The sheet has the cells.
#include "data/spreadsheet/xlsx.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "data/spreadsheet/sheet.h"
#include "data/spreadsheet/xml.h"
#include "data/table/unpack.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

[[noreturn]] void refuse_damaged_workbook(const std::string& what, const std::string& where) {
  throw Error(ErrorKind::bad_input, "the workbook is damaged: " + what, where,
              "open and save it again, or save the sheet as CSV (UTF-8)");
}

/// A whole number of at least 0; nullopt for other texts.
std::optional<std::size_t> whole(std::string_view text) {
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

/// A text with its characters that XML can't hold, which are written `_x000D_` (ST_Xstring,
/// 22.9.2.19).
std::string unescaped(std::string text) {
  for (std::size_t at = text.find("_x"); at != std::string::npos; at = text.find("_x", at + 1)) {
    constexpr std::size_t kSize = 7;
    unsigned code = 0;
    const char* digits = text.data() + at + 2;
    if (at + kSize > text.size() || text[at + kSize - 1] != '_' ||
        std::from_chars(digits, digits + 4, code, 16).ptr != digits + 4 || code == 0 ||
        code > 0x7F) {
      continue;  // others are valid XML: nobody has to write them so
    }
    text.replace(at, kSize, 1, static_cast<char>(code));
  }
  return text;
}

bool is_true(std::string_view value) { return value == "1" || value == "true"; }

/// The column of a cell's place such as `AB12`, from 0; nullopt for other texts.
std::optional<std::size_t> column_of(std::string_view place) {
  std::size_t column = 0;
  std::size_t letters = 0;
  for (; letters < place.size() && place[letters] >= 'A' && place[letters] <= 'Z'; ++letters) {
    column = column * 26 + static_cast<std::size_t>(place[letters] - 'A') + 1;
    if (column > kMaxColumns) return kMaxColumns;
  }
  if (letters == 0) return {};
  return column - 1;
}

/// The target of a relation of the part in `folder`, as a name in the zip file.
std::string resolved(const std::string& folder, std::string_view target) {
  if (target.starts_with('/')) return std::string(target.substr(1));
  std::string path = folder;
  while (target.starts_with("../")) {
    target.remove_prefix(3);
    if (!path.empty()) path.pop_back();
    path.erase(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/') + 1);
  }
  return path + std::string(target);
}

struct Relation {
  std::string type;  ///< the last part of its URL: worksheet, styles, sharedStrings
  std::string target;
};

struct Sheet {
  std::string name;
  std::string relation;
  bool hidden = false;
};

class Workbook {
 public:
  Workbook(const ZipFile& zip, std::string where) : zip_(zip), where_(std::move(where)) {
    const std::string* path = nullptr;
    const auto top = relations("_rels/.rels", "");
    for (const auto& [id, relation] : top) {
      if (relation.type == "officeDocument") path = &relation.target;
    }
    if (path == nullptr) refuse_damaged_workbook("it does not say where its workbook is", where_);
    if (path->ends_with(".bin")) {
      throw Error(ErrorKind::bad_input, "this is a binary workbook of Excel (xlsb)", where_,
                  "save it as xlsx, or the sheet as CSV (UTF-8)");
    }
    const std::size_t slash = path->rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path->substr(0, slash + 1);
    relations_ = relations(folder + "_rels/" + path->substr(folder.size()) + ".rels", folder);
    read_sheets(*path);
    for (const auto& [id, relation] : relations_) {
      if (relation.type == "styles") read_styles(relation.target);
      if (relation.type == "sharedStrings") read_strings(relation.target);
    }
  }

  SheetText read(const std::string& wanted) const {
    if (sheets_.empty()) refuse_empty_workbook(where_);
    std::vector<std::string> names;
    for (const Sheet& one : sheets_) names.push_back(one.name);
    if (!wanted.empty()) {
      return read(sheets_[sheet_named(names, wanted, where_)])
          .value_or(SheetText{});  // the reader of text says that it is empty
    }
    for (const bool hidden : {false, true}) {
      for (const Sheet& one : sheets_) {
        if (one.hidden != hidden) continue;
        if (auto text = read(one)) {
          if (sheets_.size() > 1) text->warnings.push_back(several_sheets(names, one.name));
          return std::move(*text);
        }
      }
    }
    refuse_empty_workbook(where_);
  }

 private:
  std::string part(const std::string& name) const {
    const ZipFile::Entry* entry = zip_.find(name);
    if (entry == nullptr) refuse_damaged_workbook("'" + shown(name, 60) + "' is missing", where_);
    return zip_.read(*entry, kMostUnpacked);
  }

  void each_element(
      const std::string& name,
      const std::function<void(std::string_view, const XmlAttributes&)>& start) const {
    read_xml(part(name), {start, [](std::string_view) {}, [](std::string_view) {}},
             where_ + ", " + shown(name, 60));
  }

  std::map<std::string, Relation> relations(const std::string& name,
                                            const std::string& folder) const {
    std::map<std::string, Relation> out;
    each_element(name, [&](std::string_view element, const XmlAttributes& attributes) {
      if (element != "Relationship") return;
      const std::string_view type = attributes.get("Type");
      out[std::string(attributes.get("Id"))] = {std::string(type.substr(type.rfind('/') + 1)),
                                                resolved(folder, attributes.get("Target"))};
    });
    return out;
  }

  void read_sheets(const std::string& name) {
    each_element(name, [&](std::string_view element, const XmlAttributes& attributes) {
      if (element == "workbookPr") from_1904_ = is_true(attributes.get("date1904"));
      if (element != "sheet") return;
      Sheet sheet{.name = std::string(attributes.get("name")),
                  .relation = std::string(attributes.get_local("id")),
                  .hidden = attributes.get("state").contains("idden")};
      const auto relation = relations_.find(sheet.relation);
      if (relation == relations_.end()) {
        refuse_damaged_workbook("the sheet '" + shown(sheet.name, 60) + "' is missing", where_);
      }
      if (relation->second.type == "worksheet") sheets_.push_back(std::move(sheet));
    });
  }

  void read_styles(const std::string& name) {
    std::map<std::size_t, NumberKind> own;  // formats of the workbook
    bool cell_formats = false;
    each_element(name, [&](std::string_view element, const XmlAttributes& attributes) {
      if (element == "numFmt") {
        const auto id = whole(attributes.get("numFmtId"));
        if (id) own[*id] = kind_of_format(attributes.get("formatCode"));
      }
      if (element == "cellStyleXfs" || element == "cellStyles" || element == "dxfs") {
        cell_formats = false;
      }
      if (element == "cellXfs") cell_formats = true;
      if (element != "xf" || !cell_formats) return;
      const std::size_t id = whole(attributes.get("numFmtId")).value_or(0);
      const auto found = own.find(id);
      kinds_.push_back(found != own.end() ? found->second : kind_of_built_in(id));
    });
  }

  /// The formats that need no code (18.8.30), those of dates in other languages included.
  static NumberKind kind_of_built_in(std::size_t id) {
    if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 55 || id == 56) {
      return NumberKind::time;
    }
    const bool date = (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 ||
                      (id >= 50 && id <= 54) || id == 57 || id == 58;
    return date ? NumberKind::date : NumberKind::number;
  }

  void read_strings(const std::string& name) {
    bool inside = false;
    std::size_t phonetic = 0;
    const auto start = [&](std::string_view element, const XmlAttributes&) {
      if (element == "si") strings_.emplace_back();
      if (element == "rPh") ++phonetic;  // how to pronounce the text
      inside = element == "t" && phonetic == 0 && !strings_.empty();
    };
    const auto end = [&](std::string_view element) {
      if (element == "rPh") --phonetic;
      if (element == "t") inside = false;
      if (element == "si" && !strings_.empty()) {
        strings_.back() = unescaped(std::move(strings_.back()));
      }
    };
    const auto text = [&](std::string_view piece) {
      if (inside) strings_.back() += piece;
    };
    read_xml(part(name), {start, end, text}, where_ + ", " + shown(name, 60));
  }

  std::optional<SheetText> read(const Sheet& sheet) const;

  friend class SheetReader;
  const ZipFile& zip_;
  std::string where_;
  std::map<std::string, Relation> relations_;
  std::vector<Sheet> sheets_;
  bool from_1904_ = false;
  std::vector<NumberKind> kinds_;  ///< by cell format
  std::vector<std::string> strings_;
};

/// Reads the cells of a sheet.
class SheetReader {
 public:
  SheetReader(const Workbook& workbook, std::string where)
      : workbook_(workbook), where_(where), builder_(std::move(where)) {}

  void start(std::string_view element, const XmlAttributes& attributes) {
    if (element == "row") {
      next_row_ = whole(attributes.get("r")).value_or(next_row_ + 1);
      if (next_row_ == 0) refuse_damaged_workbook("a row has the number 0", where_);
      builder_.start_row(next_row_ - 1);
      next_column_ = 0;
    } else if (element == "c") {
      next_column_ = column_of(attributes.get("r")).value_or(next_column_);
      type_ = attributes.get("t");
      style_ = whole(attributes.get("s")).value_or(0);
      value_.clear();
      has_formula_ = false;
    } else if (element == "f") {
      has_formula_ = true;
    } else if (element == "rPh") {
      ++phonetic_;
    }
    inside_ = element == "v" || (element == "t" && phonetic_ == 0);
  }

  void end(std::string_view element) {
    inside_ = false;
    if (element == "rPh") --phonetic_;
    if (element != "c") return;
    if (has_formula_ && value_.empty() && type_ != "str") ++formulas_without_value_;
    add_cell();
    ++next_column_;
  }

  void text(std::string_view piece) {
    if (inside_) value_ += piece;
  }

  std::optional<SheetText> finish() && {
    if (builder_.empty()) return {};
    SheetText out = std::move(builder_).finish();
    if (formulas_without_value_ > 0) {
      out.warnings.push_back({"formulas_without_values",
                              counted(formulas_without_value_, "cell") +
                                  (formulas_without_value_ == 1 ? " has" : " have") +
                                  " a formula whose value was not saved, and " +
                                  (formulas_without_value_ == 1 ? "is" : "are") + " read as empty",
                              "open the workbook in a spreadsheet program and save it"});
    }
    return out;
  }

 private:
  void add_cell() {
    if (value_.empty()) return;
    if (type_ == "s") {
      const auto index = whole(trimmed(value_));
      if (!index || *index >= workbook_.strings_.size()) {
        refuse_damaged_workbook("a cell refers to a text that is missing", where_);
      }
      builder_.add_text(next_column_, workbook_.strings_[*index]);
    } else if (type_ == "b") {
      builder_.add_text(next_column_, is_true(trimmed(value_)) ? "TRUE" : "FALSE");
    } else if (type_.empty() || type_ == "n") {
      add_number();
    } else {  // str, inlineStr, e (an error such as #N/A), d (an ISO date)
      builder_.add_text(next_column_, unescaped(value_));
    }
  }

  void add_number() {
    const std::string_view text = trimmed(value_);
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size()) {
      builder_.add_text(next_column_, value_);
    } else if (kind() == NumberKind::date) {
      builder_.add_text(next_column_, moment_text(days_of(number)));
    } else if (kind() == NumberKind::time && number >= 0 && number < 1) {
      builder_.add_text(next_column_, time_of_day_text(number));
    } else {
      // Excel writes 0.1 + 0.2 with 17 digits; the shortest text of the number is easier to read.
      builder_.add_number(next_column_, number_text(number));
    }
  }

  NumberKind kind() const {
    return style_ < workbook_.kinds_.size() ? workbook_.kinds_[style_] : NumberKind::number;
  }

  /// The days since 1970 of Excel's day numbers (18.17.4.1). In the system of 1900 the day before 1
  /// March 1900 is one too early, because it has a 29 February.
  double days_of(double serial) const {
    constexpr double kOf1900 = 25569;
    constexpr double kOf1904 = 24107;
    constexpr double kFirstOfMarch = 60;
    if (workbook_.from_1904_) return serial - kOf1904;
    return serial - kOf1900 + (serial < kFirstOfMarch ? 1 : 0);
  }

  const Workbook& workbook_;
  std::string where_;
  SheetBuilder builder_;
  std::size_t next_row_ = 0;     ///< of the row that is read, from 1
  std::size_t next_column_ = 0;  ///< of the cell that is read, from 0
  std::string type_;
  std::size_t style_ = 0;
  std::string value_;
  bool inside_ = false;  ///< a value or a text
  std::size_t phonetic_ = 0;
  bool has_formula_ = false;
  std::size_t formulas_without_value_ = 0;
};

std::optional<SheetText> Workbook::read(const Sheet& sheet) const {
  const std::string where = where_ + ", sheet " + shown(sheet.name, 60);
  SheetReader reader(*this, where);
  read_xml_into(reader, part(relations_.at(sheet.relation).target), where);
  return std::move(reader).finish();
}

}  // namespace

bool is_xlsx(const ZipFile& zip) { return zip.find("[Content_Types].xml") != nullptr; }

SheetText read_xlsx(const ZipFile& zip, const std::string& where, const std::string& sheet) {
  return Workbook(zip, where).read(sheet);
}

NumberKind kind_of_format(std::string_view code) {
  code = code.substr(0, code.find(';'));  // the format of positive numbers
  bool date = false;
  bool month = false;  // or minutes: beside hours or seconds
  bool time = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '"') {  // a text
      i = std::min(code.find('"', i + 1), code.size());
    } else if (c == '[') {  // a colour, a language, a currency; [h] is a duration
      const std::size_t end = std::min(code.find(']', i + 1), code.size());
      const std::string_view inside = code.substr(i + 1, end - i - 1);
      if (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos) {
        return NumberKind::number;
      }
      i = end;
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;  // the next character is itself
    } else {
      const std::string_view one = code.substr(i, 1);
      date = date || std::string_view("dDyY").contains(one);
      month = month || std::string_view("mM").contains(one);
      time = time || std::string_view("hHsS").contains(one);
    }
  }
  if (date || (month && !time)) return NumberKind::date;
  return time ? NumberKind::time : NumberKind::number;
}

}  // namespace vitrine::data
