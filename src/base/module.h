// Parts of the program that are loaded when they are needed: shared objects in lib/vitrine, beside
// the folder that the program lies in.
#pragma once

#include <filesystem>
#include <string>

namespace vitrine {

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
