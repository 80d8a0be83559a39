#include "base/module.h"

#include <dlfcn.h>

#include "base/error.h"

namespace vitrine {
namespace {

constexpr const char* kMend =
    "install Vitrine whole: it belongs to lib/vitrine beside the program's folder";

std::filesystem::path path_of(const std::string& name) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / "vitrine" / ("libvitrine-" + name + ".so");
}

}  // namespace

Module::Module(const std::string& name, const std::string& part, const std::string& build)
    : path_(path_of(name)), part_(part), handle_(::dlopen(path_.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    const char* why = ::dlerror();
    throw Error(ErrorKind::failed, part_ + " can't be loaded",
                why == nullptr ? path_.string() : shown(why, 300), kMend);
  }
  const auto said = function<const char*()>(("vitrine_" + name + "_build").c_str())();
  if (build != said) {
    throw Error(ErrorKind::failed, part_ + " is of another build", path_.string(),
                "install Vitrine whole, program and module together");
  }
}

void* Module::symbol(const char* name) const {
  void* place = ::dlsym(handle_, name);
  if (place != nullptr) return place;
  throw Error(ErrorKind::failed, part_ + " has no " + name, path_.string(), kMend);
}

}  // namespace vitrine
