#include "cli/answers.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/photo_inputs.h"

namespace vitrine {
namespace {

constexpr std::size_t kPiece = 16384;  // rows whose answers are one text

/// How answers are written.
struct Form {
  bool csv = false;
  std::optional<double> set;                     ///< the threshold
  const Contributions* contributions = nullptr;  ///< null: nothing is explained
  std::size_t first_explained = 0;               ///< the row that the contributions begin with
};

void write_rows(const AnswerWriter& writer, const Predictions& answers, const InputRows& rows,
                const Form& form, std::size_t first, std::size_t last, std::string& out) {
  for (std::size_t row = first; row < last; ++row) {
    const std::span<const float> probabilities(&answers.probabilities[row * answers.classes],
                                               answers.classes);
    if (form.csv) {
      writer.csv(out, probabilities, answers.answers[row], form.set);
      if (form.contributions != nullptr) {
        writer.add_explanation_csv(out, *form.contributions, row - form.first_explained,
                                   answers.answers[row]);
      }
      continue;
    }
    const std::span<const std::string> warnings =
        rows.row_warnings.empty() ? std::span<const std::string>() : rows.row_warnings[row];
    writer.json(out, probabilities, answers.answers[row], warnings, form.set);
    if (form.contributions != nullptr) {
      writer.add_explanation(out, *form.contributions, row - form.first_explained,
                             answers.answers[row]);
    }
    out += '\n';
  }
}

/// Some thousand rows after the other: contributions of all at once would fill the memory.
void write_explained(const AnswerWriter& writer, const Predictor& predictor,
                     const Predictions& answers, const InputRows& rows, Form form,
                     std::string& out) {
  constexpr std::size_t kTogether = 4096;
  for (std::size_t first = 0; first < answers.answers.size(); first += kTogether) {
    const std::size_t last = std::min(answers.answers.size(), first + kTogether);
    std::vector<std::uint32_t> places;
    for (std::size_t row = first; row < last; ++row) {
      places.push_back(static_cast<std::uint32_t>(row));
    }
    const Contributions contributions = predictor.explain(rows.table.subset(places));
    form.contributions = &contributions;
    form.first_explained = first;
    write_rows(writer, answers, rows, form, first, last, out);
  }
}

/// How far it is, on one line of a terminal; nothing elsewhere.
class AnsweredSoFar {
 public:
  explicit AnsweredSoFar(std::size_t all) : all_(all) {}
  void operator()() {
    ++done_;
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - said_ < std::chrono::milliseconds(500)) return;
    said_ = now;
    const double passed = std::chrono::duration<double>(now - start_).count();
    std::cerr << "\r\033[K" << how_far(done_, all_, "photo", passed) << std::flush;
    shown_ = true;
  }
  ~AnsweredSoFar() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  std::size_t all_;
  std::size_t done_ = 0;
  bool terminal_ = ::isatty(2) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point said_ = start_;
};

}  // namespace

Answering::Answering(const AnswerOptions& options)
    : options_(options), file_(read_model(options.model)) {
  if (options_.explain && options_.csv && file_.of_photos()) {
    throw Error(ErrorKind::usage, "where a network looked is no line of a table", "--explain",
                "leave --format csv out");
  }
  if (options_.set && file_.card) set_ = file_.card->set_threshold(*options_.set);
  if (file_.of_photos()) {
    photos_ = std::make_unique<ImagePredictor>(file_);
  } else {
    rows_ = open_predictor(file_);
  }
  writer_.emplace(*file_.card, std::filesystem::path(options_.model).stem().string());
}

std::string Answering::header() const {
  if (!options_.csv) return "";
  return photos_ ? "file," + writer_->csv_header(set_.has_value())
                 : writer_->csv_header(set_.has_value(), options_.explain);
}

std::vector<std::string> Answering::texts_of(const InputRows& rows) const {
  const Predictions answers = rows_->predict(rows.table);
  const Form form{options_.csv, set_};
  std::vector<std::string> out(options_.explain ? 1 : (rows.table.rows + kPiece - 1) / kPiece);
  if (options_.explain) {
    write_explained(*writer_, *rows_, answers, rows, form, out.front());
    return out;
  }
  parallel_for(out.size(), [&](std::size_t i) {
    const std::size_t last = std::min(rows.table.rows, (i + 1) * kPiece);
    write_rows(*writer_, answers, rows, form, i * kPiece, last, out[i]);
  });
  return out;
}

void Answering::answer_rows(const InputRows& rows, std::vector<std::string>& out) const {
  std::cerr << warnings_text(to_json(rows.warnings));
  std::ranges::move(texts_of(rows), std::back_inserter(out));
}

void Answering::answer_table(const std::string& path, std::vector<std::string>& out) const {
  const TableSchema& schema = file_.card->schema;
  const InputText input(path);
  if (input.json()) return answer_rows(read_json_input(schema, input), out);
  constexpr std::size_t kPartBytes = std::size_t{1} << 20;  // a core's cache holds its columns
  const CsvParts parts(input.text(), input.where(), csv_options(schema, false), kPartBytes);
  std::vector<TableFindings> findings(parts.count());
  std::vector<std::vector<std::string>> texts(parts.count());
  parallel_for(parts.count(), [&](std::size_t i) {
    InputRows rows;
    rows.table = apply_schema(schema, parts.read(i), input.text(),
                              {.target = ApplyOptions::TargetColumn::ignored}, findings[i]);
    texts[i] = texts_of(rows);
  });
  std::cerr << warnings_text(to_json(warnings_of(schema, sum_of(findings))));
  for (auto& part : texts) std::ranges::move(part, std::back_inserter(out));
}

std::vector<PhotoFault> Answering::answer_photos(const std::vector<std::filesystem::path>& paths,
                                                 std::string& out) const {
  std::vector<PhotoFault> faults;
  AnsweredSoFar progress(paths.size());
  vitrine::answer_photos(*photos_, paths, options_.explain, [&](const PhotoPrediction& one) {
    progress();
    if (!one.fault.empty()) {
      faults.push_back({one.path, one.fault, one.hint});
      std::cerr << "warning: " << one.fault << "\n  where: " << shown(one.path.string(), 200)
                << "\n  mend: " << one.hint << "\n";
      return;
    }
    std::string line;
    if (options_.csv) {
      writer_->csv(line, one.probabilities, one.answer, set_);
      out += csv_field(one.path.string()) + "," + line;
    } else {
      writer_->json(line, one.probabilities, one.answer, one.warnings, set_);
      if (options_.explain) writer_->add_explanation(line, one.drops, one.answer);
      out += "{\"file\":" + json_text(one.path.string()) + "," + line.substr(1) + "\n";
    }
  });
  return faults;
}

}  // namespace vitrine
