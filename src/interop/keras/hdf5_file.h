// Files in the format HDF5, in which Keras stores weights. HDF5's library is in the module `hdf5`,
// and runs in a child process without rights.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::interop {

struct Hdf5Array {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  ///< row by row
};

/// How many numbers an array of this shape has; nullopt for a negative size, or more than `most`.
std::optional<std::size_t> number_count(std::span<const std::int64_t> shape, std::size_t most);

/// Paths have no slash at either end; that of the root is empty.
struct Hdf5File {
  std::map<std::string, Hdf5Array> arrays;  ///< of numbers, by path
  /// Attributes of text, or a list of texts, by the path of their group and their name.
  std::map<std::string, std::map<std::string, std::vector<std::string>>> texts;

  /// An attribute that is one text; empty if there is none.
  std::string text(const std::string& group, const std::string& name) const;
};

bool is_hdf5(std::string_view bytes);

/// Reads all of a file except the state of optimizers. Links to other files are not followed.
/// Throws Error(bad_input) if it is damaged or holds over 256 M numbers, and Error(failed) if the
/// module can't be loaded or the kernel has no seccomp. Thread-safe.
Hdf5File read_hdf5(std::string_view bytes, const std::string& where);

/// The functions of the module.
struct Hdf5EntryPoints {
  Hdf5File (*read)(std::string_view bytes, const std::string& where);
};

}  // namespace vitrine::interop
