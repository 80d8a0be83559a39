// vitrine inspect: shows the inputs, outputs, metrics and feature importance of a model file.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/metrics_text.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "data/table/value.h"
#include "engine/image_predictor.h"
#include "engine/registry.h"

namespace vitrine::cli {
namespace {

std::string shape_text(const ::onnx::TypeProto& type) {
  if (!type.has_tensor_type()) return "no tensor";
  std::string out = ::onnx::TensorProto::DataType_Name(
      static_cast<::onnx::TensorProto::DataType>(type.tensor_type().elem_type()));
  out = lower_ascii(out) + " [";
  const auto& shape = type.tensor_type().shape();
  for (int i = 0; i < shape.dim_size(); ++i) {
    if (i > 0) out += ", ";
    out += shape.dim(i).has_dim_value()
               ? std::to_string(shape.dim(i).dim_value())
               : (shape.dim(i).dim_param().empty() ? "?" : shown(shape.dim(i).dim_param()));
  }
  return out + "]";
}

Json tensors_json(const google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>& tensors) {
  Json json = Json::array();
  for (const auto& tensor : tensors) {
    json.push_back({{"name", tensor.name()}, {"type", shape_text(tensor.type())}});
  }
  return json;
}

void print_tensors(const char* title, const Json& tensors) {
  std::cout << title << "\n";
  for (const Json& tensor : tensors) {
    std::cout << "  " << shown(tensor.at("name").get<std::string>()) << "  "
              << tensor.at("type").get<std::string>() << "\n";
  }
}

std::string values_of(const data::Column& column) {
  switch (column.kind) {
    case data::ColumnKind::number:
      return "number" + column.range_text();
    case data::ColumnKind::date:
      return "date" + column.range_text();
    case data::ColumnKind::text:
      return fmt::format("text, in training {:.0f} words on average", column.mean);
    case data::ColumnKind::category: {
      std::vector<std::string> names;
      for (const data::Category& one : column.categories) names.push_back(shown(one.spelling, 30));
      return "text: " + listed(names, 6);
    }
  }
  unknown_kind("column kind", column.kind);
}

Json engines_json(const std::vector<engine::EngineAnswer>& engines) {
  Json out = Json::array();
  for (const engine::EngineAnswer& one : engines) {
    out.push_back({{"engine", one.engine},
                   {"compatible", one.compatible},
                   {one.compatible ? "device" : "reason", one.text},
                   {"cost", one.cost}});
  }
  return out;
}

/// In the order in which they are tried.
void print_engines(const std::vector<engine::EngineAnswer>& engines) {
  std::cout << "\nengines, in the order in which they are tried (cost: relative time):\n";
  for (const engine::EngineAnswer& one : engines) {
    std::cout << "  " << padded(one.engine, 20) << padded(fmt::format("cost {:g}", one.cost), 10)
              << (one.compatible ? "" : "can't: ") << shown(one.text, 200) << "\n";
  }
}

void print_inputs(const data::TableSchema& schema) {
  std::size_t width = 8;
  for (const data::Column& column : schema.columns) width = std::max(width, column.key.size() + 2);
  width = std::min<std::size_t>(width, 40);
  std::cout << "\ninputs:\n";
  for (const data::Column& column : schema.columns) {
    std::cout << "  " << padded(shown(column.key, 36), width) << values_of(column)
              << (column.had_missing() ? "; may be missing" : "") << "\n";
  }
}

void print_photo_input(const model::Card& card) {
  std::cout << "\ninput: a photo, "
            << (card.image.fit == data::Fit::stretch ? "stretched" : "cropped at the centre")
            << " to " << card.image.width << " x " << card.image.height << " pixels"
            << (card.one_by_one ? "; one at a time, as the network was exported" : "") << "\n";
  if (card.training.contains("backbone")) {
    const Json& backbone = card.training.at("backbone");
    std::cout << "backbone: " << shown(backbone.at("file").get<std::string>()) << ", SHA-256 "
              << backbone.at("sha256").get<std::string>().substr(0, 16) << "..., "
              << whole_number<std::size_t>(backbone.at("features")) << " features\n";
  }
  if (card.metrics.contains("validation")) {
    std::cout << "\nvalidation (cross-fitted):\n" << metrics_text(card.metrics.at("validation"));
  }
}

void print_importance(const model::Card& card) {
  const bool number = card.schema.target.number.has_value();
  std::cout << "\nfeature importance (increase of the " << (number ? "RMSE" : "log loss")
            << " when a column is shuffled):\n";
  std::size_t shown_columns = 0;
  for (const auto& one : card.importance.columns) {
    if (++shown_columns > 10) break;
    std::cout << fmt::format(
        "  {:<32} {}\n", shown(one.key, 30),
        number ? short_number(one.loss_increase) : fmt::format("{:+.4f}", one.loss_increase));
  }
  if (card.importance.weights.empty()) return;
  std::cout << "\nlargest weights ("
            << (number ? "in standard deviations of the target"
                       : "in logits; positive values favour '" +
                             shown(card.schema.target.classes.back().spelling) + "'")
            << "; of number columns, per standard deviation):\n";
  std::size_t shown_weights = 0;
  for (const auto& one : card.importance.weights) {
    if (++shown_weights > 10) break;
    std::cout << fmt::format("  {:<44} {:+.3f}\n", shown(one.feature, 42), one.weight);
  }
}

void print_card(const model::ModelFile& file, const std::string& engine,
                const std::vector<engine::EngineAnswer>& engines) {
  const model::Card& card = *file.card;
  std::vector<std::string> classes;
  for (const data::Category& one : card.schema.target.classes)
    classes.push_back(shown(one.spelling, 30));
  std::cout << file.path << ": " << card.algorithm
            << (card.of_photos() ? " model for photos, " : " model for tables, ")
            << fmt::format("{:.1f} KB", static_cast<double>(file.bytes.size()) / 1000) << "\n"
            << "predicts " << shown(card.schema.target.name) << ": ";
  if (const auto& number = card.schema.target.number) {
    std::cout << "a number";
    if (!number->quantiles.empty()) {
      std::cout << ", in training " << short_number(number->quantiles.front()) << " to "
                << short_number(number->quantiles.back());
    }
  } else {
    std::cout << listed(classes, 12);
  }
  if (card.schema.target.task() == data::TaskKind::binary) {
    std::cout << "; '" << classes[1] << "' from a probability of "
              << fmt::format("{:.3g}", card.threshold);
  }
  std::cout << "\nruns on " << engine << "\n";
  if (card.training.contains("rows")) {
    std::cout << "trained on "
              << counted(whole_number<std::size_t>(card.training.at("rows")),
                         card.of_photos() ? "photo" : "row")
              << ", seed " << card.training.value("seed", Json(0)).dump() << ", data SHA-256 "
              << card.training.value("data_sha256", std::string()).substr(0, 16) << "...\n";
  }
  if (card.training.contains("imported_from")) {
    std::cout << "imported from " << shown(card.training.at("imported_from").get<std::string>(), 80)
              << "\n";
  }
  if (card.of_photos()) {
    print_photo_input(card);
  } else {
    print_inputs(card.schema);
  }
  for (const auto& column : card.schema.dropped) {
    std::cout << "  " << shown(column.name, 36) << ": not used (" << column.reason << ")\n";
  }
  if (card.metrics.contains("test")) {
    std::cout << "\ntest set ("
              << counted(whole_number<std::size_t>(card.metrics.at("test").at("rows")),
                         card.of_photos() ? "held-out photo" : "held-out row")
              << "):\n"
              << metrics_text(card.metrics.at("test"));
  }
  if (card.metrics.contains("test") && card.metrics.at("test").contains("confusion")) {
    std::cout << "\n"
              << confusion_text(card.metrics.at("test"), card.schema.target) << "\ncalibration:\n"
              << calibration_text(card.metrics.at("test"));
  }
  if (!card.importance.columns.empty()) print_importance(card);
  print_engines(engines);
  if (!card.warnings.empty()) std::cout << "\n" << warnings_text(card.warnings);
}

void inspect(const std::string& path, bool json) {
  const model::ModelFile file = model::read_model(path);
  const std::string engine = !file.card         ? ""
                             : file.of_photos() ? engine::ImagePredictor(file).engine()
                                                : engine::open_predictor(file)->engine();
  const auto engines = engine::ask_engines(file);
  const auto& graph = file.outline->graph();
  if (json) {
    Json out{{"file", path}, {"bytes", file.bytes.size()}, {"engine", engine}};
    out["engines"] = engines_json(engines);
    out["card"] = file.card ? Json::parse(file.card_text) : Json();
    if (file.card) model::leave_out_weights(out["card"]);
    out["inputs"] = tensors_json(graph.input());
    out["outputs"] = tensors_json(graph.output());
    std::cout << to_text(out, 2) << "\n";
    return;
  }
  if (file.card) {
    try {
      print_card(file, engine, engines);
    } catch (const Json::exception& problem) {
      throw Error(ErrorKind::bad_model, std::string("the card can't be shown: ") + problem.what(),
                  path, "use a file that Vitrine saved");
    }
    return;
  }
  std::cout << path << ": an ONNX model without a card (not written by Vitrine)\n"
            << "producer "
            << shown(file.outline->producer_name().empty() ? "unknown"
                                                           : file.outline->producer_name())
            << ", IR version " << file.outline->ir_version() << ", " << graph.node_size()
            << " nodes\n";
  print_tensors("inputs:", tensors_json(graph.input()));
  print_tensors("outputs:", tensors_json(graph.output()));
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("inspect", "Show a model's inputs, outputs, metrics and engine");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  verb->add_option("MODEL", *path, "The model file")->required();
  verb->add_flag("--json", *json, "Print JSON: the card and the graph's inputs and outputs");
  verb->callback([path, json] { inspect(*path, *json); });
}

}  // namespace vitrine::cli
