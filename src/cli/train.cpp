// vitrine train: from a table or a folder of photos to a model file.
//
// Plan of the file:
// 1. TrainArguments: the options as typed. take_options_from() and take_photo_options_from() fill
//    those that were not typed from the card of the model that --like names.
// 2. to_options() and photo_options(): checked options of the trainers (train/).
// 3. print_*(): what training found, as text.
// 4. train_on_photos() and the callback in add_train(): refuse options of the other kind of data,
//    check that all outputs can be written before the work starts, train, write the file and the
//    report, print.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "app/tune.h"
#include "app/verdict.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/metrics_text.h"
#include "cli/report_file.h"
#include "cli/table_options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "data/table/value.h"
#include "model/model_file.h"
#include "train/photo/photo_trainer.h"
#include "train/table/learner.h"
#include "train/table/table_trainer.h"
#include "zoo/manifest.h"

namespace vitrine::cli {
namespace {

/// The options as typed.
struct TrainArguments {
  std::vector<std::string> data;
  std::string output;
  std::string report;
  ColumnArguments columns;
  data::TableFileOptions file;
  std::string validation;
  std::string test;
  std::string model = "auto";
  std::string threshold;  ///< empty: 0.5
  /// Of false positives and false negatives, instead of a threshold.
  std::optional<std::string> cost;
  std::string backbone;
  std::string backbone_norm = "auto";
  std::string fit = "crop";
  int size = 0;
  bool fine_tune = false;
  bool resume = false;
  std::string time;  ///< empty: no limit
  std::string recipe;
  std::string precision = "auto";
  std::string device = "auto";
  std::uint64_t seed = 1;
  std::string like;
  std::vector<std::string> rename;
  std::string about;
  bool no_examples = false;
  bool quiet = false;
};

Error usage(const std::string& message, const std::string& where, const std::string& hint) {
  return {ErrorKind::usage, message, where, hint};
}

/// The options of tables that the card stores for `--like`.
Json to_json(const TrainArguments& arguments) {
  const ColumnArguments& columns = arguments.columns;
  Json json{{"target", columns.target},     {"positive", columns.positive},
            {"model", arguments.model},     {"threshold", arguments.threshold},
            {"drop", columns.drop},         {"keep", columns.keep},
            {"category", columns.category}, {"seed", arguments.seed}};
  if (!arguments.about.empty()) json["about"] = arguments.about;
  if (arguments.no_examples) json["no_examples"] = true;
  if (!columns.text.empty()) json["text"] = columns.text;
  if (!columns.ids.empty()) json["ids"] = columns.ids;
  if (!columns.missing.empty()) json["missing"] = columns.missing;
  if (!columns.not_missing.empty()) json["not_missing"] = columns.not_missing;
  if (columns.task != "auto") json["task"] = columns.task;
  if (arguments.cost) json["cost"] = *arguments.cost;
  if (!columns.decimal.empty()) json["decimal"] = columns.decimal;
  if (!columns.date_order.empty()) json["date_order"] = columns.date_order;
  if (!columns.group.empty()) json["group"] = columns.group;
  if (!arguments.time.empty()) json["time"] = arguments.time;
  return json;
}

/// Maps column names of an earlier model to the new names that --rename gives.
class Renames {
 public:
  explicit Renames(const std::vector<std::string>& pairs) {
    for (const std::string& pair : pairs) {
      const auto equals = pair.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
        throw usage("'" + shown(pair) + "' is not of the form old=new", "--rename",
                    "write --rename 'old name=new name'");
      }
      pairs_.emplace_back(data::normalised(pair.substr(0, equals)), pair.substr(equals + 1));
    }
  }
  std::string operator()(const std::string& name) const {
    for (const auto& [from, to] : pairs_) {
      if (from == data::normalised(name)) return to;
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

/// Tables: fills the options that were not typed from the card of the --like model.
void take_options_from(const CLI::App& verb, TrainArguments& arguments) {
  const Renames rename(arguments.rename);
  const model::ModelFile file = model::read_model(arguments.like);
  if (!file.card || !file.card->training.contains("options")) {
    throw Error(ErrorKind::bad_model, "the model has no training options", arguments.like,
                "name a file that 'vitrine train' saved");
  }
  try {
    const Json& kept = file.card->training.at("options");
    const auto untyped = [&](const char* option) { return verb.count(option) == 0; };
    ColumnArguments& columns = arguments.columns;
    const auto take = [&](const char* option, const char* key, auto& to) {
      if (untyped(option) && kept.contains(key)) kept.at(key).get_to(to);
    };
    if (untyped("--target")) columns.target = rename(kept.at("target").get<std::string>());
    if (untyped("--positive")) columns.positive = kept.at("positive");
    if (untyped("--model")) arguments.model = kept.at("model");
    if (untyped("--threshold") && untyped("--cost")) {
      arguments.threshold = kept.at("threshold");
      if (kept.contains("cost")) arguments.cost = kept.at("cost");
    }
    if (untyped("--drop")) columns.drop = rename(kept.at("drop").get<std::vector<std::string>>());
    if (untyped("--keep")) columns.keep = rename(kept.at("keep").get<std::vector<std::string>>());
    if (untyped("--category")) {
      columns.category = rename(kept.at("category").get<std::vector<std::string>>());
    }
    if (untyped("--text")) {
      columns.text = rename(kept.value("text", std::vector<std::string>()));
    }
    if (untyped("--id")) {
      columns.ids = rename(kept.value("ids", std::vector<std::string>()));
    }
    take("--about", "about", arguments.about);
    take("--no-examples", "no_examples", arguments.no_examples);
    take("--missing", "missing", columns.missing);
    take("--not-missing", "not_missing", columns.not_missing);
    take("--task", "task", columns.task);
    take("--decimal", "decimal", columns.decimal);
    take("--date-order", "date_order", columns.date_order);
    if (untyped("--group")) columns.group = rename(kept.value("group", std::string()));
    if (untyped("--time")) arguments.time = rename(kept.value("time", std::string()));
    if (untyped("--seed")) {
      arguments.seed = whole_number<decltype(arguments.seed)>(kept.at("seed"));
    }
  } catch (const Json::exception& problem) {
    throw Error(ErrorKind::bad_model,
                std::string("the card's options can't be used: ") + problem.what(), arguments.like,
                "type the options instead");
  }
}

/// `--time 5m` limits the training on photos; of a table it names a column.
void refuse_duration(const TrainArguments& arguments) {
  const std::string& text = arguments.time;
  const std::size_t digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits + 1 != text.size() || !std::string_view("smh").contains(text[digits])) {
    return;
  }
  throw usage("for a table, --time is the column that orders the rows in time, not a duration",
              "--time " + text, "leave it out: training on a table ends by itself");
}

train::TableTrainOptions to_options(const TrainArguments& arguments) {
  train::TableTrainOptions options;
  options.data = arguments.data;
  if (!arguments.validation.empty()) options.validation = {arguments.validation};
  if (!arguments.test.empty()) options.test = {arguments.test};
  options.columns = schema_options(arguments.columns);
  options.columns.time = arguments.time;
  refuse_duration(arguments);
  if (!arguments.time.empty() && !arguments.validation.empty()) {
    throw usage("--time and --validation both choose the rows for validation", "--time",
                "leave out one of them");
  }
  options.file = arguments.file;
  options.algorithm = arguments.model;
  options.seed = arguments.seed;
  options.about = arguments.about;
  options.examples = !arguments.no_examples;
  options.given = to_json(arguments);
  if (arguments.threshold == "f1") {
    options.threshold_f1 = true;
  } else if (!arguments.threshold.empty()) {
    const auto number = app::threshold_of_text(arguments.threshold);
    if (!number) {
      throw usage("'" + shown(arguments.threshold) + "' is not a threshold", "--threshold",
                  "give a probability between 0 and 1, or f1 for the threshold with the best F1");
    }
    options.threshold = number;
  }
  if (arguments.cost) {
    options.threshold = app::threshold_of_cost(*arguments.cost);
    options.threshold_option = "--cost";
  }
  return options;
}

/// Seconds of `90s`, `20m`, `2h` or a bare number of seconds.
double parse_duration(const std::string& text, const std::string& option) {
  const std::size_t units = std::string_view("smh").find(text.empty() ? ' ' : text.back());
  const bool bare = units == std::string_view::npos;
  const auto number = data::parse_number(bare ? text : text.substr(0, text.size() - 1));
  if (!number || !(*number > 0 && *number < 1e6)) {
    throw usage("'" + shown(text) + "' is not a duration", option, "write 90s, 20m or 2h");
  }
  return *number * (bare || units == 0 ? 1 : units == 1 ? 60 : 3600);
}

/// Photos: fills the options that were not typed from the card of the --like model. --backbone must
/// be typed: the card contains the name of its file without the folder.
void take_photo_options_from(const CLI::App& verb, TrainArguments& arguments) {
  const model::ModelFile file = model::read_model(arguments.like);
  if (!file.of_photos()) {
    throw Error(ErrorKind::bad_model, "this is not a model for photos", arguments.like,
                "name a file that 'vitrine train PHOTOS' saved");
  }
  const Json kept = file.card->training.value("options", Json::object());
  const auto take = [&](const char* option, const char* key, auto& to) {
    if (verb.count(option) > 0 || !kept.contains(key)) return;
    using Value = std::remove_reference_t<decltype(to)>;
    if constexpr (std::integral<Value> && !std::same_as<Value, bool>) {
      to = whole_number<Value>(kept.at(key));
    } else {
      kept.at(key).get_to(to);
    }
  };
  try {
    take("--about", "about", arguments.about);
    take("--no-examples", "no_examples", arguments.no_examples);
    take("--backbone-norm", "backbone_norm", arguments.backbone_norm);
    take("--fit", "fit", arguments.fit);
    take("--size", "size", arguments.size);
    take("--fine-tune", "fine_tune", arguments.fine_tune);
    const bool whole = arguments.fine_tune || arguments.backbone.empty();
    if (whole) take("--time", "time", arguments.time);
    if (whole) take("--recipe", "recipe", arguments.recipe);
    take("--seed", "seed", arguments.seed);
  } catch (const Json::exception& problem) {
    throw Error(ErrorKind::bad_model,
                std::string("the card's options can't be used: ") + problem.what(), arguments.like,
                "type the options instead");
  }
  if (arguments.backbone.empty() && file.card->training.contains("backbone")) {
    throw usage(
        "the --like model was trained on a backbone, but no backbone was given", "--backbone",
        "add --backbone " + shown(file.card->training["backbone"].value("file", "FILE.onnx")));
  }
}

std::string default_output(const std::string& data) {
  if (data::is_database_address(data)) return "model.onnx";
  auto path = std::filesystem::path(data).lexically_normal();
  while (!path.has_filename() ||
         path.filename().string().find_first_of("*?[{") != std::string::npos) {
    if (!path.has_parent_path() || path == path.parent_path()) return "model.onnx";
    path = path.parent_path();  // of a folder/, of a pattern
  }
  return path.stem().string() + ".onnx";
}

/// Prints training steps and the time since the start (s) on standard error: on a terminal one line
/// whose clock ticks five times a second, cut to the terminal's width; else a line per step.
class StepPrinter {
 public:
  explicit StepPrinter(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {
    if (!quiet_ && terminal_) {
      clock_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
    }
  }
  ~StepPrinter() { end(); }
  StepPrinter(const StepPrinter&) = delete;
  StepPrinter& operator=(const StepPrinter&) = delete;

  void operator()(const std::string& step) {
    if (quiet_) return;
    const std::lock_guard lock(mutex_);
    step_ = step;
    if (terminal_) return draw();
    std::cerr << line() << "\n" << std::flush;
  }
  /// Removes the line.
  void end() {
    if (!clock_.joinable()) return;
    clock_.request_stop();
    clock_.join();
    std::cerr << "\r\033[K" << std::flush;
  }

 private:
  void tick(const std::stop_token& stop) {
    constexpr auto kPeriod = std::chrono::milliseconds(200);
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, kPeriod, [&] { return stop.stop_requested(); })) draw();
  }
  std::string line() const {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return fmt::format("{:6.1f} s  {}", seconds, step_);
  }
  void draw() const {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    const std::string text = line();
    const std::size_t width = known ? size.ws_col - 1U : 79U;
    std::cerr << "\r\033[K" << (text.size() > width ? shown(text, width - 3) : text) << std::flush;
  }

  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;  ///< guards step_ and the terminal's line
  std::string step_;
  std::condition_variable_any wake_;
  std::jthread clock_;  ///< on a terminal
};

std::string settings_text(const Json& settings) {
  std::string out;
  if (settings.contains("blend")) {
    for (Json part : settings["blend"]) {
      const auto weight = part["weight"].get<double>();
      part.erase("weight");
      out += fmt::format("{}{:.2f} x ({})", out.empty() ? "blend of " : " + ", weight,
                         settings_text(part));
    }
    if (settings.contains("scale")) out += ", scale " + settings["scale"].dump();
    return out;
  }
  for (const auto& [name, value] : settings.items()) {
    out += (out.empty() ? "" : ", ") + name + " " + value.dump();
  }
  return out;
}

/// "no 5,174 (73.5 %) and yes 1,869 (26.5 %)", or "a number, 4 to 812, median 90".
std::string target_text(const data::Target& target) {
  if (const auto& number = target.number) {
    return "a number, " + short_number(number->quantiles.front()) + " to " +
           short_number(number->quantiles.back()) + ", median " +
           short_number(number->quantiles[5]);
  }
  std::vector<std::uint64_t> counts;
  for (const data::Category& one : target.classes) counts.push_back(one.count);
  const std::vector<std::string> shares = percentages(counts);
  std::vector<std::string> classes;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    classes.push_back(shown(target.classes[k].spelling, 30) + " " + with_commas(counts[k]) + " (" +
                      shares[k] + ")");
  }
  return listed(classes);
}

void print_data(const model::Card& card) {
  std::cout << "data: " << with_commas(whole_number<std::size_t>(card.training["rows"]))
            << " rows, " << counted(card.schema.columns.size(), "column") << "; target "
            << shown(card.schema.target.name) << ": " << target_text(card.schema.target) << "\n";
  for (const auto& column : card.schema.dropped) {
    std::cout << "left out: " << shown(column.name) << " (" << column.reason << ")\n";
  }
  std::cout << warnings_text(card.warnings);
}

void print_candidate(const Json& figures, bool chosen) {
  std::string line = fmt::format("  {:<9} ", figures["algorithm"].get<std::string>());
  if (figures.contains("rmse")) {
    line += "RMSE " + short_number(figures["rmse"].get<double>()) + " (" +
            short_number(figures["rmse_ci95"][0].get<double>()) + " to " +
            short_number(figures["rmse_ci95"][1].get<double>()) + ")";
    if (figures.contains("r2")) line += fmt::format(", R2 {:.4f}", figures["r2"].get<double>());
  } else {
    line += fmt::format("log loss {:.4f}", figures["log_loss"].get<double>());
    if (figures.contains("auc")) {
      line +=
          fmt::format(", AUC {:.4f} ({:.3f} to {:.3f})", figures["auc"].get<double>(),
                      figures["auc_ci95"][0].get<double>(), figures["auc_ci95"][1].get<double>());
    } else {
      line += fmt::format(", accuracy {:.4f}", figures["accuracy"].get<double>());
    }
  }
  std::cout << line << "; " << settings_text(figures["settings"]) << (chosen ? "  <- chosen" : "")
            << "\n";
}

void print_figures(const model::Card& card) {
  const bool validation = card.metrics.contains("validation");
  const Json& folds = card.metrics[validation ? "validation" : "cross_validation"];
  std::cout << "\n"
            << (validation ? "validation set" : "5-fold cross-validation") << " ("
            << with_commas(whole_number<std::size_t>(folds["rows"]))
            << " rows, used for model selection):\n";
  print_candidate(folds, true);
  for (const Json& other : card.metrics.value("other_candidates", Json::array())) {
    print_candidate(other, false);
  }
  std::cout << "  " << card.training["chosen_because"].get<std::string>() << "\n";
  const Json& test = card.metrics["test"];
  std::cout << "\ntest set (" << counted(whole_number<std::size_t>(test["rows"]), "held-out row")
            << "):\n"
            << metrics_text(test);
  if (test.contains("confusion")) std::cout << "\n" << confusion_text(test, card.schema.target);
}

/// Throws Error(usage) if one of `names` was typed: an option of the other kind of data.
void refuse_options(const CLI::App& verb, std::initializer_list<const char*> names,
                    const std::string& why) {
  for (const char* name : names) {
    if (verb.count(name) > 0) throw usage(std::string(name) + " is " + why, name, "leave it out");
  }
}

/// Sets backbone file and normalisation. `--backbone` is a file, or the name of a backbone that
/// `vitrine pull` downloaded, whose normalisation the manifest contains.
void find_backbone_file(const TrainArguments& arguments, train::PhotoTrainOptions& options) {
  options.backbone = arguments.backbone;
  options.normalisation = arguments.backbone_norm;
  if (arguments.backbone.empty() || std::filesystem::exists(options.backbone)) return;
  if (const auto entry = zoo::pulled(arguments.backbone)) {
    options.backbone = zoo::place_of(arguments.backbone);
    if (arguments.backbone_norm == "auto" && !entry->normalisation.empty()) {
      options.normalisation = entry->normalisation;
    }
  } else if (std::ranges::contains(zoo::known_backbones(), arguments.backbone,
                                   &zoo::ZooEntry::name)) {
    throw Error(ErrorKind::bad_input, "the backbone has not been downloaded", arguments.backbone,
                "run vitrine pull " + arguments.backbone);
  }
}

train::PhotoTrainOptions photo_options(const TrainArguments& arguments) {
  const bool whole = arguments.fine_tune || arguments.backbone.empty();
  for (const auto& [given, name] : {std::pair{!arguments.time.empty(), "--time"},
                                    {arguments.resume, "--resume"},
                                    {!arguments.recipe.empty(), "--recipe"}}) {
    if (!given || whole) continue;
    throw usage(std::string(name) + " is only for training a whole network", name,
                "add --fine-tune, or leave it out");
  }
  if (arguments.fine_tune && arguments.backbone.empty()) {
    throw usage("there is nothing to fine-tune", "--fine-tune",
                "name a pre-trained network: --backbone FILE.onnx, any ONNX image classifier; "
                "without a backbone a small network is trained from scratch");
  }
  train::PhotoTrainOptions options;
  options.data = arguments.data.front();
  if (!arguments.validation.empty()) options.validation = arguments.validation;
  if (!arguments.test.empty()) options.test = arguments.test;
  find_backbone_file(arguments, options);
  options.fit = arguments.fit == "crop" ? data::Fit::crop : data::Fit::stretch;
  options.size = arguments.size;
  options.strict = arguments.file.strict;
  options.fine_tune = arguments.fine_tune;
  if (arguments.backbone.empty()) options.recipe = train::from_scratch_recipe();
  train::change_recipe(options.recipe, arguments.recipe);
  if (!arguments.time.empty()) options.seconds = parse_duration(arguments.time, "--time");
  options.device = arguments.device;
  options.coarser = arguments.precision == "auto";
  options.resume = arguments.resume;
  if (whole) options.checkpoint = arguments.output + ".checkpoint";
  options.seed = arguments.seed;
  options.given = {{"backbone_norm", arguments.backbone_norm},
                   {"fit", arguments.fit},
                   {"size", arguments.size},
                   {"fine_tune", arguments.fine_tune},
                   {"time", arguments.time},
                   {"recipe", arguments.recipe},
                   {"seed", arguments.seed}};
  options.about = arguments.about;
  options.examples = !arguments.no_examples;
  if (!arguments.about.empty()) options.given["about"] = arguments.about;
  if (arguments.no_examples) options.given["no_examples"] = true;
  return options;
}

void print_photo_model(const model::Card& card) {
  std::vector<std::string> classes;
  for (const data::Category& one : card.schema.target.classes) {
    classes.push_back(shown(one.spelling, 30) + " " + with_commas(one.count));
  }
  std::cout << "data: " << counted(whole_number<std::size_t>(card.training["rows"]), "photo")
            << ": " << listed(classes, 12) << "\n"
            << warnings_text(card.warnings);
  if (card.training.contains("backbone")) {
    const Json& backbone = card.training["backbone"];
    std::cout << "backbone: " << backbone["file"].get<std::string>() << ", "
              << whole_number<std::size_t>(backbone["features"]) << " features\n";
  }
  std::cout << "model: " << card.algorithm << "; " << settings_text(card.training["settings"])
            << "\n";
  if (card.training.contains("network")) {
    const Json& network = card.training["network"];
    std::cout << fmt::format("network: {} epochs in {:.0f} s on {}; best epoch: {}\n",
                             whole_number<int>(network["epochs_done"]),
                             network["seconds"].get<double>(), network["device"].get<std::string>(),
                             whole_number<int>(network["best_epoch"]));
    if (network.contains("accuracy")) {
      std::cout << fmt::format(
          "fine-tuning: {:+.3f} accuracy on the validation photos, compared with the frozen "
          "network\n",
          network["accuracy"].get<double>() - network["frozen_accuracy"].get<double>());
    }
  }
  for (const char* name : {"validation", "test"}) {
    if (!card.metrics.contains(name)) continue;
    const Json& figures = card.metrics[name];
    const bool test = std::string_view(name) == "test";
    std::cout << "\n"
              << name << " set ("
              << counted(whole_number<std::size_t>(figures["rows"]),
                         test ? "held-out photo" : "photo")
              << (test ? "" : "; choices made on it are cross-fitted") << "):\n"
              << metrics_text(figures) << "\n"
              << confusion_text(figures, card.schema.target);
    if (figures.contains("sets")) {
      const Json& sets = figures["sets"];
      std::cout << fmt::format(
          "\nprediction sets for {:.0f} %: {:.1f} % contain the true class; {:.2f} classes per "
          "set, {:.1f} % are empty\n",
          100 * sets["level"].get<double>(), 100 * sets["coverage"].get<double>(),
          sets["mean_size"].get<double>(), 100 * sets["empty"].get<double>());
    }
  }
}

bool warned_of(const model::Card& card, std::string_view code) {
  return std::ranges::contains(card.warnings, code, &data::Warning::code);
}

/// If DATA is a folder with train, val and test parts, uses them; typed options take precedence.
void take_split(train::PhotoTrainOptions& options) {
  const auto split = data::find_photo_split(options.data);
  if (!split) return;
  options.data = split->train;
  if (!options.validation) options.validation = split->validation;
  if (!options.test) options.test = split->test;
  std::cout << "split: " << split->train.string() << " for training"
            << (split->validation ? ", " + split->validation->string() + " for validation" : "")
            << (split->test ? ", " + split->test->string() + " for testing" : "") << "\n";
  for (const std::filesystem::path& part : split->unlabelled) {
    std::cout << "note: " << part.string()
              << " is skipped: it has no subfolder with the name of a training class\n";
  }
}

/// What to do with the model; a model that is no better than its baseline should not be served.
void print_next(const model::Card& card, const std::string& path) {
  if (const auto verdict = app::baseline_verdict(card)) {
    const char* hint =
        !card.of_photos() ? "add columns that say more about the target, check the labels, or "
                            "collect more data"
        : card.training.contains("backbone")
            ? "check the labels, collect more photos, or train the whole network (--fine-tune)"
            : "train for longer (--time), or on a pre-trained network (--backbone), which needs "
              "fewer photos; check the labels";
    std::cout << "verdict: " << *verdict << "\n"
              << "  hint: " << hint << "\n";
    return;
  }
  std::cout << "next: vitrine serve " << path << "\n";
}

void train_on_photos(const CLI::App& verb, TrainArguments& arguments) {
  refuse_options(verb, {"--threshold", "--cost", "--model", "--rename"}, "for tables");
  for (const char* name : table_option_names()) refuse_options(verb, {name}, "for tables");
  if (!arguments.like.empty()) take_photo_options_from(verb, arguments);
  if (arguments.output.empty()) arguments.output = default_output(arguments.data.front());
  train::PhotoTrainOptions options = photo_options(arguments);
  take_split(options);
  check_writable(arguments.output, std::array{arguments.backbone});
  if (!arguments.report.empty()) check_report(arguments.report, std::array{arguments.output});
  say_when_interrupted(options.checkpoint.empty() ? "stopped; nothing was saved"
                                                  : "stopped; no model was saved. If an epoch was "
                                                    "done, the same command with --resume goes "
                                                    "on from " +
                                                        options.checkpoint.string());
  StepPrinter steps(arguments.quiet);
  const train::TrainedModel model =
      train::train_photos(options, [&](const std::string& step) { steps(step); });
  const char* written = written_word(arguments.output, "saved");
  write_file_atomically(arguments.output, std::array<std::string_view, 1>{model.bytes});
  const char* reported = written_word(arguments.report, "wrote");
  if (!arguments.report.empty()) {
    write_training_report(arguments.report, arguments.output, arguments.data.front(), model.card);
  }
  if (!options.checkpoint.empty()) std::filesystem::remove(options.checkpoint);
  steps.end();
  print_photo_model(model.card);
  for (const std::string& note : model.notes) std::cout << note << "\n";
  std::cout << "\n"
            << written << " " << arguments.output << " ("
            << fmt::format("{:.1f} MB", static_cast<double>(model.bytes.size()) / 1e6)
            << "); its predictions "
            << (warned_of(model.card, "answers_differ") ? "nearly match" : "match")
            << " the trained model (largest difference "
            << fmt::format("{:.0e}", model.largest_difference) << ")\n";
  if (!arguments.report.empty()) std::cout << reported << " " << arguments.report << "\n";
  print_next(model.card, arguments.output);
}

/// The values of --model.
std::vector<std::string> model_names() {
  std::vector<std::string> names{"auto"};
  for (const train::LearnerKind& kind : train::learners()) {
    if (!std::ranges::contains(names, kind.name)) names.emplace_back(kind.name);
  }
  return names;
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("train", "Train a model on a table or on photos and save it as one file");
  auto arguments = std::make_shared<TrainArguments>();
  verb->add_option("DATA", arguments->data, kTrainingDataHelp)->required();
  verb->add_option("-o,--output", arguments->output,
                   "The model file to write; default: the name of DATA with .onnx");
  verb->add_option("--report", arguments->report,
                   "Also write a report of the metrics: REPORT.html or REPORT.md");
  verb->add_option("--validation", arguments->validation,
                   "Validation data for model selection; default: cross-validation");
  verb->add_option("--test", arguments->test,
                   "Test data; default: a fifth of the rows of a table, none for photos");
  verb->add_option("--model", arguments->model,
                   "Tables: the kind of model; auto compares logistic (for numbers linear) "
                   "regression and boosted trees; default: auto")
      ->check(CLI::IsMember(model_names()));
  CLI::Option* threshold = verb->add_option(
      "--threshold", arguments->threshold,
      "Tables: the probability from which the positive class is predicted, or f1 for "
      "the threshold with the best F1; default: 0.5");
  verb->add_option(
          "--cost", arguments->cost,
          "Tables: what a false positive and a false negative cost, such as fp=1,fn=5: the "
          "threshold is the one with the lowest expected cost")
      ->excludes(threshold);
  add_column_options(*verb, arguments->columns, "Tables: ");
  add_file_options(*verb, arguments->file, "Tables: ");
  verb->add_option("--seed", arguments->seed, "Seed of the random numbers; default: 1");
  verb->add_option("--like", arguments->like,
                   "Use the training options that this model file was trained with");
  verb->add_option("--rename", arguments->rename,
                   "Tables: OLD=NEW, a column that has another name than in the --like model")
      ->needs("--like");
  verb->add_option("--about", arguments->about,
                   "A sentence on what the model predicts, for the web page and reports, such as "
                   "\"Will this customer cancel?\"");
  verb->add_flag("--no-examples", arguments->no_examples,
                 "Keep no examples for the web page in the model: typical rows, or a thumbnail of "
                 "a photo of each class");
  verb->add_flag("--quiet", arguments->quiet,
                 "Print no progress lines; the results are still printed");
  verb->add_option("--backbone", arguments->backbone,
                   "Photos: the pre-trained network to start from, an ONNX image classifier or a "
                   "name from 'vitrine pull --list'; default: a small network from scratch");
  verb->add_option("--backbone-norm", arguments->backbone_norm,
                   "Photos: the pixel normalisation of the backbone; auto measures which one fits; "
                   "default: auto")
      ->check(CLI::IsMember({"auto", "imagenet", "half", "unit", "raw", "caffe"}));
  verb->add_option("--fit", arguments->fit,
                   "Photos: crop the centre, or stretch the whole photo, to the network's input "
                   "shape; default: crop")
      ->check(CLI::IsMember({"stretch", "crop"}));
  verb->add_option("--size", arguments->size,
                   "Photos: width and height of the network's input in pixels; default: the "
                   "network's own")
      ->check(CLI::Range(16, 1024));
  verb->add_flag("--fine-tune", arguments->fine_tune,
                 "Photos: train the whole network instead of only its last layer");
  verb->add_option(
      "--time", arguments->time,
      "Tables: the column that orders the rows in time: trains on the earlier ones and "
      "evaluates on the later ones; photos: limit of the training time, such as 90s, "
      "20m or 2h");
  verb->add_flag("--resume", arguments->resume,
                 "Photos: continue an interrupted training of a network from its checkpoint");
  verb->add_option("--recipe", arguments->recipe,
                   "Photos: parameters of a network's training, such as epochs=6,rate=0.0002");
  verb->add_option("--precision", arguments->precision,
                   "Photos: number format of predictions; auto uses bf16 or int8 if measured to be "
                   "faster and as accurate as f32; default: auto")
      ->check(CLI::IsMember({"auto", "f32"}));
  verb->add_option("--device", arguments->device,
                   "Photos: the device that trains a network; default: auto")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  verb->callback([verb, arguments] {
    model::check_about(arguments->about, "--about");
    if (arguments->data.size() == 1 && data::are_photos(arguments->data.front())) {
      return train_on_photos(*verb, *arguments);
    }
    refuse_options(*verb,
                   {"--backbone", "--backbone-norm", "--fit", "--size", "--fine-tune", "--device",
                    "--resume", "--recipe", "--precision"},
                   "for photos");
    if (!arguments->like.empty()) take_options_from(*verb, *arguments);
    if (std::ranges::contains(arguments->data, "-")) {
      throw usage("training can't read a table from standard input", "DATA",
                  "save it to a file first: it is read more than once");
    }
    if (arguments->columns.target.empty()) {
      throw usage("no target column was given", "vitrine train",
                  "name the column to predict: --target COLUMN; 'vitrine describe " +
                      data::without_password(arguments->data.front()) + "' lists the columns");
    }
    if (arguments->output.empty()) arguments->output = default_output(arguments->data.front());
    const train::TableTrainOptions options = to_options(*arguments);
    std::vector<std::string> inputs = data::files_named(arguments->data);
    inputs.insert(inputs.end(), {arguments->validation, arguments->test});
    check_writable(arguments->output, inputs);
    if (!arguments->report.empty()) {
      inputs.push_back(arguments->output);
      check_report(arguments->report, inputs);
    }
    say_when_interrupted("stopped; nothing was saved. The same command begins again");
    StepPrinter steps(arguments->quiet);
    const train::TrainedModel model =
        train::train_table(options, [&](const std::string& step) { steps(step); });
    const char* written = written_word(arguments->output, "saved");
    write_file_atomically(arguments->output, std::array<std::string_view, 1>{model.bytes});
    const char* reported = written_word(arguments->report, "wrote");
    if (!arguments->report.empty()) {
      write_training_report(arguments->report, arguments->output, data::names_text(arguments->data),
                            model.card);
    }
    steps.end();

    print_data(model.card);
    print_figures(model.card);
    std::cout << "\n"
              << written << " " << arguments->output << " ("
              << fmt::format("{:.1f} KB", static_cast<double>(model.bytes.size()) / 1000)
              << "), trained on all rows; its predictions match the trained model (largest "
                 "difference "
              << fmt::format("{:.0e}", model.largest_difference) << ")\n";
    if (!arguments->report.empty()) std::cout << reported << " " << arguments->report << "\n";
    print_next(model.card, arguments->output);
  });
}

}  // namespace vitrine::cli
