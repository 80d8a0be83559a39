#include "cli/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/photo_inputs.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

/// Files of tables; those of a folder in the order of their names, so that every process sees one
/// list.
std::vector<fs::path> table_files(const std::vector<std::string>& inputs, const fs::path& output) {
  std::vector<fs::path> out;
  std::error_code gone;
  for (const std::string& input : inputs) {
    if (!fs::is_directory(input)) {
      out.emplace_back(input);
      continue;
    }
    std::vector<fs::path> inside;
    std::error_code problem;
    fs::recursive_directory_iterator entries(input, problem);
    for (; !problem && entries != fs::recursive_directory_iterator(); entries.increment(problem)) {
      const bool hidden = entries->path().filename().string().starts_with(".");
      if (hidden || fs::equivalent(entries->path(), output, gone)) {  // results are no inputs
        entries.disable_recursion_pending();
      } else if (entries->is_regular_file()) {
        inside.push_back(entries->path());
      }
    }
    if (problem) {
      throw Error(ErrorKind::bad_input, "the folder can't be read: " + problem.message(), input,
                  "check its rights");
    }
    std::ranges::sort(inside);
    out.insert(out.end(), inside.begin(), inside.end());
  }
  std::vector<fs::path> once;  // `./a.csv` and `a.csv` are one
  std::set<fs::path> seen;
  for (const fs::path& path : out) {
    if (seen.insert(path.lexically_normal()).second) once.push_back(path);
  }
  return once;
}

/// What makes a file another one: its path, size and time.
std::string facts_of(const fs::path& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  const auto time = fs::last_write_time(path, problem).time_since_epoch().count();
  return path.string() + "\n" + std::to_string(size) + "\n" + std::to_string(time) + "\n";
}

/// One result: a piece of the work, and where its answers go.
struct Piece {
  std::vector<fs::path> files;
  Shard rows;  ///< of the only table
  fs::path result;
};

/// Names and the pieces that belong to this share.
class Share {
 public:
  Share(const Answering& answering, const AnswerOptions& options, Shard shard, fs::path folder)
      : shard_(shard), folder_(std::move(folder)), photos_(answering.of_photos()) {
    options_ = sha256_hex(answering.file().bytes) + (options.csv ? "csv" : "json") +
               (options.explain ? "explain" : "") +
               (options.set ? std::to_string(*options.set) : "");
    end_ = options.csv ? ".csv" : ".jsonl";
  }

  std::vector<Piece> pieces(const std::vector<std::string>& inputs) const {
    std::vector<Piece> out;
    const auto files = photos_ ? photo_paths(inputs) : table_files(inputs, folder_);
    if (files.empty()) {
      throw Error(ErrorKind::bad_input, "there is nothing to answer", listed(inputs),
                  "name files, or folders that hold some");
    }
    if (!photos_ && files.size() > 1) {
      for (std::size_t i = shard_.index; i < files.size(); i += shard_.count) {
        out.push_back({{files[i]}, {}, named(files[i].stem().string(), facts_of(files[i]))});
      }
      return out;
    }
    Piece piece{.rows = shard_};
    std::string facts;
    for (std::size_t i = 0; i < files.size(); ++i) {
      facts += facts_of(files[i]);
      if (!photos_ || i % shard_.count == shard_.index) piece.files.push_back(files[i]);
    }
    const std::string share = fmt::format("-{:04}-of-{:04}", shard_.index + 1, shard_.count);
    piece.result =
        named((photos_ ? "photos" : files.front().stem().string()) + share, facts + share);
    if (!piece.files.empty()) out.push_back(std::move(piece));
    return out;
  }

 private:
  fs::path named(const std::string& stem, const std::string& facts) const {
    return folder_ /
           (stem.substr(0, 100) + "-" + sha256_hex(options_ + facts).substr(0, 12) + end_);
  }

  Shard shard_;
  fs::path folder_;
  bool photos_;
  std::string options_;
  std::string end_;
};

/// A share of a table's rows, neighbours together.
InputRows rows_of(InputRows all, Shard shard) {
  const std::size_t first = all.table.rows * shard.index / shard.count;
  const std::size_t last = all.table.rows * (shard.index + 1) / shard.count;
  std::vector<std::uint32_t> places;
  for (std::size_t row = first; row < last; ++row)
    places.push_back(static_cast<std::uint32_t>(row));
  InputRows out;
  out.table = all.table.subset(places);
  if (!all.row_warnings.empty()) {
    out.row_warnings.assign(all.row_warnings.begin() + static_cast<std::ptrdiff_t>(first),
                            all.row_warnings.begin() + static_cast<std::ptrdiff_t>(last));
  }
  out.warnings = std::move(all.warnings);
  return out;
}

/// Photos that could not be answered, beside the answers: a later run says it again.
fs::path faults_of(const fs::path& result) { return result.string() + ".faults"; }

void answer_piece(const Answering& answering, const Piece& piece) {
  std::vector<std::string> out{answering.header()};
  std::vector<PhotoFault> faults;
  if (answering.of_photos()) {
    faults = answering.answer_photos(piece.files, out.front());
  } else if (piece.rows.count == 1) {
    answering.answer_table(piece.files.front().string(), out);
  } else {
    answering.answer_rows(
        rows_of(read_input(answering.file().card->schema, piece.files.front().string(), false),
                piece.rows),
        out);
  }
  std::error_code gone;
  fs::remove(faults_of(piece.result), gone);  // of an earlier run
  if (!faults.empty()) {
    std::string lines;
    for (const PhotoFault& one : faults) {
      lines += Json{{"file", one.path.string()}, {"error", one.fault}, {"hint", one.hint}}.dump(
                   -1, ' ', false, Json::error_handler_t::replace) +
               "\n";
    }
    write_file_atomically(faults_of(piece.result), std::array<std::string_view, 1>{lines});
  }
  write_file_atomically(piece.result, std::vector<std::string_view>(out.begin(), out.end()));
}

}  // namespace

Shard read_shard(const std::string& text) {
  const auto number = [](std::string_view digits) -> std::optional<std::size_t> {
    std::size_t out = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return out;
  };
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view first = std::string_view(text).substr(0, slash);
  const bool from_zero = first.ends_with("+1");
  if (from_zero) first.remove_suffix(2);
  const auto index = number(first);
  const auto count = number(std::string_view(text).substr(std::min(slash + 1, text.size())));
  const std::size_t last = count.value_or(0) - (from_zero ? 1 : 0);
  if (!index || !count || *count == 0 || *count > 1'000'000 || *index > last ||
      (*index == 0 && !from_zero)) {
    throw Error(ErrorKind::usage, "'" + shown(text) + "' is no share of the work", "--shard",
                "write I/N with I from 1 to N, such as 3/8, or I+1/N where I is counted from 0");
  }
  return {*index - (from_zero ? 0 : 1), *count};
}

void answer_shard(const Answering& answering, const AnswerOptions& options, Shard shard,
                  const std::vector<std::string>& inputs, const std::string& output) {
  if (output.empty() || (fs::exists(output) && !fs::is_directory(output))) {
    throw Error(ErrorKind::usage, "a share of the work goes to a folder",
                output.empty() ? "--shard" : output, "name a folder for all shares by -o");
  }
  if (std::ranges::contains(inputs, "-")) {
    throw Error(ErrorKind::usage, "standard input can't be shared out", "--shard",
                "name files or folders");
  }
  std::error_code problem;
  fs::create_directories(output, problem);
  if (problem) {
    throw Error(ErrorKind::failed, "the folder can't be made: " + problem.message(), output,
                "check its rights, or name another by -o");
  }
  std::size_t done = 0, answered = 0, failed = 0;
  for (const Piece& piece : Share(answering, options, shard, output).pieces(inputs)) {
    if (fs::exists(piece.result)) {
      ++done;
    } else {
      try {
        answer_piece(answering, piece);
        ++answered;
      } catch (const Error& error) {
        if (error.kind == ErrorKind::failed) throw;  // the disk, not the input
        ++failed;
        std::cerr << "error: " << error.message << "\n  where: " << error.where
                  << "\n  mend: " << error.hint << "\n";
      }
    }
    if (fs::exists(faults_of(piece.result))) ++failed;
  }
  std::cerr << "share " << shard.index + 1 << " of " << shard.count << ": "
            << counted(answered, "result") << " written, " << done << " were there\n";
  if (failed > 0) {
    throw Error(
        ErrorKind::bad_input, counted(failed, "input") + " could not be answered whole",
        "the errors above, and *.faults in " + output,
        "mend them and run this share again; remove results with .faults to have them made anew");
  }
}

}  // namespace vitrine
