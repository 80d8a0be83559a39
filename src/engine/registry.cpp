#include "engine/registry.h"

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/onnx_runtime.h"
#include "engine/table/compiled_table.h"
#include "engine/table/tree_kernel.h"

namespace vitrine::engine {
namespace {

std::string compiled_device() { return std::string("CPU, ") + name_of(best_tree_kernel()); }

std::string runtime_device() { return "CPU, version " + onnx_runtime_version(); }

/// Throws Error(failed) without the module, or if the processor lacks the instructions that make
/// the precision faster.
template <Precision precision>
std::string onednn_device() {
  require_network_module();
  if (processor_has(precision)) return "CPU";
  throw Error(ErrorKind::failed,
              "this processor has no instructions for " + std::string(name_of(precision)),
              "the processor", "the model runs in f32 here");
}

std::unique_ptr<Predictor> open_compiled(const model::ModelFile& file, std::string& why) {
  auto out = open_compiled_table(file);
  if (!out) why = "not a graph that 'vitrine train' or 'vitrine import' writes";
  return out;
}

std::unique_ptr<Predictor> open_runtime(const model::ModelFile& file, std::string&) {
  return open_onnx_runtime(file);
}

constexpr TableEngine kTableEngines[] = {
    {{"compiled", 1, compiled_device}, open_compiled},
    {{"ONNX Runtime", 15, runtime_device}, open_runtime},
};

std::unique_ptr<NetworkEngine> open_onednn(const NetworkOptions& options, const std::string&,
                                           std::string& why) {
  return open_compiled_network(options, why);
}

std::unique_ptr<NetworkEngine> open_runtime_image(const NetworkOptions& options,
                                                  const std::string& where, std::string&) {
  return open_runtime_network(
      options.bytes.empty() ? options.model.SerializeAsString() : std::string(options.bytes),
      options.output, where);
}

constexpr ImageEngine kImageEngines[] = {
    {{"oneDNN", 1, onednn_device<Precision::int8>}, Precision::int8, open_onednn},
    {{"oneDNN", 1.2, onednn_device<Precision::bf16>}, Precision::bf16, open_onednn},
    {{"oneDNN", 1.8, onednn_device<Precision::f32>}, Precision::f32, open_onednn},
    {{"ONNX Runtime", 1.9, runtime_device}, Precision::f32, open_runtime_image},
};

/// The choice for a precision; nullptr if the model was not measured in it. f32 is always one.
const PrecisionChoice* choice_of(std::span<const PrecisionChoice> wanted, Precision precision) {
  static constexpr PrecisionChoice kF32{};
  if (precision == Precision::f32) return &kF32;
  const auto found = std::ranges::find(wanted, precision, &PrecisionChoice::precision);
  return found == wanted.end() ? nullptr : &*found;
}

NetworkOptions options_of(const ::onnx::ModelProto& model, std::string_view bytes,
                          const std::string& output, const PrecisionChoice& choice) {
  return {.model = model,
          .output = output,
          .precision = choice.precision,
          .threads = core_count(),
          .ranges = choice.ranges,
          .bytes = bytes,
          .skip_first_layers = choice.skip_first_layers};
}

PrecisionChoice bf16_of(const model::Card& card) {
  const model::PrecisionMeasurement* measured = card.measured(Precision::bf16);
  return {Precision::bf16, measured != nullptr ? measured->skip_first_layers : 0};
}

/// Fills in whether an engine can run the model: it runs `open`, which returns whether it could.
template <typename Open>
EngineAnswer ask(const EngineRow& engine, std::string name, const Open& open) {
  EngineAnswer out{.engine = std::move(name), .cost = engine.cost};
  if (!can_run_here(engine, out.text)) return out;
  try {
    std::string why;
    out.compatible = open(why);
    if (!out.compatible) out.text = why;
  } catch (const Error& error) {
    out.text = error.message;
  } catch (const std::exception& problem) {  // such as std::bad_alloc
    out.text = problem.what();
  }
  return out;
}

/// Whether to try to open a model with the engine; if not, sets `why`. The last engine of a table
/// is always tried, so that its own error is reported.
bool is_tried(const EngineRow& engine, const EngineRow& last, std::string& why) {
  std::string text;
  if (&engine == &last || can_run_here(engine, text)) return true;
  why = text;
  return false;
}

}  // namespace

std::string name_of(const ImageEngine& engine) {
  return std::string(engine.name) + ", " + std::string(name_of(engine.precision));
}

bool can_run_here(const EngineRow& engine, std::string& text) {
  try {
    text = engine.device();
    return true;
  } catch (const Error& error) {
    text = error.message;
    return false;
  }
}

std::span<const TableEngine> table_engines() { return kTableEngines; }
std::span<const ImageEngine> image_engines() { return kImageEngines; }

std::unique_ptr<Predictor> open_predictor(const model::ModelFile& file) {
  if (!file.card) {
    throw Error(
        ErrorKind::bad_model, "the file has no card; it was not made by Vitrine", file.path,
        "use a file that 'vitrine train' saved; 'vitrine inspect' shows the inputs of this one");
  }
  if (file.of_photos()) {
    throw Error(ErrorKind::bad_model, "the model classifies photos, not rows of a table", file.path,
                "pass photos");
  }
  std::string why;
  for (const TableEngine& engine : table_engines()) {
    if (!is_tried(engine, table_engines().back(), why)) continue;
    if (auto opened = engine.open(file, why)) return opened;
  }
  throw Error(ErrorKind::bad_model, "no engine can run the graph: " + why, file.path,
              "train the model again");
}

std::unique_ptr<NetworkEngine> open_network(const ::onnx::ModelProto& model, std::string_view bytes,
                                            const std::string& output,
                                            std::span<const PrecisionChoice> wanted,
                                            const std::string& where, std::string& why) {
  for (const ImageEngine& engine : image_engines()) {
    const PrecisionChoice* choice = choice_of(wanted, engine.precision);
    if (choice == nullptr) continue;
    const std::string before = why;  // why the engines before could not run it in f32
    if (!is_tried(engine, image_engines().back(), why)) {
      if (engine.precision != Precision::f32) why = before;
      continue;
    }
    try {
      auto opened = engine.open(options_of(model, bytes, output, *choice), where, why);
      if (engine.precision != Precision::f32) why = before;
      if (opened) return opened;
    } catch (const Error& error) {
      if (before.empty()) throw;
      // A package may contain only one of the engines, so report why the other can't run it, too.
      throw Error(error.kind, error.message + "; the faster engine can't run it: " + before,
                  error.where, error.hint);
    }
  }
  throw Error(ErrorKind::bad_model, "no engine can run the network: " + why, where,
              "use a network of operators that 'vitrine inspect' shows as compatible");
}

std::vector<PrecisionChoice> precision_choices(const model::Card& card) {
  switch (card.precision) {
    case Precision::f32:
      return {};
    case Precision::bf16:
      return {bf16_of(card)};
    case Precision::int8:
      break;
  }
  std::vector<PrecisionChoice> out{{Precision::int8, 0, card.ranges ? &*card.ranges : nullptr}};
  const model::PrecisionMeasurement* bf16 = card.measured(Precision::bf16);
  if (bf16 != nullptr && bf16->accepted) out.push_back(bf16_of(card));
  return out;
}

std::vector<EngineAnswer> ask_engines(const model::ModelFile& file) {
  std::vector<EngineAnswer> out;
  if (!file.card) return out;
  if (!file.of_photos()) {
    for (const TableEngine& engine : table_engines()) {
      out.push_back(ask(engine, std::string(engine.name),
                        [&](std::string& why) { return engine.open(file, why) != nullptr; }));
    }
    return out;
  }
  const std::vector<PrecisionChoice> wanted = precision_choices(*file.card);
  for (const ImageEngine& engine : image_engines()) {
    const PrecisionChoice* choice = choice_of(wanted, engine.precision);
    out.push_back(ask(engine, name_of(engine), [&](std::string& why) {
      if (choice == nullptr) {
        why = "the model was not trained for this precision";
        return false;
      }
      return engine.open(options_of(*file.outline, file.bytes, kClassProbabilities, *choice),
                         file.path, why) != nullptr;
    }));
  }
  return out;
}

}  // namespace vitrine::engine
