#include "serve/api/api_keys.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::serve {
namespace {

/// The time depends only on the lengths, so that it reveals nothing about the content.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string text_of(const std::filesystem::path& path) {
  return read_file(path, std::size_t{1} << 20, "the file of keys");
}

Error no_key(const std::filesystem::path& path) {
  return {ErrorKind::bad_input, "there is no key in the file", path.string(),
          "write lines NAME SHA256; this prints the hash: printf %s KEY | sha256sum"};
}

}  // namespace

ApiKeys::ApiKeys(std::filesystem::path path) : path_(std::move(path)) {
  const std::string text = text_of(path_);
  seen_ = sha256_hex(text);
  entries_ = read(path_, text);
  if (entries_.empty()) throw no_key(path_);
}

void ApiKeys::reload() {
  const std::lock_guard lock(reading_);
  const std::string text = text_of(path_);
  seen_ = sha256_hex(text);
  std::vector<Entry> fresh = read(path_, text);
  if (fresh.empty()) throw no_key(path_);
  take(std::move(fresh));
}

bool ApiKeys::refresh() {
  const std::lock_guard lock(reading_);
  std::string text;
  try {
    text = text_of(path_);
  } catch (const Error& error) {
    if (std::exchange(seen_, error.message) == error.message) return false;  // already reported
    throw;
  }
  const std::string digest = sha256_hex(text);
  if (digest == seen_) return false;
  const std::string before = std::exchange(seen_, digest);
  std::vector<Entry> fresh = read(path_, text);
  const bool empty = fresh.empty();
  if (empty && !std::exchange(empty_before_, empty)) {
    seen_ = before;  // check it again at the next call
    return false;
  }
  empty_before_ = empty;
  take(std::move(fresh));
  return empty;
}

void ApiKeys::take(std::vector<Entry> fresh) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : fresh) {  // a reload must not reset the rates
    const auto before = std::ranges::find(entries_, entry.hash, &Entry::hash);
    if (before == entries_.end() || before->rate != entry.rate) continue;
    entry.tokens = before->tokens;
    entry.filled = before->filled;
  }
  entries_.swap(fresh);
}

std::vector<ApiKeys::Entry> ApiKeys::read(const std::filesystem::path& path,
                                          const std::string& content) {
  std::istringstream text(content);
  std::vector<Entry> entries;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    const auto refuse = [&](const std::string& what) {
      throw Error(
          ErrorKind::bad_input, what, path.string() + ", line " + std::to_string(number),
          "write NAME SHA256 [admin] [rate=10]; this prints the hash: printf %s KEY | sha256sum");
    };
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name;
    std::string hash;
    if (!(words >> name)) continue;
    if (!(words >> hash) || !is_hash(lower_ascii(hash))) {
      refuse("there is no SHA-256 of 64 hexadecimal digits");
    }
    Entry entry;
    ApiKeys::Caller caller{name, false};
    for (std::string word; words >> word;) {
      const auto rate =
          word.starts_with("rate=") ? data::parse_number(word.substr(5)) : std::nullopt;
      if (word == "admin") {
        caller.admin = true;
      } else if (rate && *rate > 0) {
        entry.rate = *rate;
        entry.tokens = std::max(1.0, *rate);
        entry.filled = Clock::now();
      } else {
        refuse("'" + shown(word) + "' is neither admin nor rate=NUMBER");
      }
    }
    entry.hash = lower_ascii(hash);
    entry.caller = std::make_shared<const Caller>(std::move(caller));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::shared_ptr<const ApiKeys::Caller> ApiKeys::find(std::string_view key) const {
  const std::string hash = sha256_hex(key);
  std::shared_ptr<const Caller> found;
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (equal_in_constant_time(entry.hash, hash)) found = entry.caller;
  }
  return found;
}

bool ApiKeys::within_rate(const std::string& name, Time now, Duration& wait) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.caller->name != name || entry.rate == 0) continue;
    const double full = std::max(1.0, entry.rate);  // the burst: requests of one second
    entry.tokens = std::min(full, entry.tokens + entry.rate * seconds_of(now - entry.filled));
    entry.filled = now;
    if (entry.tokens < 1) {
      wait = std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>((1 - entry.tokens) / entry.rate));
      return false;
    }
    entry.tokens -= 1;
  }
  return true;
}

void append_api_key(const std::filesystem::path& path, const NewApiKey& key) {
  if (key.name.empty() || key.name.find_first_of(" \t\r\n\v\f#") != std::string::npos) {
    throw Error(ErrorKind::usage, "'" + shown(key.name) + "' is no name for a key", "NAME",
                "use one word, without '#'");
  }
  std::string line = key.name + " " + sha256_hex(key.key) + (key.admin ? " admin" : "") +
                     (key.rate > 0 ? " rate=" + data::number_text(key.rate) : "") + "\n";
  if (std::filesystem::exists(path)) {
    const std::string before = text_of(path);
    if (const auto keys = ApiKeys::names_in(path, before); std::ranges::contains(keys, key.name)) {
      throw Error(ErrorKind::usage, "there is a key of '" + key.name + "' already", path.string(),
                  "choose another name, or remove its line first");
    }
    if (!before.empty() && !before.ends_with('\n')) line.insert(0, "\n");
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int why = errno;
  if (file >= 0) ::close(file);
  if (written) return;
  throw Error(ErrorKind::failed, std::string("the key can't be written: ") + std::strerror(why),
              path.string(), "name a file in a folder that you may write to: --file FILE");
}

std::vector<std::string> ApiKeys::names_in(const std::filesystem::path& path,
                                           const std::string& text) {
  std::vector<std::string> names;
  for (const Entry& entry : read(path, text)) names.push_back(entry.caller->name);
  return names;
}

}  // namespace vitrine::serve
