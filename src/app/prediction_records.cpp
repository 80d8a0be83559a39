#include "app/prediction_records.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "data/table/table.h"
#include "data/table/table_file.h"
#include "data/table/value.h"

namespace vitrine::app {
namespace {

/// What is true, by request id and row: a class (-1: not one of the model), or a number (NaN).
using Truth = std::map<std::pair<std::string, std::size_t>, double>;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double truth_of(const data::Target& target, const std::string& text) {
  return target.number ? target.number_of(text) : data::class_of(target, text);
}

/// A JSON value as the text of a table cell.
std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

double truth_of(const data::Target& target, const Json& value) {
  if (target.number && value.is_number()) return target.known_number(value.get<double>());
  return truth_of(target, text_of(value));
}

Truth read_truth(const std::string& path, const data::Target& target) {
  const data::TableFile file(data::TableName{path}, {});
  const data::RawTable table =
      file.read({.keep_all_text = true, .known_names = {"request_id", target.name}});
  const data::RawColumn* id = table.find("request_id");
  const data::RawColumn* row = table.find("row");
  const data::RawColumn* label = table.find(target.name);
  if (id == nullptr || label == nullptr) {
    throw Error(
        ErrorKind::bad_input,
        "the table has no column '" + std::string(id == nullptr ? "request_id" : target.name) + "'",
        path,
        "give it the columns request_id, " + target.name +
            " and, if requests had several rows, row");
  }
  Truth truth;
  for (std::size_t i = 0; i < table.rows; ++i) {
    const auto number = row != nullptr ? data::parse_number(data::cell_text(*row, i)) : 0;
    if (!number || *number < 0) {
      throw Error(ErrorKind::bad_input, "the row number can't be read", table.place_of(i),
                  "write the row number of the log, counted from 0");
    }
    truth[{data::cell_text(*id, i), static_cast<std::size_t>(*number)}] =
        truth_of(target, data::cell_text(*label, i));
  }
  return truth;
}

/// A line of the log that says what was true of an earlier prediction.
bool is_truth(const Json& line) {
  return line.contains("truth") && line.contains("model") && !line.contains("probabilities") &&
         !line.contains("prediction");
}

/// What is true, by model, request id and row: one id may be of requests to several models.
using ToldTruth = std::map<std::tuple<std::string, std::string, std::size_t>, double>;

/// What the lines of the log say to be true.
ToldTruth told_truth(const std::string& path, const data::Target& target) {
  ToldTruth truth;
  std::ifstream file(path);
  std::string text;
  while (std::getline(file, text)) {
    if (!text.contains("\"truth\"")) continue;
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object() || !is_truth(line)) continue;
    const Json id = line.value("request_id", Json());
    const Json row = line.value("row", Json(0U));
    const Json model = line.value("model", Json());
    if (!id.is_string() || !row.is_number_unsigned() || !model.is_string()) continue;
    truth[{model.get<std::string>(), id.get<std::string>(), row.get<std::size_t>()}] =
        truth_of(target, line["truth"]);
  }
  return truth;
}

/// The true label in a line of the log, in a field with the target's name; null if there is none.
/// If the target has the name of one of the log's own fields, the label's field ends in `_`.
const Json* truth_in(const Json& line, const data::Target& target) {
  static const std::set<std::string> kOwn = {"time",          "request_id", "row",     "model",
                                             "version",       "sha256",     "input",   "label",
                                             "probabilities", "prediction", "interval"};
  const std::string wanted = kOwn.contains(target.key) ? target.key + "_" : target.key;
  for (auto field = line.begin(); field != line.end(); ++field) {
    if (!kOwn.contains(field.key()) && data::normalised(field.key()) == wanted)
      return &field.value();
  }
  return nullptr;
}

/// Appends the prediction of a line. Throws std::exception if there is none.
void add_prediction(PredictionRecords& records, const data::Target& target, const Json& line) {
  if (target.number) {
    const double prediction = line.at("prediction").get<double>();
    records.probabilities.push_back(static_cast<float>(prediction));
    for (const std::size_t end : {0, 1}) {
      if (!target.number->has_intervals()) break;
      records.probabilities.push_back(line.at("interval").at(end).get<float>());
    }
    records.predicted.push_back(target.tenth_of(prediction));
    return;
  }
  for (const data::Category& one : target.classes) {
    records.probabilities.push_back(line.at("probabilities").at(one.value).get<float>());
  }
  records.predicted.push_back(target.class_of(line.at("label").get<std::string>()).value());
}

}  // namespace

bool is_prediction_log(const std::string& path) {
  constexpr int kTornLines = 20;  // truncated lines that may come before the first whole one
  std::ifstream file(path);
  std::string line;
  for (int i = 0; i < kTornLines && std::getline(file, line); ++i) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    return json.contains("request_id") &&
           (json.contains("probabilities") || json.contains("prediction") || is_truth(json));
  }
  return false;
}

PredictionRecords read_prediction_log(const std::string& path, const std::string& truth_path,
                                      const data::Target& target, const std::string& digest) {
  const Truth truth = truth_path.empty() ? Truth() : read_truth(truth_path, target);
  const ToldTruth told = told_truth(path, target);
  PredictionRecords records;
  std::ifstream file(path);
  std::string line;
  std::size_t others = 0;
  std::size_t unknown = 0;
  std::size_t torn = 0;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {  // truncated, by a full disk or a killed server
      torn += trimmed(line).empty() ? 0 : 1;
      continue;
    }
    if (is_truth(json)) continue;
    try {
      if (json.at("sha256") != digest) {
        ++others;
        continue;
      }
      double known = target.number ? kUnknown : -1;
      const Json* joined = truth_path.empty() ? truth_in(json, target) : nullptr;
      const auto id = json.at("request_id").get<std::string>();
      const auto row = json.at("row").get<std::size_t>();
      const auto place = truth.find({id, row});
      const auto said = told.find({json.value("model", ""), id, row});
      if (joined != nullptr) {
        known = truth_of(target, *joined);
      } else if (place != truth.end()) {  // the table takes precedence
        known = place->second;
      } else if (said != told.end()) {
        known = said->second;
      }
      const int label = target.number ? target.tenth_of(known) : static_cast<int>(known);
      if (label < 0) ++unknown;
      add_prediction(records, target, json);
      records.labels.push_back(label);
      if (target.number) records.targets.push_back(known);
    } catch (const std::exception&) {
      throw Error(ErrorKind::bad_input, "this line is not a logged prediction",
                  path + ":" + std::to_string(number),
                  "give an unchanged file that 'serve --log-predictions' wrote");
    }
  }
  if (torn > 0) {
    records.warnings.push_back({"torn_lines", counted(torn, "line") + " of the log are incomplete",
                                "the disk was full or the server was killed; they were skipped"});
  }
  if (others > 0) {
    records.warnings.push_back({"other_models",
                                counted(others, "line") + " are of other models or versions",
                                "they were skipped"});
  }
  if (unknown > 0) {
    records.warnings.push_back({"unknown_truth",
                                "the true label of " + counted(unknown, "row") + " is unknown",
                                "they were skipped"});
  }
  if (unknown == records.labels.size()) {
    throw Error(
        ErrorKind::bad_input,
        records.labels.empty() ? "no line is a prediction of this model"
                               : "no line has a known true label",
        path,
        "give the true labels by --truth TABLE.csv with the columns request_id and " + target.name);
  }
  return records;
}

}  // namespace vitrine::app
