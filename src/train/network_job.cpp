#include "train/network_job.h"

#include <dlfcn.h>

#include "base/error.h"

namespace vitrine {

TrainedNetwork train_network_in_module(const NetworkJob& job) {
  using Door = TrainedNetwork (*)(const NetworkJob&);
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  const auto path = program.parent_path().parent_path() / "lib" / "vitrine" / "libvitrine-nn.so";
  // Never closed: libtorch keeps threads.
  void* module = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  void* door = module == nullptr ? nullptr : ::dlsym(module, "vitrine_train_network");
  if (door == nullptr) {
    const char* why = ::dlerror();
    throw Error(ErrorKind::failed, "the part that trains networks can't be loaded",
                why == nullptr ? path.string() : shown(why, 300),
                "install Vitrine whole: it belongs to lib/vitrine beside the program's folder");
  }
  using Build = const char* (*)();
  const auto build = reinterpret_cast<Build>(::dlsym(module, "vitrine_nn_build"));
  if (build == nullptr || nn_build() != build()) {
    throw Error(ErrorKind::failed, "the part that trains networks is of another build",
                path.string(), "install Vitrine whole, program and module together");
  }
  return reinterpret_cast<Door>(door)(job);
}

}  // namespace vitrine
