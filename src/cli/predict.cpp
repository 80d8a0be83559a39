// vitrine predict: answers for the rows of files or standard input.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/inputs.h"
#include "cli/photo_inputs.h"
#include "cli/verbs.h"
#include "infer/answer.h"
#include "infer/predictor.h"

namespace vitrine {
namespace {

struct PredictArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string format = "json";
  std::string output;
  std::optional<double> set;  ///< level of the prediction sets
  bool explain = false;
};

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

/// On all cores: texts of some thousand rows each, put together in their order.
void write_answers(const AnswerWriter& writer, const Predictions& answers, const InputRows& rows,
                   const Form& form, std::string& out) {
  constexpr std::size_t kPiece = 16384;
  const std::size_t count = answers.answers.size();
  std::vector<std::string> pieces((count + kPiece - 1) / kPiece);
  parallel_for(pieces.size(), [&](std::size_t i) {
    write_rows(writer, answers, rows, form, i * kPiece, std::min(count, (i + 1) * kPiece),
               pieces[i]);
  });
  std::size_t bytes = out.size();
  for (const std::string& piece : pieces) bytes += piece.size();
  out.reserve(bytes);
  for (std::string& piece : pieces) {
    out += piece;
    piece = {};
  }
}

/// Some thousand rows after the other: contributions of all at once would fill the memory.
void write_explained(const AnswerWriter& writer, const Predictor& predictor,
                     const Predictions& answers, const InputRows& rows, Form form,
                     std::string& out) {
  constexpr std::size_t kPiece = 4096;
  for (std::size_t first = 0; first < answers.answers.size(); first += kPiece) {
    const std::size_t last = std::min(answers.answers.size(), first + kPiece);
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

/// Photos: `file` stands first. Those that can't be used are named, the others
/// answered all the same.
std::size_t predict_photos(const PredictArguments& arguments, const ModelFile& file,
                           const AnswerWriter& writer, std::optional<double> set,
                           std::string& out) {
  const ImagePredictor predictor(file);
  const bool csv = arguments.format == "csv";
  if (csv) out = "file," + writer.csv_header(set.has_value());
  std::size_t faults = 0;
  const auto paths = photo_paths(arguments.inputs);
  AnsweredSoFar progress(paths.size());
  answer_photos(predictor, paths, arguments.explain, [&](const PhotoAnswer& one) {
    progress();
    if (!one.fault.empty()) {
      ++faults;
      std::cerr << "warning: " << one.fault << "\n  where: " << shown(one.path.string(), 200)
                << "\n  mend: " << one.hint << "\n";
      return;
    }
    std::string line;
    if (csv) {
      writer.csv(line, one.probabilities, one.answer, set);
      out += csv_field(one.path.string()) + "," + line;
    } else {
      writer.json(line, one.probabilities, one.answer, one.warnings, set);
      if (arguments.explain) writer.add_explanation(line, one.drops, one.answer);
      out += "{\"file\":" + json_text(one.path.string()) + "," + line.substr(1) + "\n";
    }
  });
  return faults;
}

void write_out(const PredictArguments& arguments, const std::string& out) {
  if (arguments.output.empty()) {
    std::cout << out;
  } else {
    write_file_atomically(arguments.output, std::array<std::string_view, 1>{out});
  }
}

void predict(const PredictArguments& arguments) {
  const ModelFile file = read_model(arguments.model);
  if (arguments.explain && arguments.format == "csv" && file.of_photos()) {
    throw Error(ErrorKind::usage, "where a network looked is no line of a table", "--explain",
                "leave --format csv out");
  }
  std::optional<double> set;  // the threshold
  if (arguments.set && file.card) set = file.card->set_threshold(*arguments.set);
  if (file.of_photos()) {
    const AnswerWriter writer(*file.card, std::filesystem::path(arguments.model).stem().string());
    if (!arguments.output.empty()) check_writable(arguments.output, std::array{arguments.model});
    std::string out;
    const std::size_t faults = predict_photos(arguments, file, writer, set, out);
    write_out(arguments, out);
    if (faults > 0) {
      throw Error(ErrorKind::bad_input, counted(faults, "photo") + " could not be answered",
                  "the warnings above", "mend or remove them; the others were answered");
    }
    return;
  }
  const auto predictor = open_predictor(file);
  if (!arguments.output.empty()) {
    std::vector<std::string> inputs = arguments.inputs;
    inputs.push_back(arguments.model);
    check_writable(arguments.output, inputs);
  }
  const AnswerWriter writer(*file.card, std::filesystem::path(arguments.model).stem().string());
  const bool csv = arguments.format == "csv";
  std::string out = csv ? writer.csv_header(set.has_value(), arguments.explain) : "";
  for (const std::string& input : arguments.inputs) {
    const InputRows rows = read_input(file.card->schema, input, false);
    std::cerr << warnings_text(to_json(rows.warnings));
    const Predictions answers = predictor->predict(rows.table);
    if (arguments.explain) {
      write_explained(writer, *predictor, answers, rows, {csv, set}, out);
    } else {
      write_answers(writer, answers, rows, {csv, set}, out);
    }
  }
  write_out(arguments, out);
}

}  // namespace

void add_predict(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("predict", "Answer rows or photos of files or standard input");
  auto arguments = std::make_shared<PredictArguments>();
  verb->add_option("MODEL", arguments->model, "The model file")->required();
  verb->add_option(
          "INPUT", arguments->inputs,
          "CSV tables, JSON objects or arrays, JSON lines; photos and folders of photos; - is "
          "standard input")
      ->required();
  verb->add_option("--format", arguments->format, "json (a line a row) or csv")
      ->check(CLI::IsMember({"json", "csv"}));
  verb->add_option("-o,--output", arguments->output, "A file in place of standard output");
  verb->add_option("--set", arguments->set,
                   "Also the classes that hold the truth in this share of cases, as in 0.9")
      ->check(CLI::Range(0.5, 0.99));
  verb->add_flag("--explain", arguments->explain,
                 "Also what each column contributed; of photos, where the network looked");
  verb->callback([arguments] { predict(*arguments); });
}

}  // namespace vitrine
