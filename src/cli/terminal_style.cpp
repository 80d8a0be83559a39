#include "cli/terminal_style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <streambuf>
#include <utility>

namespace vitrine::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kLeastWidth = 40;  // of less, words would be cut

constexpr std::string_view kBold = "\033[1m", kFaint = "\033[2m", kPlain = "\033[0m";

/// What begins a line, and its style.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kBeginnings{
    {{"error:", "\033[1;31m"},
     {"warning:", "\033[1;33m"},
     {"next:", "\033[1;32m"},
     {"verdict:", kBold},
     {"note:", kBold},
     {"usage:", kBold},
     {"  where:", kFaint},
     {"  hint:", kFaint},
     {"  also:", kFaint}}};

/// Bytes that begin a character of UTF-8.
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// The number of characters of `text`, at most `most` + 1, and where the character `most` begins.
std::pair<std::size_t, std::size_t> measured(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    if (characters == most) return {most + 1, i};
    ++characters;
  }
  return {characters, text.size()};
}

/// Where the lines after the first one begin: under the last column of a line that has columns
/// (divided by two blanks), else a little to the right of the line.
std::size_t indent_of(std::string_view line, std::size_t blanks, std::size_t width) {
  std::size_t last = 0;
  for (std::size_t i = blanks; i + 2 < line.size() && i < width / 2; ++i) {
    if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ') last = i + 2;
  }
  if (last > blanks) return measured(line.substr(0, last), width).first;
  return std::min(blanks + 4, width / 2);
}

/// `line` in lines of at most `width` characters, broken at blanks; what follows is indented. Words
/// that are longer than a line stay whole.
std::string wrapped_line(std::string_view line, std::size_t width) {
  line = line.substr(0, line.find_last_not_of(' ') + 1);
  const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
  const std::string indent(indent_of(line, blanks, width), ' ');
  std::string out(line.substr(0, blanks));
  std::size_t room = width - std::min(blanks, width / 2);
  line.remove_prefix(blanks);
  while (true) {
    const auto [characters, end] = measured(line, room);
    if (characters <= room) return out += line;
    // The last blank at which the line can be broken, else the first one behind it.
    std::size_t place = line.rfind(' ', end);
    if (place == std::string_view::npos) place = line.find(' ', end);
    if (place == std::string_view::npos) return out += line;
    out += line.substr(0, line.find_last_not_of(' ', place) + 1);
    out += '\n' + indent;
    line.remove_prefix(line.find_first_not_of(' ', place));
    room = width - indent.size();
  }
}

std::string coloured(std::string text) {
  for (const auto& [beginning, style] : kBeginnings) {
    if (!text.starts_with(beginning)) continue;
    return std::string(style) + std::string(beginning) + std::string(kPlain) +
           text.substr(beginning.size());
  }
  const bool heading = text.size() > 1 && text.back() == ':' && text[0] != ' ';
  return heading ? std::string(kBold) + text + std::string(kPlain) : text;
}

/// Passes whole lines on in their style.
class StyledBuffer : public std::streambuf {
 public:
  StyledBuffer(std::streambuf& to, int terminal, bool colours)
      : to_(to), terminal_(terminal), colours_(colours) {}

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const std::lock_guard lock(mutex_);
    put(traits_type::to_char_type(c));
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::lock_guard lock(mutex_);
    for (const char c : std::string_view(text, static_cast<std::size_t>(size))) put(c);
    return size;
  }
  int sync() override {
    const std::lock_guard lock(mutex_);
    if (!line_.empty()) write_as_is();
    return to_.pubsync();
  }

 private:
  void put(char c) {
    if (c == '\n') {
      if (!as_is_) line_ = styled_line(line_, width(), colours_);
      line_ += c;
      to_.sputn(line_.data(), static_cast<std::streamsize>(line_.size()));
      line_.clear();
      overwritten_.clear();
      as_is_ = false;
      return;
    }
    line_ += c;
    // A line that is overwritten, such as progress.
    if (as_is_ || c == '\r' || c == '\033') write_as_is();
  }
  void write_as_is() {
    to_.sputn(line_.data(), static_cast<std::streamsize>(line_.size()));
    overwritten_ += line_;
    line_.clear();
    // After an erased line another one begins.
    as_is_ = !overwritten_.ends_with("\r\033[K");
    if (!as_is_) overwritten_.clear();
  }
  std::size_t width() const {
    winsize size{};
    const bool known = ::ioctl(terminal_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return std::max<std::size_t>(kLeastWidth, known ? size.ws_col : kUsualWidth);
  }

  std::mutex mutex_;
  std::streambuf& to_;
  int terminal_;
  bool colours_;
  std::string line_;
  bool as_is_ = false;       ///< the line has begun to be written
  std::string overwritten_;  ///< what was written of it
};

bool wants_colours() {
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (none == nullptr || *none == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

/// A stream whose buffer is replaced while this lives.
class StyledStream {
 public:
  StyledStream(std::ostream& stream, int terminal, bool colours)
      : stream_(stream),
        before_(stream.rdbuf()),
        flags_(stream.flags()),
        buffer_(*before_, terminal, colours) {
    stream_ << std::nounitbuf;  // or each part of a line would be flushed
    stream_.rdbuf(&buffer_);
  }
  ~StyledStream() {
    stream_.flush();
    stream_.rdbuf(before_);
    stream_.flags(flags_);
  }
  StyledStream(const StyledStream&) = delete;
  StyledStream& operator=(const StyledStream&) = delete;

 private:
  std::ostream& stream_;
  std::streambuf* before_;
  std::ios_base::fmtflags flags_;
  StyledBuffer buffer_;
};

}  // namespace

std::string styled_line(std::string_view line, std::size_t width, bool colours) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos || std::string_view("{}[]\"").contains(line[first])) {
    return std::string(line);
  }
  // A command to copy stays on one line.
  const bool whole = line.starts_with("next:");
  const std::string text = whole ? std::string(line) : wrapped_line(line, width);
  return colours ? coloured(text) : text;
}

struct TerminalStyle::Streams {
  std::optional<StyledStream> output, error;
};

TerminalStyle::TerminalStyle(bool output) : streams_(std::make_unique<Streams>()) {
  const bool colours = wants_colours();
  if (output && ::isatty(STDOUT_FILENO) == 1) {
    streams_->output.emplace(std::cout, STDOUT_FILENO, colours);
  }
  if (::isatty(STDERR_FILENO) == 1) streams_->error.emplace(std::cerr, STDERR_FILENO, colours);
}

TerminalStyle::~TerminalStyle() = default;

}  // namespace vitrine::cli
