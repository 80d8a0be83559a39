// An immutable snapshot of the served models, which requests read without a lock.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/models/served_model.h"

namespace vitrine::serve {

/// How requests without a version are distributed among the versions of a model.
struct Routing {
  std::map<std::string, std::uint64_t> labels;  ///< "stable" -> 3
  std::uint64_t canary = 0;                     ///< version; 0: none
  double canary_percent = 0;                    ///< of the requests, 0 to 100
  std::uint64_t shadow = 0;                     ///< version that predicts for comparison only
};

/// A named model with its versions.
struct CatalogueEntry {
  std::string name;
  std::map<std::uint64_t, std::shared_ptr<const ServedModel>> versions;
  Routing routing;
  std::string fault;  ///< why the newest file could not be loaded; empty: it was loaded
  /// Number of requests without a version; shared by all snapshots.
  std::shared_ptr<std::atomic<std::uint64_t>> turns;

  /// The newest version that is neither canary nor shadow, else the newest; null if no version is
  /// loaded.
  std::shared_ptr<const ServedModel> current() const;
  /// The version for the next request: the canary for exactly its share of the requests, else
  /// current(). Thread-safe.
  std::shared_ptr<const ServedModel> pick() const;
  std::shared_ptr<const ServedModel> shadow() const;  ///< null if none
  /// The numbers of the versions, as answers of all protocols write them.
  std::vector<std::string> version_names() const;
};

/// Immutable after publication, except for `turns`.
struct Catalogue {
  std::vector<CatalogueEntry> entries;  ///< in the order of the command line, then by name
  std::size_t generation = 0;           ///< grows with every change

  const CatalogueEntry* find(std::string_view name) const;  ///< null: no such model
  std::vector<std::string> names() const;
};

}  // namespace vitrine::serve
