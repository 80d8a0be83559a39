#include "cli/prediction_records.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/table.h"
#include "data/value.h"

namespace vitrine {
namespace {

/// By request id and row.
using Truth = std::map<std::pair<std::string, std::size_t>, int>;

/// The cell of a column as text.
std::string cell(const RawColumn& column, std::size_t row) {
  if (column.form == RawColumn::Form::dictionary) return column.texts[column.codes[row]];
  const auto stray = std::ranges::find(column.strays, row, &RawColumn::Stray::row);
  return stray != column.strays.end() ? stray->text : number_text(column.numbers[row]);
}

Truth read_truth(const std::string& path, const Target& target) {
  const MappedFile file(path);
  const RawTable table = read_csv(file.text(), path, {.keep_all_text = true});
  const RawColumn* id = table.find("request_id");
  const RawColumn* row = table.find("row");
  const RawColumn* label = table.find(target.key);
  if (id == nullptr || label == nullptr) {
    throw Error(
        ErrorKind::bad_input,
        "the table has no column '" + std::string(id == nullptr ? "request_id" : target.name) + "'",
        path,
        "give it the columns request_id, " + target.name +
            " and, where requests had several rows, row");
  }
  Truth truth;
  for (std::size_t i = 0; i < table.rows; ++i) {
    const auto number = row != nullptr ? parse_number(cell(*row, i)) : 0;
    if (!number || *number < 0) {
      throw Error(ErrorKind::bad_input, "the row number can't be read",
                  line_at(file.text(), table.row_offsets[i], path),
                  "write the number that stands in the log");
    }
    truth[{cell(*id, i), static_cast<std::size_t>(*number)}] = class_of(target, cell(*label, i));
  }
  return truth;
}

/// The truth that a line itself holds, under the target's name; nothing if it holds none. The
/// log's own fields are no truth: there the name has a `_` behind it.
const Json* truth_in(const Json& line, const Target& target) {
  static const std::set<std::string> kOwn = {
      "time", "request_id", "row", "model", "version", "sha256", "input", "label", "probabilities"};
  const std::string wanted = kOwn.contains(target.key) ? target.key + "_" : target.key;
  for (auto field = line.begin(); field != line.end(); ++field) {
    if (!kOwn.contains(field.key()) && normalised(field.key()) == wanted) return &field.value();
  }
  return nullptr;
}

/// A value of JSON as the text that a table would hold.
std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

}  // namespace

bool is_prediction_log(const std::string& path) {
  constexpr int kTornLines = 20;  // at the front of a file that went on
  std::ifstream file(path);
  std::string line;
  for (int i = 0; i < kTornLines && std::getline(file, line); ++i) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    return json.contains("request_id") && json.contains("probabilities");
  }
  return false;
}

PredictionRecords read_prediction_log(const std::string& path, const std::string& truth_path,
                                      const Target& target, const std::string& digest) {
  const Truth truth = truth_path.empty() ? Truth() : read_truth(truth_path, target);
  PredictionRecords records;
  std::ifstream file(path);
  std::string line;
  std::size_t others = 0;
  std::size_t unknown = 0;
  std::size_t torn = 0;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {  // a full disk or a sudden end cut it off
      torn += trimmed(line).empty() ? 0 : 1;
      continue;
    }
    try {
      if (json.at("sha256") != digest) {
        ++others;
        continue;
      }
      int label = -1;
      if (truth_path.empty()) {
        if (const Json* told = truth_in(json, target)) label = class_of(target, text_of(*told));
      } else {
        const auto place = truth.find(
            {json.at("request_id").get<std::string>(), json.at("row").get<std::size_t>()});
        if (place != truth.end()) label = place->second;
      }
      if (label < 0) ++unknown;
      for (const Category& one : target.classes) {
        records.probabilities.push_back(json.at("probabilities").at(one.value).get<float>());
      }
      records.answers.push_back(target.class_of(json.at("label").get<std::string>()).value());
      records.labels.push_back(label);
    } catch (const std::exception&) {
      throw Error(ErrorKind::bad_input, "this line is no record of a prediction",
                  path + ":" + std::to_string(number),
                  "give a file that 'serve --log-predictions' wrote, whole");
    }
  }
  if (torn > 0) {
    records.warnings.push_back({"torn_lines", counted(torn, "line") + " can't be read: cut off",
                                "a disk was full or the server was killed; they were passed over"});
  }
  if (others > 0) {
    records.warnings.push_back({"other_models",
                                counted(others, "line") + " are of other models or versions",
                                "they were passed over"});
  }
  if (unknown > 0) {
    records.warnings.push_back({"unknown_truth",
                                "the truth of " + counted(unknown, "row") + " is not known",
                                "they were passed over"});
  }
  if (unknown == records.labels.size()) {
    throw Error(
        ErrorKind::bad_input,
        records.labels.empty() ? "no line is of this model" : "the truth of no line is known", path,
        "give the truth by --truth TABLE.csv with the columns request_id and " + target.name);
  }
  return records;
}

}  // namespace vitrine
