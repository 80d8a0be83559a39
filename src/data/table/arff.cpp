#include "data/table/arff.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/table/csv.h"

namespace vitrine::data {
namespace {

bool has_keyword(std::string_view line, std::string_view keyword) {
  return lower_ascii(line.substr(0, keyword.size())) == keyword;
}

/// Takes a word from the start of `text`: up to a blank, a tab or one of `ends`, or in quotes.
std::string take_word(std::string_view& text, std::string_view ends) {
  text = trimmed(text);
  std::string word;
  const char quote = text.empty() ? '\0' : text.front();
  if (quote != '\'' && quote != '"') {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    word = trimmed(text.substr(0, end));
    text.remove_prefix(end);
    return word;
  }
  std::size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    word += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

/// `text` without blanks at its start; tabs may be separators.
std::string_view behind_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// A row of `@data` as CSV, without the weight `{2}` that may stand at its end.
std::string csv_row(std::string_view line) {
  const char separator = line.contains(',') ? ',' : '\t';
  const std::string ends = {separator, '%'};
  std::string out;
  for (bool first = true; first || !line.empty(); first = false) {
    if (!first) {
      if (line.front() != separator) break;  // a comment
      line = behind_blanks(line.substr(1));
      if (line.starts_with('{')) break;
      out += ',';
    }
    const bool quoted = line.starts_with('\'') || line.starts_with('"');
    const std::string word = line.starts_with(separator) ? "" : take_word(line, ends);
    if (word != "?") out += csv_field(word);
    if (quoted && word == "?") out += "\"?\"";
    line = behind_blanks(line);
  }
  return out;
}

}  // namespace

bool is_arff(std::string_view text) {
  for (std::string_view rest = text.substr(0, 65536); !rest.empty();) {
    const std::string_view line = trimmed(take_line(rest));
    if (!line.empty() && !line.starts_with('%')) return has_keyword(line, "@relation");
  }
  return false;
}

std::string csv_of_arff(std::string_view text, const std::string& where) {
  std::string out;
  std::string header;
  bool data = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t offset = text.size() - rest.size();
    const std::string_view whole = take_line(rest);
    const std::string_view line = trimmed(whole);
    const auto refuse = [&](const char* message, const char* hint) {
      throw Error(ErrorKind::bad_input, message, line_at(text, offset, where), hint);
    };
    if (data && !line.empty() && !line.starts_with('%')) {
      if (line.starts_with('{')) refuse("the rows are sparse", "save the table as CSV");
      out += csv_row(behind_blanks(whole.substr(0, whole.find_last_not_of("\r ") + 1)));
    } else if (!data && has_keyword(line, "@attribute")) {
      std::string_view words = line.substr(std::string_view("@attribute").size());
      const std::string name = take_word(words, " \t{");
      if (name.empty()) refuse("an attribute has no name", "write @attribute NAME TYPE");
      header += (header.empty() ? "" : ",") + csv_field(name);
    } else if (!data && has_keyword(line, "@data")) {
      data = true;
      out += header;
    }
    out += '\n';
  }
  if (data) return out;
  throw Error(ErrorKind::bad_input, "the ARFF file has no line @data", where,
              "the rows follow that line");
}

}  // namespace vitrine::data
