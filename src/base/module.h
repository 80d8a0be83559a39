// Parts of the program that are loaded when they are needed: shared objects in lib/vitrine, beside
// the folder that the program lies in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vitrine {

/// The file that this program runs from, also where a loader that it carries started it
/// (`lib/ld-linux-x86-64.so.2 bin/vitrine-serve`, as packages for any Linux do). Throws
/// Error(failed) where /proc is not there.
std::filesystem::path program_path();

/// The folder of modules beside the program's folder: lib/x86_64-linux-gnu/vitrine where that is
/// there, else lib/vitrine, which need not be.
std::filesystem::path module_folder();

/// Names of the modules that are loaded so far, each once, in order of the alphabet.
std::vector<std::string> loaded_modules();

/// A loaded module. It is never unloaded: the libraries that modules bring keep threads.
class Module {
 public:
  /// Loads lib/vitrine/libvitrine-NAME.so. `part` is what it does, for people: "the part that
  /// trains networks". `build` is what its vitrine_NAME_build() must say. Throws Error(failed).
  Module(const std::string& name, const std::string& part, const std::string& build);

  /// Throws Error(failed) for a function that is not there.
  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;
  std::filesystem::path path_;
  std::string part_;
  void* handle_ = nullptr;
};

}  // namespace vitrine
