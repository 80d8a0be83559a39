// What `predict` answers, as text: rows and photos, in one form for all of them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "infer/answer.h"
#include "infer/image_predictor.h"
#include "infer/predictor.h"

namespace vitrine {

struct AnswerOptions {
  std::string model;
  bool csv = false;           ///< else JSON, a line an answer
  std::optional<double> set;  ///< level of the prediction sets
  bool explain = false;
};

struct PhotoFault {
  std::filesystem::path path;
  std::string fault;
  std::string hint;
};

/// A model that answers. Texts are appended, in order; `header()` stands before the first.
class Answering {
 public:
  /// Opens the model. Throws Error.
  explicit Answering(const AnswerOptions& options);

  const ModelFile& file() const { return file_; }
  bool of_photos() const { return photos_ != nullptr; }

  /// The first line of a CSV; empty for JSON.
  std::string header() const;

  /// Models of tables only. Says on standard error what was odd about the rows.
  void answer_rows(const InputRows& rows, std::vector<std::string>& out) const;
  /// The same for a file of rows, or standard input (`-`): tables go through memory in parts.
  void answer_table(const std::string& path, std::vector<std::string>& out) const;

  /// Models of photos only: `file` stands first. Those that can't be used are named on standard
  /// error and given back; the others are answered all the same.
  std::vector<PhotoFault> answer_photos(const std::vector<std::filesystem::path>& paths,
                                        std::string& out) const;

 private:
  std::vector<std::string> texts_of(const InputRows& rows) const;

  AnswerOptions options_;
  ModelFile file_;
  std::optional<double> set_;  ///< the threshold
  std::unique_ptr<ImagePredictor> photos_;
  std::unique_ptr<Predictor> rows_;
  std::optional<AnswerWriter> writer_;
};

}  // namespace vitrine
