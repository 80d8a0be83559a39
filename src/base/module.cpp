#include "base/module.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <set>

#include "base/build_id.h"
#include "base/error.h"

namespace vitrine {
namespace {

constexpr const char* kHint =
    "reinstall Vitrine; its modules must be in lib/vitrine beside the program's folder";

// The names of modules' files.
constexpr std::string_view kPrefix = "libvitrine-";
constexpr std::string_view kSuffix = ".so";

/// The file that the code at `address` was mapped from; empty if there is none.
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
  // If another program has loaded libvitrine.so, the modules are in vitrine/ beside that library.
  const auto* code = reinterpret_cast<const void*>(&module_folder);
  Dl_info info{};
  if (::dladdr(code, &info) != 0 &&
      std::filesystem::path(info.dli_fname).filename().string().starts_with("libvitrine.so")) {
    return mapped_from(code).parent_path() / "vitrine";
  }
  const auto lib = program_path().parent_path().parent_path() / "lib";
  // Debian has a library folder for each architecture.
  const auto debian = lib / "x86_64-linux-gnu" / "vitrine";
  std::error_code problem;
  return std::filesystem::is_directory(debian, problem) ? debian : lib / "vitrine";
}

std::vector<std::string> installed_modules() {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(module_folder(), none)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) continue;
    out.push_back(file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size()));
  }
  std::ranges::sort(out);
  return out;
}

std::filesystem::path module_file(std::string_view name) {
  return module_folder() / (std::string(kPrefix) + std::string(name) + std::string(kSuffix));
}

const void* load_module(std::string_view name, std::string_view part) {
  const auto path = module_file(name);
  void* handle = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    throw Error(ErrorKind::failed, std::string(part) + " can't be loaded",
                why == nullptr ? path.string() : shown(why, 300), kHint);
  }
  const auto exports =
      reinterpret_cast<const ModuleExports* (*)()>(::dlsym(handle, "vitrine_module"));
  if (exports == nullptr) {
    throw Error(ErrorKind::failed, std::string(part) + " is not a module of Vitrine", path.string(),
                kHint);
  }
  const ModuleExports& found = *exports();
  if (std::string_view(found.build_id) != kBuildId) {
    throw Error(ErrorKind::failed, std::string(part) + " is from a different build", path.string(),
                "reinstall Vitrine so that the program and its modules are from one build");
  }
  const std::lock_guard lock(loaded().mutex);
  loaded().names.emplace(name);
  return found.entry_points;
}

}  // namespace vitrine
