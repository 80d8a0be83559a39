// vitrine: every verb.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "cli/verbs.h"

namespace {

/// libgomp's threads wait for each other in a loop that burns a core. Where others
/// want that core, training took five times as long (two trainings on two cores, libtorch
/// 2.6), and a server's event loops are such others; a short wait costs nothing alone. It reads its
/// settings when the program starts, so the program starts once more.
void wait_briefly(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if ((verb != "train" && verb != "serve") || std::getenv("GOMP_SPINCOUNT") != nullptr ||
      std::getenv("OMP_WAIT_POLICY") != nullptr) {
    return;
  }
  std::error_code problem;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", problem);
  ::setenv("GOMP_SPINCOUNT", "2000", 1);
  if (!problem) ::execv(self.c_str(), argv);  // comes back only where it failed
}

}  // namespace

int main(int argc, char** argv) {
  wait_briefly(argc, argv);
  using namespace vitrine;
  constexpr AddVerb kVerbs[] = {add_describe, add_train,  add_predict, add_evaluate,
                                add_inspect,  add_serve,  add_sample,  add_import,
                                add_pull,     add_doctor, add_sign,    add_compile, add_compare,
                                add_package,  add_healthcheck, add_version, add_manual};
  return run_verbs(argc, argv, "vitrine", kVerbs);
}
