#include "base/module.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <set>

#include "base/error.h"

namespace vitrine {
namespace {

constexpr const char* kMend =
    "install Vitrine whole: it belongs to lib/vitrine beside the program's folder";

/// The file that the code at `address` was mapped from, or nothing.
std::filesystem::path mapped_from(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {  // "55d0-55d8 r-xp 00000000 fe:00 1234    /usr/bin/vitrine"
    std::uintptr_t low = 0, high = 0;
    int path = 0;
    const int read = std::sscanf(line.c_str(), "%lx-%lx %*s %*s %*s %*s %n", &low, &high, &path);
    if (read == 2 && low <= wanted && wanted < high && path > 0) {
      return line.substr(static_cast<std::size_t>(path));
    }
  }
  return {};
}

struct LoadedModules {
  std::mutex mutex;
  std::set<std::string> names;
};
LoadedModules& loaded() {
  static LoadedModules all;
  return all;
}

}  // namespace

std::vector<std::string> loaded_modules() {
  const std::lock_guard lock(loaded().mutex);
  return {loaded().names.begin(), loaded().names.end()};
}

std::filesystem::path program_path() {
  std::error_code problem;
  auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  if (program.filename().string().starts_with("ld-")) {
    program = mapped_from(reinterpret_cast<const void*>(&program_path));
  }
  if (!program.empty()) return program;
  throw Error(ErrorKind::failed, "the program can't find its own file", "/proc/self/exe",
              "mount /proc");
}

std::filesystem::path module_folder() {
  const auto lib = program_path().parent_path().parent_path() / "lib";
  // Debian keeps what is for one architecture in a folder of its own.
  const auto debian = lib / "x86_64-linux-gnu" / "vitrine";
  std::error_code problem;
  return std::filesystem::is_directory(debian, problem) ? debian : lib / "vitrine";
}

Module::Module(const std::string& name, const std::string& part, const std::string& build)
    : path_(module_folder() / ("libvitrine-" + name + ".so")),
      part_(part),
      handle_(::dlopen(path_.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
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
  const std::lock_guard lock(loaded().mutex);
  loaded().names.insert(name);
}

void* Module::symbol(const char* name) const {
  void* place = ::dlsym(handle_, name);
  if (place != nullptr) return place;
  throw Error(ErrorKind::failed, part_ + " has no " + name, path_.string(), kMend);
}

}  // namespace vitrine
