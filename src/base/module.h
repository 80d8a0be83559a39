// Modules: shared libraries in lib/vitrine, beside the program's folder, that the program loads
// only when it needs them. All functions are thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// The file of this program, also if a bundled loader started it (packages for any Linux run
/// `lib/ld-linux-x86-64.so.2 bin/vitrine-serve`). Throws Error(failed) if /proc is not mounted.
std::filesystem::path program_path();

/// The folder of modules beside the program's folder: lib/x86_64-linux-gnu/vitrine if it exists,
/// else lib/vitrine, which may not exist.
std::filesystem::path module_folder();

/// The names of the modules in module_folder(), in alphabetical order.
std::vector<std::string> installed_modules();

/// The file of a module, which may not exist.
std::filesystem::path module_file(std::string_view name);

/// The names of the modules that have been loaded, without duplicates, in alphabetical order.
std::vector<std::string> loaded_modules();

/// What every module exports, by `extern "C" const vitrine::ModuleExports* vitrine_module()`.
struct ModuleExports {
  const char* build_id;      ///< kBuildId of base/build_id.h
  const void* entry_points;  ///< a table of functions; its type is that of the module's header
};

/// Loads lib/vitrine/libvitrine-NAME.so and returns its table of functions. `part` describes the
/// module in errors: "the HTTP client". A module stays loaded, because its libraries keep threads.
/// Throws Error(failed) if it can't be loaded, or if it was built from other headers than this
/// program (it would then disagree about the types that they exchange). Thread-safe.
const void* load_module(std::string_view name, std::string_view part);

/// The same with the table's type.
template <typename EntryPoints>
const EntryPoints& load_module(std::string_view name, std::string_view part) {
  return *static_cast<const EntryPoints*>(load_module(name, part));
}

}  // namespace vitrine
