#include "host/prediction_log.h"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "base/error.h"
#include "data/value.h"

namespace vitrine {
namespace {

constexpr std::size_t kMaxWaiting = std::size_t{32} << 20;

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char day[40];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(ms));
  return text;
}

/// A row in the table's own words; what is missing is null.
void append_row(std::string& out, const TableSchema& schema, const Table& rows, std::size_t row) {
  out += '{';
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    out += (i > 0 ? "," : "") + json_text(column.key) + ":";
    if (column.kind == ColumnKind::number) {
      const float value = rows.columns[i].numbers[row];
      out += std::isnan(value) ? "null" : number_text(value);
    } else {
      const std::uint32_t code = rows.columns[i].codes[row];
      out += code < column.categories.size() ? json_text(column.categories[code].value)
             : code == kUnseenCode           ? "\"(never met)\""
                                             : "null";
    }
  }
  out += '}';
}

}  // namespace

PredictionLog::PredictionLog(PredictionLogOptions options)
    : options_(std::move(options)),
      lines_(kMaxWaiting, [this](std::string_view lines, std::size_t dropped,
                                 const std::stop_token&) { append(lines, dropped); }) {
  std::ofstream file(options_.path, std::ios::app);
  if (!file) {
    throw Error(ErrorKind::failed, "the predictions log can't be written", options_.path.string(),
                "name a file in a folder that this user may write to");
  }
  size_ = std::filesystem::file_size(options_.path);
}

void PredictionLog::write(const std::string& request_id, const ServedModel& model,
                          const Table* rows, const Predictions& predictions) {
  const std::string head = "{\"time\":\"" + now_text() + "\",\"request_id\":" + json_text(request_id);
  const std::string which = ",\"model\":" + json_text(model.name) +
                            ",\"version\":" + std::to_string(model.version) + ",\"sha256\":\"" +
                            model.digest + "\"";
  const std::vector<Category>& classes = model.card->schema.target.classes;
  std::string lines;
  for (std::size_t row = 0; row < predictions.answers.size(); ++row) {
    lines += head + ",\"row\":" + std::to_string(row) + which;
    if (rows != nullptr) {
      lines += ",\"input\":";
      append_row(lines, model.card->schema, *rows, row);
    }
    lines += ",\"label\":" +
             json_text(classes[static_cast<std::size_t>(predictions.answers[row])].value) +
             ",\"probabilities\":{";
    for (std::size_t k = 0; k < classes.size(); ++k) {
      lines += (k > 0 ? "," : "") + json_text(classes[k].value) + ":" +
               number_text(predictions.probabilities[row * classes.size() + k]);
    }
    lines += "}}\n";
  }
  lines_.add(lines);
}

void PredictionLog::append(std::string_view lines, std::size_t dropped) {
  if (size_ > 0 && size_ + lines.size() > options_.max_bytes) rotate();
  std::ofstream file(options_.path, std::ios::app | std::ios::binary);
  file.write(lines.data(), static_cast<std::streamsize>(lines.size()));
  file.flush();
  if (!file) ++dropped;
  size_ += lines.size();
  if (dropped > 0) {
    std::fprintf(stderr, "warning: the predictions of %zu requests were not kept: %s\n", dropped,
                 options_.path.c_str());
  }
}

void PredictionLog::rotate() {
  std::error_code ignored;
  const std::string path = options_.path.string();
  for (int i = options_.kept - 1; i >= 1; --i) {
    std::filesystem::rename(path + "." + std::to_string(i), path + "." + std::to_string(i + 1), ignored);
  }
  if (options_.kept > 0) {
    std::filesystem::rename(path, path + ".1", ignored);
  } else {
    std::filesystem::remove(path, ignored);
  }
  size_ = 0;
}

}  // namespace vitrine
