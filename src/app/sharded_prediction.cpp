#include "app/sharded_prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include "app/photo_input.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "data/table/format_modules.h"

namespace vitrine::app {
namespace {

namespace fs = std::filesystem;

bool is_sqlite_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && data::is_sqlite(MappedFile(path).text());
}

/// The files of tables that `inputs` name, each once.
std::vector<data::TableName> table_files(const std::vector<std::string>& inputs,
                                         const fs::path& output) {
  std::vector<data::Warning> ignored;  // about files that are no tables
  std::vector<data::TableName> once;   // `./a.csv` and `a.csv` are the same file
  std::set<fs::path> seen;
  for (data::TableName& name : data::tables_named(inputs, ignored, output)) {
    if (data::is_database_address(name.path) || is_sqlite_file(name.path)) {
      throw Error(ErrorKind::usage, "a database can't be divided into shares",
                  data::without_password(name.path),
                  "leave out --shard, or select the rows of each share with --query");
    }
    if (seen.insert(fs::path(name.path).lexically_normal()).second) once.push_back(std::move(name));
  }
  return once;
}

/// Identifies a file and its content: path, size and modification time.
std::string facts_of(const fs::path& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  const auto time = fs::last_write_time(path, problem).time_since_epoch().count();
  return path.string() + "\n" + std::to_string(size) + "\n" + std::to_string(time) + "\n";
}

/// One result file and its inputs.
struct Piece {
  std::vector<fs::path> photos;
  data::TableName table;
  Shard rows;  ///< which rows, if there is only one table
  fs::path result;
};

/// Divides the inputs: which pieces belong to this share, and the names of their results.
class Share {
 public:
  Share(const BatchPredictor& answering, const BatchPredictionOptions& options, Shard shard,
        fs::path folder)
      : shard_(shard), folder_(std::move(folder)), photos_(answering.of_photos()) {
    options_ = sha256_hex(answering.file().bytes) + (options.csv ? "csv" : "json") +
               (options.explain ? "explain" : "") +
               (options.set ? std::to_string(*options.set) : "") +
               (options.interval ? " interval " + std::to_string(*options.interval) : "") + "\n" +
               options.file.encoding + "\n" + options.file.sheet +
               (options.file.strict ? "\nstrict" : "\n") +
               std::to_string(static_cast<int>(options.file.header));
    end_ = options.csv ? ".csv" : ".jsonl";
  }

  std::vector<Piece> pieces(const std::vector<std::string>& inputs) const {
    return photos_ ? pieces_of_photos(photo_paths(inputs))
                   : pieces_of_tables(table_files(inputs, folder_));
  }

 private:
  std::vector<Piece> pieces_of_photos(const std::vector<fs::path>& paths) const {
    if (paths.empty()) {
      throw Error(ErrorKind::bad_input, "there are no input files", "the folders",
                  "name files, or folders that contain files");
    }
    Piece piece;
    std::string facts;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      facts += facts_of(paths[i]);
      if (i % shard_.count == shard_.index) piece.photos.push_back(paths[i]);
    }
    piece.result = named("photos" + share_name(), facts + share_name());
    return piece.photos.empty() ? std::vector<Piece>() : std::vector<Piece>{std::move(piece)};
  }

  /// Whole files, or rows of the only one.
  std::vector<Piece> pieces_of_tables(const std::vector<data::TableName>& files) const {
    std::vector<Piece> out;
    const auto stem = [](const data::TableName& one) { return fs::path(one.path).stem().string(); };
    if (files.size() == 1) {
      const std::string facts = facts_of(files[0].path) + share_name();
      out.push_back({{}, files[0], shard_, named(stem(files[0]) + share_name(), facts)});
      return out;
    }
    for (std::size_t i = shard_.index; i < files.size(); i += shard_.count) {
      out.push_back({{}, files[i], {}, named(stem(files[i]), facts_of(files[i].path))});
    }
    return out;
  }

  std::string share_name() const {
    return fmt::format("-{:04}-of-{:04}", shard_.index + 1, shard_.count);
  }

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

/// A contiguous share of a table's rows.
InputRows rows_of(const InputRows& all, Shard shard) {
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
  out.warnings = all.warnings;
  return out;
}

/// The file that lists the photos of a result that could not be used. It is kept, so that a later
/// run of the share reports them again.
fs::path faults_of(const fs::path& result) { return result.string() + ".faults"; }

void answer_rows(const BatchPredictor& answering, const Piece& piece,
                 std::vector<std::string>& out) {
  if (piece.rows.count == 1) return answering.predict_table(piece.table, out);
  const data::TableFileOptions& options = answering.options().file;
  const InputRows all =
      read_rows(answering.file().card->schema, *open_input(piece.table, options), options);
  answering.predict_rows(rows_of(all, piece.rows), out);
}

void answer_piece(const BatchPredictor& answering, const Piece& piece) {
  std::vector<std::string> out{answering.header()};
  std::vector<PhotoFault> faults;
  if (answering.of_photos()) {
    faults = answering.predict_photos(piece.photos, out.front());
  } else {
    try {
      answer_rows(answering, piece, out);
    } catch (const data::NoRowsError&) {  // Spark writes such files
    }
  }
  std::error_code gone;
  fs::remove(faults_of(piece.result), gone);  // of an earlier run
  if (!faults.empty()) {
    std::string lines;
    for (const PhotoFault& one : faults) {
      lines +=
          to_text(Json{{"file", one.path.string()}, {"error", one.fault}, {"hint", one.hint}}) +
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
    throw Error(ErrorKind::usage, "'" + shown(text) + "' is not a valid share", "--shard",
                "write I/N with I from 1 to N, such as 3/8, or I+1/N if I counts from 0");
  }
  return {*index - (from_zero ? 0 : 1), *count};
}

void predict_shard(const BatchPredictor& answering, const BatchPredictionOptions& options,
                   Shard shard, const std::vector<std::string>& inputs, const std::string& output) {
  if (output.empty() || (fs::exists(output) && !fs::is_directory(output))) {
    throw Error(ErrorKind::usage, "--shard needs an output folder",
                output.empty() ? "--shard" : output, "name a folder for all shares by -o");
  }
  if (std::ranges::contains(inputs, "-")) {
    throw Error(ErrorKind::usage, "standard input can't be divided into shares", "--shard",
                "name files or folders");
  }
  std::error_code problem;
  fs::create_directories(output, problem);
  if (problem) {
    throw Error(ErrorKind::failed, "the folder can't be made: " + problem.message(), output,
                "check its permissions, or name another folder by -o");
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
        if (answering.observer().skipped) answering.observer().skipped(error);
      }
    }
    if (fs::exists(faults_of(piece.result))) ++failed;
  }
  if (answering.observer().note) {
    answering.observer().note("share " + std::to_string(shard.index + 1) + " of " +
                              std::to_string(shard.count) + ": " + counted(answered, "result") +
                              " written, " + std::to_string(done) + " skipped (they exist)");
  }
  if (failed > 0) {
    throw Error(ErrorKind::bad_input,
                counted(failed, "input") + " could not be predicted completely",
                "the errors above, and *.faults in " + output,
                "fix them, delete the results that have a .faults file, and run this share again");
  }
}

}  // namespace vitrine::app
