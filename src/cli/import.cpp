// vitrine import: converts models of scikit-learn, XGBoost, LightGBM, Keras and TensorFlow
// Lite to model files, without Python.
#include "app/import.h"

#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct ImportArguments {
  app::ImportModelOptions options;
  std::string as_version;
  app::ImportCheck check;
  std::string size;
  std::string resize = "nearest";
};

/// "224" or "320x240".
void read_size(const std::string& text, interop::ImportOptions& options) {
  if (text.empty()) return;
  const std::size_t middle = text.find('x');
  const auto side = [&](std::string_view digits) {
    int value = 0;
    const auto [end, problem] = std::from_chars(digits.begin(), digits.end(), value);
    if (problem != std::errc() || end != digits.end() || value < 1 || value > 2048) {
      throw Error(ErrorKind::usage, "'" + shown(text) + "' is not a size of photos", "--size",
                  "give 224 or WIDTHxHEIGHT, each from 1 to 2048");
    }
    return value;
  };
  options.width = side(std::string_view(text).substr(0, middle));
  options.height =
      middle == std::string::npos ? options.width : side(std::string_view(text).substr(middle + 1));
}

void import_and_print(const app::ImportModelOptions& options) {
  const char* written = written_word(options.output, "saved");
  const app::ImportResult result = app::import_model(options);
  const interop::ImportedModel& model = result.model;
  std::vector<std::string> classes;
  for (const data::Category& one : model.card.schema.target.classes) {
    classes.push_back(shown(one.value, 30));
  }
  const data::Resize& photo = model.card.image;
  std::cout << "imported from " << model.card.training["imported_from"].get<std::string>() << ": "
            << (model.card.of_photos()
                    ? fmt::format("photos of {} x {} pixels", photo.width, photo.height)
                    : counted(model.card.schema.columns.size(), "column"))
            << ", " << (classes.empty() ? "predicts a number" : "classes " + listed(classes))
            << "\n";
  for (const std::string& note : model.notes) std::cout << "note: " << note << "\n";
  if (result.check) {
    std::cout << "checked " << counted(result.check->rows, model.card.of_photos() ? "photo" : "row")
              << " of " << options.check->rows << ": the answers are the library's"
              << (result.check->largest > 0
                      ? fmt::format(" (largest difference {:.1g})", result.check->largest)
                      : "")
              << "\n";
  }
  std::cout << written << " " << options.output << "\nnext: vitrine serve " << options.output
            << "\n";
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "import",
      "Convert a model of scikit-learn, XGBoost, LightGBM, Keras or TensorFlow Lite, without "
      "running its code");
  auto arguments = std::make_shared<ImportArguments>();
  verb->add_option("FILE", arguments->options.files,
                   "A pickle, a joblib file, a JSON or UBJSON of XGBoost, a text of LightGBM, a "
                   ".keras, .h5 or .tflite, the folder of a SavedModel; or two pickles: a "
                   "DictVectorizer and a "
                   "model")
      ->required();
  verb->add_option("-o,--output", arguments->options.output, "The model file to write")->required();
  verb->add_option("--target", arguments->options.reader.target,
                   "Name of the target (model files do not contain it); default: target");
  verb->add_option("--scikit-learn", arguments->as_version,
                   "Predict as this scikit-learn version does; default: the one that saved the "
                   "model");
  verb->add_option("--classes", arguments->options.reader.classes,
                   "Photos: names of the classes, a,b,c or a file of names; default: their numbers")
      ->type_name("NAMES|FILE");
  verb->add_option("--preprocess", arguments->options.reader.preprocess,
                   "Photos: how the pixels were scaled: a family of keras.applications (xception, "
                   "resnet, ...), unit (0 to 1), half (-1 to 1), imagenet, caffe, none (0 to 255); "
                   "default: what the model itself does")
      ->type_name("NAME");
  verb->add_option("--size", arguments->size,
                   "Photos: the size, for a model that takes any: 224 or WIDTHxHEIGHT");
  verb->add_option("--resize", arguments->resize,
                   "Photos: how those of other sizes are resized: nearest (as keras.utils.load_img "
                   "and ImageDataGenerator), bilinear (image_dataset_from_directory, "
                   "tf.image.resize) or antialias; default: nearest")
      ->check(CLI::IsMember({"nearest", "bilinear", "antialias"}))
      ->type_name("FILTER");
  auto* rows = verb->add_option("--check", arguments->check.rows,
                                "A table of rows; the model is saved only if it answers them as "
                                "the library did");
  auto* answers = verb->add_option("--answers", arguments->check.answers,
                                   "The library's answers for --check: a table of predict() or "
                                   "predict_proba()");
  verb->add_option("--tolerance", arguments->check.tolerance,
                   "Largest difference for --check; default: 1e-6")
      ->check(CLI::Range(0.0, 1.0))
      ->needs(rows);
  rows->needs(answers);
  answers->needs(rows);
  verb->callback([arguments] {
    if (!arguments->check.rows.empty()) arguments->options.check = arguments->check;
    read_size(arguments->size, arguments->options.reader);
    arguments->options.reader.filter = arguments->resize == "nearest"    ? data::Filter::nearest
                                       : arguments->resize == "bilinear" ? data::Filter::bilinear
                                                                         : data::Filter::antialias;
    if (!arguments->as_version.empty())
      arguments->options.reader.as_version = arguments->as_version;
    import_and_print(arguments->options);
  });
}

}  // namespace vitrine::cli
