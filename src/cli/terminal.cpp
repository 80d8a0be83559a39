#include "cli/terminal.h"

#include <unistd.h>
#include <filesystem>

#include <chrono>
#include <iostream>
#include <memory>

#include "base/progress.h"
#include "cli/metrics_text.h"
#include "data/table/table_name.h"

namespace vitrine::cli {
namespace {

/// One line that is overwritten at most twice a second. Prints nothing if standard error is not a
/// terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string noun) : noun_(std::move(noun)) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::size_t done, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - last_ < std::chrono::milliseconds(500)) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::cerr << "\r\033[K" << how_far(done, all, noun_, seconds) << std::flush;
    shown_ = true;
  }
  void clear() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  std::string noun_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = start_;
};

}  // namespace

std::string error_text(const Error& error, const char* severity) {
  // An address may stand where a file was expected.
  std::string where = error.where;
  if (data::is_database_address(where)) {
    const std::size_t table = std::min(where.rfind(", table "), where.rfind(", the query"));
    const std::string behind = where.substr(std::min(table, where.size()));
    where = data::without_password(where.substr(0, table)) + behind;
  }
  std::string text = std::string(severity) + ": " + error.message + "\n  where: " + where +
                     "\n  hint: " + error.hint + "\n";
  for (std::size_t i = 1; i < error.faults.size(); ++i) {
    text += "  also: " + error.faults[i].message + "; " + error.faults[i].hint + "\n";
  }
  return text;
}

app::Observer terminal_observer(const std::string& noun, const char* severity) {
  const auto line = std::make_shared<ProgressLine>(noun);
  return {
      .warning =
          [line](const data::Warning& warning) {
            line->clear();
            std::cerr << warnings_text({&warning, 1});
          },
      .skipped =
          [line, severity](const Error& error) {
            line->clear();
            std::cerr << error_text(error, severity);
          },
      .progress = [line](std::size_t done, std::size_t all) { line->show(done, all); },
      .note =
          [line](const std::string& text) {
            line->clear();
            std::cerr << text << "\n";
          },
  };
}

const char* written_word(const std::string& path, const char* otherwise) {
  std::error_code problem;
  return std::filesystem::exists(path, problem) ? "replaced" : otherwise;
}

}  // namespace vitrine::cli
