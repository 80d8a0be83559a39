// The text of a table, from a file as people have it: compressed, in another encoding, with the
// line ends of an old system.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/table/csv.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// The user's choices about a file.
struct TableFileOptions {
  std::string encoding;  ///< as iconv(3) names it; empty: UTF-8, or detected
  CsvOptions::Header header = CsvOptions::Header::detected;
  bool strict = false;  ///< what must be converted or assumed is an error
};

/// A text in UTF-8 with line ends that read_csv() accepts. A plain file is mapped, not copied.
class TableText {
 public:
  /// Reads a file. Throws Error(bad_input), Error(usage) for an unknown encoding.
  TableText(const std::filesystem::path& path, const TableFileOptions& options);
  /// The same for a file that is open, and for bytes that were read already, from `where`.
  TableText(MappedFile file, std::string where, const TableFileOptions& options);
  TableText(std::string bytes, std::string where, const TableFileOptions& options);

  TableText(const TableText&) = delete;
  TableText& operator=(const TableText&) = delete;

  std::string_view text() const {
    const std::string_view all = converted_ ? std::string_view(*converted_) : bytes();
    return all.substr(all.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  }
  /// As in the file: what its fingerprint is computed of.
  std::string_view bytes() const { return file_ ? file_->text() : std::string_view(read_); }
  /// The path, or where the bytes are from, for messages.
  const std::string& where() const { return where_; }
  /// `options` with what the user and the format say about the file.
  CsvOptions csv_options(CsvOptions options) const;
  /// What was converted.
  const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  void convert();
  void note(std::string code, std::string message, std::string hint);

  TableFileOptions options_;
  std::string where_;
  std::string read_;
  std::optional<MappedFile> file_;
  std::optional<std::string> converted_;
  bool plain_numbers_ = false;  ///< the numbers of ARFF
  std::vector<Warning> warnings_;
};

}  // namespace vitrine::data
