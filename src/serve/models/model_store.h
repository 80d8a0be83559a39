// The models of a server: finds their files, loads new versions while the old ones serve, publishes
// them, and destroys old versions when no request uses them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/models/catalogue.h"

namespace vitrine::serve {

/// A file named on the command line.
struct ModelFileName {
  std::string name;
  /// 0: each load of the file is a new version, numbered from 1.
  std::uint64_t version = 0;
  std::filesystem::path path;
};

struct StoreOptions {
  std::vector<ModelFileName> files;
  /// A folder of models: `NAME.onnx`, `NAME/<number>/ANY.onnx` or `NAME/ANY.onnx`.
  std::optional<std::filesystem::path> folder;
  std::size_t versions = 3;  ///< number of newest versions of a folder's model that are loaded
  std::map<std::string, Routing> routing;
  BatchOptions batches;                               ///< of models without their own
  std::map<std::string, BatchOptions> model_batches;  ///< by name
  Duration poll = std::chrono::seconds(5);            ///< for changes that inotify misses
  /// Other files (keys, certificates) whose changes also trigger `on_poll`.
  std::vector<std::filesystem::path> also_watched;
  /// Called on the store's thread after each poll, and when a watched file changed.
  std::function<void()> on_poll;
  bool allow_empty = false;  ///< ready without a model: models are loaded later by the API
  /// Checks a file (its signature) before it is opened; throws Error to refuse it.
  std::function<void(const std::filesystem::path&, std::string_view bytes)> check;
};

/// Thread-safe.
class ModelStore {
 public:
  /// Prints a log line about loaded, failed and skipped files.
  using Say = std::function<void(const std::string& line)>;

  /// Loads all models. Throws Error for a file in `files` that can't be served. A failure in
  /// `folder` is logged and stored as the fault of its model. Other files in `folder` are logged
  /// once, with a hint.
  ModelStore(StoreOptions options, const HostParts& parts, Say say);
  ~ModelStore();

  std::shared_ptr<const Catalogue> catalogue() const;

  /// True once each model that existed at the start has a loaded version, and as long as at least
  /// one model is loaded (or with `allow_empty`).
  bool ready() const;

  /// Starts a thread that watches the files (inotify and polling).
  void watch();
  /// Ends the thread. Posted work that has not begun is discarded, and its `done` is not called.
  void stop();

  /// Checks all files again, also those that failed. Returns at once; `done` is called on the
  /// store's thread. watch() must have been called.
  void refresh(std::function<void()> done = {});

  /// Loads a model of the folder or the command line (again), or unloads it until load() is called.
  /// Asynchronous as refresh(); `done` gets the error, or nothing.
  using Done = std::function<void(std::optional<Error> failure)>;
  void load(const std::string& name, Done done);
  void unload(const std::string& name, Done done);

  /// Changes labels, canary and shadow immediately and atomically. Throws Error(bad_input) for a
  /// version that is not loaded or a share out of range.
  void route(const std::string& name, const Routing& routing);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Throws Error(bad_input) for a version that is not loaded, or a share outside 0 to 100 percent.
void check_routing(const CatalogueEntry& entry, const Routing& routing);

/// Whether `name` is allowed as a model name, which is part of URLs: 1 to 100 letters, digits, '.',
/// '_' and '-', not beginning with '.' or '-'.
bool is_model_name(std::string_view name);

}  // namespace vitrine::serve
