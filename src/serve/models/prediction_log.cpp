// Plan of the file: write() formats rows and queues them; the thread of `lines_` calls append(),
// which calls keep(); keep() appends to the file, or starts a new one by write_next() and rotate().
// Appended is the open, locked file. Another server may do the same with the same path at any time,
// so a rotation leaves a file under the path at every moment.
#include "serve/models/prediction_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "data/table/value.h"

namespace vitrine::serve {
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

std::string value_text(const data::Column& column, float number) {
  if (std::isnan(number)) return "null";
  return column.origin ? data::number_text(column.value_of(number)) : data::number_text(number);
}

std::string value_text(const data::Column& column, double days) {
  return std::isnan(days) ? "null" : json_text(data::date_text(days, column.date.times));
}

std::string value_text(const data::Column&, const std::string& text) {
  return text.empty() ? "null" : json_text(text);
}

std::string value_text(const data::Column& column, std::uint32_t code) {
  if (code < column.categories.size()) return json_text(column.categories[code].value);
  return code == data::kUnseenCode ? "\"(never met)\"" : "null";
}

/// Appends a row as JSON with the values of the table; missing values are null.
void append_row(std::string& out, const data::TableSchema& schema, const data::Table& rows,
                std::size_t row) {
  out += '{';
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const data::Column& column = schema.columns[i];
    out += (i > 0 ? "," : "") + json_text(column.key) + ":";
    std::visit([&](const auto& values) { out += value_text(column, values[row]); },
               rows.columns[i].values);
  }
  out += '}';
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

int open_appended(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode)) {
    // O_RDWR would always open a FIFO, and lines without a reader would be lost silently.
    const int pipe = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (pipe >= 0) ::fcntl(pipe, F_SETFL, ::fcntl(pipe, F_GETFL) & ~O_NONBLOCK);
    return pipe;
  }
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  return file >= 0 ? file : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
}

}  // namespace

/// The file, opened for appending. A regular file is locked, because another server may use it.
struct PredictionLog::Appended {
  /// Creates the file if needed. On failure `descriptor` is -1 and errno is set.
  explicit Appended(const std::filesystem::path& path) {
    do {
      if (descriptor >= 0) ::close(descriptor);
      descriptor = open_appended(path);
      struct stat info{};
      regular = descriptor >= 0 && ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
    } while (regular && lock_moved(path));
  }
  ~Appended() {
    if (descriptor >= 0) ::close(descriptor);
  }
  Appended(const Appended&) = delete;
  Appended& operator=(const Appended&) = delete;

  /// Returns how many bytes of `lines` (complete lines) are in the file now; `why`: the error that
  /// kept out the rest.
  std::size_t append(std::string_view lines, std::string& why) {
    if (descriptor < 0) {
      why = std::strerror(errno);
      return 0;
    }
    std::string ended;
    if (is_torn()) ended = "\n" + std::string(lines);
    const std::string_view all = ended.empty() ? lines : std::string_view(ended);
    std::size_t written = 0;
    while (written < all.size()) {
      const ssize_t some = ::write(descriptor, all.data() + written, all.size() - written);
      if (some < 0 && errno == EINTR) continue;
      if (some <= 0) {
        why = some < 0 ? std::strerror(errno) : "nothing could be written";
        break;
      }
      written += static_cast<std::size_t>(some);
    }
    if (written == all.size()) return lines.size();
    // Remove the incomplete line at the end.
    const std::size_t whole = all.substr(0, written).rfind('\n') + 1;  // 0: none
    if (regular && ::ftruncate(descriptor, static_cast<off_t>(size + whole)) != 0) {
      why += "; the last line is incomplete";
    }
    const std::size_t in_front = all.size() - lines.size();
    return whole > in_front ? whole - in_front : 0;
  }

  int descriptor = -1;
  bool regular = false;
  std::uint64_t size = 0;

 private:
  /// Locks the file. Returns true if another file has replaced it meanwhile (a rotation).
  bool lock_moved(const std::filesystem::path& path) {
    while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat opened{}, current{};
    if (::fstat(descriptor, &opened) != 0) return false;
    size = static_cast<std::uint64_t>(opened.st_size);
    return ::stat(path.c_str(), &current) == 0 &&
           (current.st_ino != opened.st_ino || current.st_dev != opened.st_dev);
  }
  /// Whether the last line has no '\n': another program, or a killed server, left it incomplete.
  bool is_torn() const {
    char last = '\n';
    return size > 0 && ::pread(descriptor, &last, 1, static_cast<off_t>(size - 1)) == 1 &&
           last != '\n';
  }
};

PredictionLog::PredictionLog(PredictionLogOptions options)
    : options_(std::move(options)),
      lines_(std::make_unique<telemetry::AsyncLines>(
          kMaxWaiting, [this](std::string_view lines, std::size_t dropped, const std::stop_token&) {
            append(lines, dropped);
          })) {
  const Appended file(options_.path);
  if (file.descriptor < 0 && errno != ENXIO) {  // ENXIO: a FIFO whose reader may come later
    throw Error(ErrorKind::failed,
                std::string("the prediction log can't be written: ") + std::strerror(errno),
                options_.path.string(), "name a file in a folder that this user can write to");
  }
}

PredictionLog::~PredictionLog() {
  lines_.reset();
  if (lost_ > 0) say_lost();
}

void PredictionLog::write(const std::string& request_id, const ServedModel& model,
                          const data::Table* rows, const engine::Predictions& predictions,
                          std::span<const std::vector<std::string>> warnings) {
  const std::string head =
      "{\"time\":\"" + now_text() + "\",\"request_id\":" + json_text(request_id);
  const std::string which = ",\"model\":" + json_text(model.name) +
                            ",\"version\":" + std::to_string(model.version) + ",\"sha256\":\"" +
                            model.digest + "\"";
  const std::vector<data::Category>& classes = model.card->schema.target.classes;
  std::string lines;
  for (std::size_t row = 0; row < predictions.predicted.size(); ++row) {
    lines += head + ",\"row\":" + std::to_string(row) + which;
    if (rows != nullptr) {
      lines += ",\"input\":";
      append_row(lines, model.card->schema, *rows, row);
    }
    if (row < warnings.size() && !warnings[row].empty()) {
      lines += ",\"warnings\":" + to_text(Json(warnings[row]));
    }
    if (model.card->schema.target.number) {
      const float* outputs = &predictions.probabilities[row * predictions.classes];
      lines += ",\"prediction\":" + data::number_text(outputs[0]);
      if (predictions.classes == data::NumberOutputs::kCount) {
        lines += ",\"interval\":[" + data::number_text(outputs[1]) + "," +
                 data::number_text(outputs[2]) + "]";
      }
      lines += "}\n";
      continue;
    }
    lines += ",\"label\":" +
             json_text(classes[static_cast<std::size_t>(predictions.predicted[row])].value) +
             ",\"probabilities\":{";
    for (std::size_t k = 0; k < classes.size(); ++k) {
      lines += (k > 0 ? "," : "") + json_text(classes[k].value) + ":" +
               data::number_text(predictions.probabilities[row * classes.size() + k]);
    }
    lines += "}}\n";
  }
  lines_->add(lines);
}

void PredictionLog::write_truth(const std::string& request_id, std::size_t row,
                                const std::string& model, const Json& truth) {
  lines_->add("{\"time\":\"" + now_text() + "\",\"request_id\":" + json_text(request_id) +
              ",\"row\":" + std::to_string(row) + ",\"model\":" + json_text(model) +
              ",\"truth\":" + to_text(truth) + "}\n");
}

void PredictionLog::append(std::string_view lines, std::size_t dropped) {
  if (dropped > 0) lost_because_ = "the disk is too slow";
  const std::size_t lost = dropped + (lines.empty() ? 0 : keep(lines));
  count_lost(lost);
  const bool over = lost == 0 && !lines.empty();
  if (lost_ > 0 && (over || Clock::now() >= next_warning_)) say_lost();
  if (over) pause_ = {};
}

/// Returns how many lines were lost.
std::size_t PredictionLog::keep(std::string_view lines) {
  Appended file(options_.path);
  // /dev/stdout may be a regular file, which must not be renamed.
  const bool movable = file.regular && !options_.path.string().starts_with("/dev/");
  const bool full = movable && file.size > 0 && file.size + lines.size() > options_.max_bytes;
  if (!full || Clock::now() < next_rotation_) {
    return lines_in(lines.substr(file.append(lines, lost_because_)));
  }
  return write_next(file, lines);
}

/// Writes the lines into a new file, which replaces the full one only after that: if the disk is
/// full, no written record is lost.
std::size_t PredictionLog::write_next(Appended& full, std::string_view lines) {
  const std::filesystem::path next = options_.path.string() + ".next";
  std::error_code ignored;
  std::filesystem::remove(next, ignored);
  // Locked until the files are renamed: another server may open the new file before that.
  Appended file(next);
  std::size_t written = file.append(lines, lost_because_);
  std::error_code code;
  if (written > 0 && !rotate(next, code)) {
    // A file that is itself a mount point can't be renamed: it keeps growing.
    constexpr Duration kPause = std::chrono::minutes(10);
    next_rotation_ = Clock::now() + kPause;
    std::fprintf(stderr, "warning: the prediction log %s can't be rotated and keeps growing: %s\n",
                 options_.path.c_str(), code.message().c_str());
    written = full.append(lines, lost_because_);
    std::filesystem::remove(next, ignored);
  } else if (written == 0) {
    std::filesystem::remove(next, ignored);
  }
  return lines_in(lines.substr(written));
}

/// Replaces the full file by `next`. Returns false on failure; then all files are as before.
bool PredictionLog::rotate(const std::filesystem::path& next, std::error_code& code) {
  const std::string path = options_.path.string();
  const std::string full = path + ".full";
  std::error_code ignored;
  if (std::filesystem::equivalent(path, full, ignored)) {  // a rotation was interrupted
    std::filesystem::remove(full, ignored);
  } else if (std::filesystem::exists(full, ignored)) {
    shift(full);
  }
  // A hard link keeps a file under the path at every moment. Otherwise another server could create
  // a file there, and the rename would replace it together with its lines.
  std::filesystem::create_hard_link(path, full, code);
  const bool linked = !code;
  if (!linked) std::filesystem::rename(path, full, code);  // a file system without hard links
  if (code) return false;
  std::filesystem::rename(next, path, code);
  if (code) {
    if (linked) {
      std::filesystem::remove(full, ignored);
    } else {
      std::filesystem::rename(full, path, ignored);
    }
    return false;
  }
  shift(full);
  return true;
}

/// Renames `full` to PATH.1, and PATH.1 to PATH.2 and so on.
void PredictionLog::shift(const std::filesystem::path& full) {
  std::error_code ignored;
  const std::string path = options_.path.string() + ".";
  for (int i = options_.kept - 1; i >= 1; --i) {
    std::filesystem::rename(path + std::to_string(i), path + std::to_string(i + 1), ignored);
  }
  if (options_.kept > 0) {
    std::filesystem::rename(full, path + "1", ignored);
  } else {
    std::filesystem::remove(full, ignored);
  }
}

void PredictionLog::count_lost(std::size_t lines) {
  lost_ += lines;
  if (lines > 0 && options_.metrics != nullptr) options_.metrics->predictions_lost(lines);
}

void PredictionLog::say_lost() {
  constexpr Duration kFirstPause = std::chrono::seconds(1);
  constexpr Duration kLongestPause = std::chrono::minutes(5);
  std::fprintf(stderr, "warning: %zu predictions could not be written to %s: %s\n", lost_,
               options_.path.c_str(), lost_because_.c_str());
  lost_ = 0;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  next_warning_ = Clock::now() + pause_;
}

}  // namespace vitrine::serve
