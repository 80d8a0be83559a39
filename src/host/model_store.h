// The models of a server from file to answer: found, loaded beside the old ones, proven,
// put in their place, and let go when the last request is done with them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/catalogue.h"

namespace vitrine {

/// A file named on the command line.
struct ModelFileName {
  std::string name;
  /// 0: the file is a series of versions, numbered from 1 by their loads.
  std::uint64_t version = 0;
  std::filesystem::path path;
};

struct StoreOptions {
  std::vector<ModelFileName> files;
  /// A folder of models: `NAME.onnx`, `NAME/<number>/ANY.onnx` or `NAME/ANY.onnx`.
  std::optional<std::filesystem::path> folder;
  std::size_t versions = 3;  ///< of a folder's model: the newest so many are loaded
  std::map<std::string, Routing> routing;
  BatchOptions batches;                               ///< of models without their own
  std::map<std::string, BatchOptions> model_batches;  ///< by name
  Duration poll = std::chrono::seconds(5);            ///< where the system tells no changes
  /// Files and folders of others whose changes on_poll waits for too.
  std::vector<std::filesystem::path> also_watched;
  /// Called on the store's thread after each slow poll, and when something that is watched changed.
  std::function<void()> on_poll;
  bool allow_empty = false;  ///< ready although no model is there: they are loaded by the API
  /// Checks a file before it is opened (a signature); throws Error.
  std::function<void(const std::filesystem::path&, std::string_view bytes)> check;
};

/// Thread-safe.
class ModelStore {
 public:
  /// One line for people: what was loaded, what was not and why.
  using Say = std::function<void(const std::string& line)>;

  /// Loads everything. Throws Error for a file named in `files` that can't be served; what
  /// is wrong in `folder` is reported and kept as the fault of its model. What lies in `folder` and
  /// is no model is named once, with what to do about it.
  ModelStore(StoreOptions options, const HostParts& parts, Say say);
  ~ModelStore();

  std::shared_ptr<const Catalogue> catalogue() const;

  /// True once every model that was there at the start has a version that answered, while at least
  /// one has (or `allow_empty`).
  bool ready() const;

  /// Watches files from now on (inotify, and a slow poll) on a thread of its own.
  void watch();
  /// Ends the thread; what was not begun is not done, now or later.
  void stop();

  /// Looks at all files again, also at those that failed. Returns at once; `done` is called
  /// on the store's thread. watch() must have been called.
  void refresh(std::function<void()> done = {});

  /// Loads a model of the folder or the command line (again), or takes it out until it is
  /// loaded again. `done` gets why it failed, or nothing. As refresh().
  using Done = std::function<void(std::optional<Error> failure)>;
  void load(const std::string& name, Done done);
  void unload(const std::string& name, Done done);

  /// Changes labels, canary and shadow at once. Throws Error(bad_input) for a version that
  /// is not loaded or a share out of range.
  void route(const std::string& name, const Routing& routing);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Throws Error(bad_input) unless the routing fits the model's versions.
void check_routing(const CatalogueEntry& entry, const Routing& routing);

/// Fit for a path of the API: 1 to 100 letters, digits, '.', '_' and '-', no dot in front.
bool is_model_name(std::string_view name);

}  // namespace vitrine
