#include "data/table/table_name.h"

#include <glob.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTableKinds[] = {
    "csv",   "tsv",     "tab", "psv",  "txt",  "dat",  "json", "jsonl", "ndjson", "parquet", "pq",
    "arrow", "feather", "ipc", "arff", "xlsx", "xlsm", "ods",  "db",    "sqlite", "sqlite3"};
constexpr std::string_view kCompressions[] = {"gz", "zst", "zip"};
constexpr std::string_view kPhotoKinds[] = {"jpg",  "jpeg", "png", "webp", "heic", "heif",
                                            "avif", "gif",  "bmp", "tif",  "tiff"};

/// The extension of a path in lower case, without the point.
std::string kind_of(const fs::path& path) {
  const std::string extension = lower_ascii(path.extension().string());
  return extension.empty() ? "" : extension.substr(1);
}

bool has_table_name(const fs::path& path) {
  std::string kind = kind_of(path);
  if (std::ranges::contains(kCompressions, kind)) {
    kind = kind_of(path.stem());
    if (kind.empty()) return true;
  }
  return std::ranges::contains(kTableKinds, kind) ||
         (kind.empty() && path.filename().string().starts_with("part-"));  // of Hadoop
}

/// Folders and files of programs: checkpoints, indexes, _SUCCESS of Spark.
bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

/// True for a folder with the metadata of Iceberg.
bool has_snapshots(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entries(folder / "metadata", ignored);
       !ignored && entries != fs::directory_iterator(); entries.increment(ignored)) {
    const std::string name = entries->path().filename().string();
    if (name.ends_with(".metadata.json") || name == "version-hint.text") return true;
  }
  return false;
}

void refuse_table_format(const fs::path& folder) {
  std::error_code ignored;
  const bool iceberg = fs::is_directory(folder / "data", ignored) && has_snapshots(folder);
  const bool delta = fs::is_directory(folder / "_delta_log", ignored);
  const bool hudi = fs::is_directory(folder / ".hoodie", ignored);
  if (!iceberg && !delta && !hudi) return;
  throw Error(ErrorKind::bad_input,
              std::string("this is a table of ") +
                  (iceberg ? "Iceberg"
                   : delta ? "Delta Lake"
                           : "Hudi") +
                  ": some of its files may hold rows that were deleted",
              folder.string(), "export its current rows as Parquet or CSV");
}

/// Walks through folders, also those that links lead to.
class FolderWalk {
 public:
  /// `visit` returns false to end the walk.
  FolderWalk(fs::path except, std::function<bool(const fs::path&)> visit)
      : except_(std::move(except)), visit_(std::move(visit)) {}

  /// Visits the files of a folder and of those in it; what is neither a file nor a folder, such as
  /// a broken link, if it is named like a table. False if the walk was ended.
  bool walk(const fs::path& folder) {
    std::error_code problem;
    if (!seen_.insert(fs::canonical(folder, problem)).second) return true;  // links in a circle
    refuse_table_format(folder);
    std::error_code ignored;
    for (fs::directory_iterator entries(folder, problem);
         !problem && entries != fs::directory_iterator(); entries.increment(problem)) {
      const fs::path& path = entries->path();
      if (is_hidden(path) || (!except_.empty() && fs::equivalent(path, except_, ignored))) continue;
      if (fs::is_directory(path, ignored)) {
        if (!walk(path)) return false;
      } else if ((fs::is_regular_file(path, ignored) || has_table_name(path)) && !visit_(path)) {
        return false;
      }
    }
    if (!problem) return true;
    throw Error(ErrorKind::bad_input, "the folder can't be read: " + problem.message(),
                folder.string(), "check its permissions");
  }

 private:
  fs::path except_;
  std::function<bool(const fs::path&)> visit_;
  std::set<fs::path> seen_;
};

TableName name_of(const fs::path& file) {
  TableName name{file.string()};
  for (const fs::path& part : file.parent_path()) {
    const std::string text = part.string();
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    const std::string value = percent_decoded(text.substr(equals + 1));
    name.partition.emplace_back(percent_decoded(text.substr(0, equals)),
                                value == "__HIVE_DEFAULT_PARTITION__" ? "" : value);
  }
  return name;
}

void add_folder(const fs::path& folder, const fs::path& except, std::vector<TableName>& out,
                std::vector<Warning>& warnings) {
  std::vector<fs::path> tables;
  std::vector<fs::path> others;
  FolderWalk(except, [&](const fs::path& path) {
    if (kind_of(path) != "crc") (has_table_name(path) ? tables : others).push_back(path);
    return true;
  }).walk(folder);
  if (tables.empty()) std::swap(tables, others);
  if (tables.empty()) {
    throw Error(ErrorKind::bad_input, "there are no input files", folder.string(),
                "name files, or folders that contain files");
  }
  std::ranges::sort(tables);
  for (const fs::path& path : tables) out.push_back(name_of(path));
  if (others.empty()) return;
  std::vector<std::string> names;
  for (const fs::path& path : others) names.push_back(shown(path.filename().string()));
  std::ranges::sort(names);
  warnings.push_back(
      {"other_files",
       counted(others.size(), "file") + " of " + folder.string() +
           (others.size() == 1 ? " has no name of a table" : " have no names of tables") + " and " +
           (others.size() == 1 ? "is" : "are") + " skipped: " + listed(names, 3),
       "name them on the command line if they are tables"});
}

void add_matches(const std::string& pattern, const fs::path& except, std::vector<TableName>& out,
                 std::vector<Warning>& warnings) {
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&found, &globfree);
  const std::size_t before = out.size();
  const bool matched = ::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found) == 0;
  const bool hidden = fs::path(pattern).filename().string().starts_with('_');
  std::error_code ignored;
  for (const char* const path : std::span(found.gl_pathv, found.gl_pathc)) {
    if (is_hidden(path) && !hidden) continue;
    if (fs::is_directory(path, ignored)) {
      add_folder(path, except, out, warnings);
    } else {
      out.push_back(name_of(path));
    }
  }
  if (!matched || out.size() == before) {
    throw Error(ErrorKind::bad_input, "no file has a name of this form", shown(pattern, 200),
                "check the pattern: ls " + shown(pattern, 200));
  }
}

/// False if the address ends in a password: what stands behind a colon is no port.
bool has_host(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos || address.contains('@')) return true;
  const std::string_view authority = address.substr(scheme + 3);
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos || authority.starts_with('[')) return true;
  const std::string_view port = authority.substr(colon + 1, authority.find('/') - colon - 1);
  return port.find_first_not_of("0123456789,") == std::string_view::npos;
}

/// The parts between `&` of what stands behind the `?` of an address.
std::vector<std::string> options_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    out.emplace_back(text.substr(0, text.find('&')));
    text.remove_prefix(std::min(out.back().size() + 1, text.size()));
  }
  return out;
}

bool is_secret(std::string_view key) { return lower_ascii(percent_decoded(key)).contains("pass"); }

/// True for the options of addresses that libpq knows, and for `table`.
bool is_option(std::string_view key) {
  constexpr std::string_view kOptions[] = {"table",
                                           "user",
                                           "host",
                                           "hostaddr",
                                           "port",
                                           "dbname",
                                           "service",
                                           "options",
                                           "application_name",
                                           "fallback_application_name",
                                           "client_encoding",
                                           "connect_timeout",
                                           "target_session_attrs",
                                           "load_balance_hosts",
                                           "channel_binding",
                                           "require_auth",
                                           "gssencmode",
                                           "krbsrvname",
                                           "gsslib",
                                           "gssdelegation",
                                           "requirepeer",
                                           "replication",
                                           "keepalives",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "ssl"};
  return std::ranges::contains(kOptions, key) || key.starts_with("ssl") || is_secret(key);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_database_address(std::string_view name) {
  const std::string scheme = lower_ascii(name.substr(0, name.find_first_of(":+")));
  if (scheme == "sqlite") return name.contains(':');
  return (scheme == "postgresql" || scheme == "postgres") && name.contains("://");
}

std::string without_password(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos || address.starts_with("sqlite:")) return std::string(address);
  auto [out, options] = divided_address(address);
  const std::size_t at = out.rfind('@');
  const std::size_t colon = out.find(':', scheme + 3);
  if (at != std::string::npos && colon < at) out.replace(colon + 1, at - colon - 1, "***");
  const char* before = "?";
  for (const std::string& option : options) {
    const std::string key = option.substr(0, option.find('='));
    out += std::exchange(before, "&") + (is_secret(key) ? key + "=***" : option);
  }
  return out;
}

DividedAddress divided_address(std::string_view address) {
  for (std::size_t question = address.find('?'); question != std::string_view::npos;
       question = address.find('?', question + 1)) {
    const auto options = options_of(address.substr(question + 1));
    const bool known = std::ranges::all_of(options, [](const std::string& option) {
      return option.contains('=') && is_option(option.substr(0, option.find('=')));
    });
    if (known && has_host(address.substr(0, question)))
      return {std::string(address.substr(0, question)), options};
  }
  // Some are mistyped.
  const std::size_t at = address.rfind('@');
  const std::size_t question = address.find('?', at == std::string_view::npos ? 0 : at);
  if (question == std::string_view::npos) return {std::string(address)};
  return {std::string(address.substr(0, question)), options_of(address.substr(question + 1))};
}

std::vector<std::string> files_named(std::span<const std::string> names) {
  std::vector<Warning> ignored;
  std::vector<std::string> out;
  for (const TableName& name : tables_named(names, ignored)) out.push_back(name.path);
  return out;
}

std::string names_text(std::span<const std::string> names) {
  const std::string first = without_password(names.front());
  return names.size() == 1 ? first : first + " and " + counted(names.size() - 1, "more file");
}

bool is_table_folder(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return false;
  if (fs::is_directory(path / "_delta_log", ignored)) return true;
  std::size_t tables = 0;
  std::size_t others = 0;
  bool photos = false;
  try {
    FolderWalk({}, [&](const fs::path& file) {
      photos = std::ranges::contains(kPhotoKinds, kind_of(file));
      ++(has_table_name(file) ? tables : others);
      return !photos;
    }).walk(path);
  } catch (const Error&) {  // who reads the folder says what is wrong with it
    return tables > others;
  }
  return !photos && tables > others;
}

std::vector<TableName> tables_named(std::span<const std::string> names,
                                    std::vector<Warning>& warnings, const fs::path& except) {
  std::vector<TableName> out;
  std::error_code ignored;
  for (const std::string& name : names) {
    if (is_database_address(name) || name == "-") {
      out.push_back({name});
    } else if (fs::is_directory(name, ignored)) {
      add_folder(name, except, out, warnings);
    } else if (!fs::exists(name, ignored) && name.contains("://")) {
      throw Error(ErrorKind::usage, "addresses of this kind are not read", without_password(name),
                  "give a file, sqlite:FILE or postgresql://USER@HOST/NAME");
    } else if (!fs::exists(name, ignored) && name.find_first_of("*?[{") != std::string::npos) {
      add_matches(name, except, out, warnings);
    } else {
      out.push_back(name_of(name));
    }
  }
  return out;
}

}  // namespace vitrine::data
