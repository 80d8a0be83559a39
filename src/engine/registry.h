// The engines that run models, and what each says about a model and this machine: is it
// compatible, on which device does it run, at what cost. Opening a model and the verbs `doctor` and
// `inspect` read the same two tables; a new engine is one more row. All functions are thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/network_engine.h"
#include "engine/predictor.h"

namespace vitrine::engine {

struct EngineRow {
  std::string_view name;  ///< "compiled"
  /// The time of a prediction relative to the fastest engine of its table: the smallest is tried
  /// first. Medians of docs/benchmarks/2026-11-24-trees.md and 2026-11-24-networks.md (two cores of
  /// an AMD EPYC); it differs by model and machine.
  double cost;
  /// What it runs on here: "CPU, AVX-512". Throws Error(failed) with the reason if this machine or
  /// this installation can't run it.
  std::string (*device)();
};

/// An engine for tables.
struct TableEngine : EngineRow {
  /// Returns null and sets `why` if the engine can't run the graph. Throws Error(bad_model) for a
  /// graph that no engine can run, and Error(failed) if the engine is not installed.
  std::unique_ptr<Predictor> (*open)(const model::ModelFile& file, std::string& why);
};

/// An engine for image networks, in one precision.
struct ImageEngine : EngineRow {
  Precision precision = Precision::f32;
  /// As above. `options.precision` is that of the row; `where` names the network in errors.
  std::unique_ptr<NetworkEngine> (*open)(const NetworkOptions& options, const std::string& where,
                                         std::string& why);
};

/// "oneDNN, bf16"
std::string name_of(const ImageEngine& engine);

/// Whether this machine can run the engine. Sets `text` to the device, or to the reason why not.
bool can_run_here(const EngineRow& engine, std::string& text);

/// By rising cost. The last engine runs any graph.
std::span<const TableEngine> table_engines();
std::span<const ImageEngine> image_engines();

/// Opens a network with the first engine that can run it, in one of the precisions of `wanted` or
/// in f32. `why` is set if the engine is not a compiled one. `bytes` is the file of `model`, or
/// empty. Throws Error(bad_model) if no engine can run the graph. The same for tables:
/// open_predictor() in predictor.h.
std::unique_ptr<NetworkEngine> open_network(const ::onnx::ModelProto& model, std::string_view bytes,
                                            const std::string& output,
                                            std::span<const PrecisionChoice> wanted,
                                            const std::string& where, std::string& why);

/// The output of an image classifier's graph.
inline constexpr const char* kClassProbabilities = "probabilities";

/// An engine's answer about a model.
struct EngineAnswer {
  std::string engine;  ///< "oneDNN, bf16"
  double cost = 0;
  bool compatible = false;
  std::string text;  ///< the device, or why the engine can't run the model
};

/// The answers of all engines for the file's kind of model, in the order in which they are tried:
/// the first compatible one runs it. Opens the model once with each.
std::vector<EngineAnswer> ask_engines(const model::ModelFile& file);

/// The precisions narrower than f32 in which the model may run: the one that the card chose, and
/// after int8 also bf16, if it was accepted.
std::vector<PrecisionChoice> precision_choices(const model::Card& card);

}  // namespace vitrine::engine
