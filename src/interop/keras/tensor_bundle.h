// The variables of a SavedModel: a table of LevelDB's format (variables.index), whose entries say
// where each tensor is in the data files. See tensorflow/core/util/tensor_bundle.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "interop/keras/hdf5_file.h"

namespace vitrine::interop {

/// Not thread-safe.
class TensorBundle {
 public:
  /// `index` and `data` (its only shard) must outlive the object. Throws std::invalid_argument if
  /// the index is damaged, compressed or of several shards.
  TensorBundle(std::string_view index, std::string_view data);

  /// A tensor of floats (32, 16 or 64 bits) by its key. Throws std::invalid_argument.
  Hdf5Array read(const std::string& key) const;

 private:
  std::string_view data_;
  std::map<std::string, std::string> entries_;  ///< BundleEntryProto, by key
};

}  // namespace vitrine::interop
