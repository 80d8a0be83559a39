// vitrine train: from a table to a model file.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/verbs.h"
#include "data/value.h"
#include "model/model_file.h"
#include "train/photo_trainer.h"

namespace vitrine {
namespace {

/// The options as typed.
struct TrainArguments {
  std::string data;
  std::string output;
  std::string target;
  std::string validation;
  std::string test;
  std::string model = "auto";
  std::string positive;
  std::string threshold;  ///< empty: 0.5
  std::vector<std::string> drop;
  std::vector<std::string> keep;
  std::vector<std::string> category;
  std::string backbone;
  std::string backbone_norm = "auto";
  std::string fit = "crop";
  std::uint64_t seed = 1;
  std::string like;
  std::vector<std::string> rename;
  bool quiet = false;
};

Error usage(const std::string& message, const std::string& where, const std::string& hint) {
  return {ErrorKind::usage, message, where, hint};
}

/// The options that a card keeps, so that `--like` can take them.
Json to_json(const TrainArguments& arguments) {
  return {{"target", arguments.target},     {"positive", arguments.positive},
          {"model", arguments.model},       {"threshold", arguments.threshold},
          {"drop", arguments.drop},         {"keep", arguments.keep},
          {"category", arguments.category}, {"seed", arguments.seed}};
}

/// Column names of the card that were renamed since.
class Renames {
 public:
  explicit Renames(const std::vector<std::string>& pairs) {
    for (const std::string& pair : pairs) {
      const auto equals = pair.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
        throw usage("'" + shown(pair) + "' is not of the form old=new", "--rename",
                    "write --rename 'old name=new name'");
      }
      pairs_.emplace_back(normalised(pair.substr(0, equals)), pair.substr(equals + 1));
    }
  }
  std::string operator()(const std::string& name) const {
    for (const auto& [from, to] : pairs_) {
      if (from == normalised(name)) return to;
    }
    return name;
  }
  std::vector<std::string> operator()(const std::vector<std::string>& names) const {
    std::vector<std::string> out;
    for (const auto& name : names) out.push_back((*this)(name));
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Fills what was not typed from the card of an earlier model.
void take_options_from(const CLI::App& verb, TrainArguments& arguments) {
  const Renames rename(arguments.rename);
  const ModelFile file = read_model(arguments.like);
  if (!file.card || !file.card->training.contains("options")) {
    throw Error(ErrorKind::bad_model, "the model has no training options", arguments.like,
                "name a file that 'vitrine train' saved");
  }
  try {
    const Json& kept = file.card->training.at("options");
    const auto untyped = [&](const char* option) { return verb.count(option) == 0; };
    if (untyped("--target")) arguments.target = rename(kept.at("target").get<std::string>());
    if (untyped("--positive")) arguments.positive = kept.at("positive");
    if (untyped("--model")) arguments.model = kept.at("model");
    if (untyped("--threshold")) arguments.threshold = kept.at("threshold");
    if (untyped("--drop")) arguments.drop = rename(kept.at("drop").get<std::vector<std::string>>());
    if (untyped("--keep")) arguments.keep = rename(kept.at("keep").get<std::vector<std::string>>());
    if (untyped("--category")) {
      arguments.category = rename(kept.at("category").get<std::vector<std::string>>());
    }
    if (untyped("--seed")) kept.at("seed").get_to(arguments.seed);
  } catch (const Json::exception& problem) {
    throw Error(ErrorKind::bad_model,
                std::string("the card's options can't be used: ") + problem.what(), arguments.like,
                "type the options instead");
  }
}

TableTrainOptions to_options(const TrainArguments& arguments) {
  TableTrainOptions options;
  options.data = arguments.data;
  if (!arguments.validation.empty()) options.validation = arguments.validation;
  if (!arguments.test.empty()) options.test = arguments.test;
  options.columns = {arguments.target, std::nullopt, arguments.drop, arguments.keep,
                     arguments.category};
  if (!arguments.positive.empty()) options.columns.positive = arguments.positive;
  options.algorithm = arguments.model;
  options.seed = arguments.seed;
  options.given = to_json(arguments);
  if (arguments.threshold == "f1") {
    options.threshold_f1 = true;
  } else if (!arguments.threshold.empty()) {
    const auto number = parse_number(arguments.threshold);
    if (!number || !(*number > 0 && *number < 1)) {
      throw usage("'" + shown(arguments.threshold) + "' is no threshold", "--threshold",
                  "give a probability between 0 and 1, or f1 for the one with the best F1");
    }
    options.threshold = number;
  }
  return options;
}

std::string default_output(const std::string& data) {
  const auto path = std::filesystem::path(data).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).stem().string() + ".onnx";
}

/// Steps on standard error: one line that moves on a terminal, plain lines else.
class StepPrinter {
 public:
  explicit StepPrinter(bool quiet) : quiet_(quiet), terminal_(::isatty(2) == 1) {}
  void operator()(const std::string& step) {
    if (quiet_) return;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::cerr << (terminal_ ? "\r\033[K" : "") << fmt::format("{:6.1f} s  {}", seconds, step)
              << (terminal_ ? "" : "\n") << std::flush;
  }
  void end() {
    if (!quiet_ && terminal_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string settings_text(const Json& settings) {
  std::string out;
  for (const auto& [name, value] : settings.items()) {
    out += (out.empty() ? "" : ", ") + name + " " + value.dump();
  }
  return out;
}

void print_data(const Card& card) {
  const auto& target = card.schema.target;
  double total = 0;
  for (const Category& one : target.classes) total += static_cast<double>(one.count);
  std::vector<std::string> classes;
  for (const Category& one : target.classes) {
    classes.push_back(fmt::format("{} {} ({:.1f} %)", shown(one.spelling, 30),
                                  with_commas(one.count),
                                  100 * static_cast<double>(one.count) / total));
  }
  std::cout << "data: " << with_commas(card.training["rows"].get<std::size_t>()) << " rows, "
            << counted(card.schema.columns.size(), "column") << "; target " << shown(target.name)
            << ": " << listed(classes) << "\n";
  for (const auto& column : card.schema.dropped) {
    std::cout << "left out: " << shown(column.name) << " (" << column.reason << ")\n";
  }
  std::cout << warnings_text(card.warnings);
}

void print_candidate(const Json& figures, bool chosen) {
  std::string line = fmt::format("  {:<9} log loss {:.4f}", figures["algorithm"].get<std::string>(),
                                 figures["log_loss"].get<double>());
  if (figures.contains("auc")) {
    line += fmt::format(", AUC {:.4f} ({:.3f} to {:.3f})", figures["auc"].get<double>(),
                        figures["auc_ci95"][0].get<double>(), figures["auc_ci95"][1].get<double>());
  } else {
    line += fmt::format(", accuracy {:.4f}", figures["accuracy"].get<double>());
  }
  std::cout << line << "; " << settings_text(figures["settings"]) << (chosen ? "  <- chosen" : "")
            << "\n";
}

void print_figures(const Card& card) {
  const bool validation = card.figures.contains("validation");
  const Json& folds = card.figures[validation ? "validation" : "cross_validation"];
  std::cout << "\n"
            << (validation ? "on the validation table" : "5-fold cross-validation") << " ("
            << with_commas(folds["rows"].get<std::size_t>()) << " rows; chooses the model):\n";
  print_candidate(folds, true);
  for (const Json& other : card.figures.value("other_candidates", Json::array())) {
    print_candidate(other, false);
  }
  std::cout << "  " << card.training["chosen_because"].get<std::string>() << "\n";
  const Json& test = card.figures["test"];
  std::cout << "\ntest (" << with_commas(test["rows"].get<std::size_t>())
            << " rows that neither taught nor chose):\n"
            << figures_text(test) << "\n"
            << confusion_text(test);
}

/// Options of one kind of data are wrong usage with the other.
void refuse_options(const CLI::App& verb, std::initializer_list<const char*> names,
                    const std::string& why) {
  for (const char* name : names) {
    if (verb.count(name) > 0) throw usage(std::string(name) + " is " + why, name, "leave it out");
  }
}

PhotoTrainOptions photo_options(const TrainArguments& arguments) {
  if (arguments.backbone.empty()) {
    throw usage(
        "no backbone is named", "vitrine train",
        "photos are learned on top of a pre-trained network: --backbone FILE.onnx, any ONNX "
        "image classifier");
  }
  PhotoTrainOptions options;
  options.data = arguments.data;
  if (!arguments.validation.empty()) options.validation = arguments.validation;
  if (!arguments.test.empty()) options.test = arguments.test;
  options.backbone = arguments.backbone;
  options.normalisation = arguments.backbone_norm;
  options.fit = arguments.fit == "crop" ? Fit::crop : Fit::stretch;
  options.seed = arguments.seed;
  options.given = {
      {"backbone_norm", arguments.backbone_norm}, {"fit", arguments.fit}, {"seed", arguments.seed}};
  return options;
}

void print_photo_model(const Card& card) {
  std::vector<std::string> classes;
  for (const Category& one : card.schema.target.classes) {
    classes.push_back(shown(one.spelling, 30) + " " + with_commas(one.count));
  }
  std::cout << "data: " << counted(card.training["rows"].get<std::size_t>(), "photo") << ": "
            << listed(classes, 12) << "\n"
            << warnings_text(card.warnings)
            << "backbone: " << card.training["backbone"]["file"].get<std::string>() << ", "
            << card.training["backbone"]["features"].get<std::size_t>() << " features; "
            << settings_text(card.training["settings"]) << "\n";
  for (const char* name : {"validation", "test"}) {
    if (!card.figures.contains(name)) continue;
    const Json& figures = card.figures[name];
    std::cout << "\n"
              << name << " (" << counted(figures["rows"].get<std::size_t>(), "photo")
              << (std::string_view(name) == "validation"
                      ? "; strength and temperature cross-fitted: no photo chose for itself"
                      : "; neither taught nor chose")
              << "):\n"
              << figures_text(figures) << "\n"
              << confusion_text(figures);
  }
}

void train_on_photos(const CLI::App& verb, TrainArguments& arguments) {
  refuse_options(verb,
                 {"--target", "--positive", "--threshold", "--model", "--drop", "--keep",
                  "--category", "--like"},
                 "for tables");
  if (arguments.output.empty()) arguments.output = default_output(arguments.data);
  const PhotoTrainOptions options = photo_options(arguments);
  check_writable(arguments.output, std::array{arguments.backbone});
  StepPrinter steps(arguments.quiet);
  const TrainedModel model = train_photos(options, [&](const std::string& step) { steps(step); });
  write_file_atomically(arguments.output, std::array<std::string_view, 1>{model.bytes});
  steps.end();
  print_photo_model(model.card);
  std::cout << "\nsaved " << arguments.output << " ("
            << fmt::format("{:.1f} MB", static_cast<double>(model.bytes.size()) / 1e6)
            << "); reopened, it answers as trained (largest difference "
            << fmt::format("{:.0e}", model.largest_difference) << ")\n"
            << "next: vitrine serve " << arguments.output << "\n";
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("train", "Train a model on a table or on photos and save it as one file");
  auto arguments = std::make_shared<TrainArguments>();
  verb->add_option("DATA", arguments->data,
                   "A CSV table with a header, or a folder of one folder of photos a class")
      ->required();
  verb->add_option("--target", arguments->target, "The column to predict");
  verb->add_option("-o,--output", arguments->output,
                   "The model file; default: DATA's name with .onnx");
  verb->add_option("--validation", arguments->validation,
                   "A table that chooses strengths, in place of cross-validation");
  verb->add_option("--test", arguments->test,
                   "A table that judges, in place of a fifth of the rows kept apart");
  verb->add_option("--model", arguments->model, "auto, logistic or trees")
      ->check(CLI::IsMember({"auto", "logistic", "trees"}));
  verb->add_option("--positive", arguments->positive, "The class that counts as positive (of two)");
  verb->add_option("--threshold", arguments->threshold,
                   "The probability from which on the positive class is answered (0.5), or f1");
  verb->add_option("--drop", arguments->drop, "Columns to leave out")->delimiter(',');
  verb->add_option("--keep", arguments->keep, "Columns to keep though they look like identifiers")
      ->delimiter(',');
  verb->add_option("--category", arguments->category, "Number columns that are categories")
      ->delimiter(',');
  verb->add_option("--seed", arguments->seed, "Seed of the split and of the trees");
  verb->add_option("--like", arguments->like, "Take the options from this model's card");
  verb->add_option("--rename", arguments->rename,
                   "old=new: a column of --like that was renamed since")
      ->needs("--like");
  verb->add_flag("--quiet", arguments->quiet, "No progress on standard error");
  verb->add_option("--backbone", arguments->backbone,
                   "Photos: the pre-trained network to build on, any ONNX image classifier");
  verb->add_option("--backbone-norm", arguments->backbone_norm,
                   "Photos: what the network takes; auto measures it")
      ->check(CLI::IsMember({"auto", "imagenet", "half", "unit", "raw", "caffe"}));
  verb->add_option("--fit", arguments->fit,
                   "Photos: crop the middle, or stretch the whole photo to the network's shape")
      ->check(CLI::IsMember({"stretch", "crop"}));
  verb->callback([verb, arguments] {
    if (std::filesystem::is_directory(arguments->data)) return train_on_photos(*verb, *arguments);
    refuse_options(*verb, {"--backbone", "--backbone-norm", "--fit"}, "for photos");
    if (!arguments->like.empty()) take_options_from(*verb, *arguments);
    if (arguments->data == "-") {
      throw usage("a table can't be trained on from standard input", "DATA",
                  "save it to a file first: it is read more than once");
    }
    if (arguments->target.empty()) {
      throw usage("no target is named", "vitrine train",
                  "say which column to predict: --target COLUMN; 'vitrine describe " +
                      arguments->data + "' lists them");
    }
    if (arguments->output.empty()) arguments->output = default_output(arguments->data);
    const TableTrainOptions options = to_options(*arguments);
    check_writable(arguments->output,
                   std::array{arguments->data, arguments->validation, arguments->test});

    StepPrinter steps(arguments->quiet);
    const TrainedModel model = train_table(options, [&](const std::string& step) { steps(step); });
    write_file_atomically(arguments->output, std::array<std::string_view, 1>{model.bytes});
    steps.end();

    print_data(model.card);
    print_figures(model.card);
    std::cout << "\nsaved " << arguments->output << " ("
              << fmt::format("{:.1f} KB", static_cast<double>(model.bytes.size()) / 1000)
              << "), trained on all rows; reopened, it answers as trained (largest difference "
              << fmt::format("{:.0e}", model.largest_difference) << ")\n"
              << "next: vitrine serve " << arguments->output << "\n";
  });
}

}  // namespace vitrine
