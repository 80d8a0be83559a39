// vitrine: every verb.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "cli/verbs.h"

namespace {

/// libgomp's threads wait for each other in a loop that burns a core. Where others
/// want that core, training took five times as long (two trainings on two cores, libtorch
/// 2.6); a short wait costs nothing alone. It reads its settings when the program
/// starts, so the program starts once more.
void wait_briefly(int argc, char** argv) {
  const bool trains = argc > 1 && std::string_view(argv[1]) == "train";
  if (!trains || std::getenv("GOMP_SPINCOUNT") != nullptr ||
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
  constexpr AddVerb kVerbs[] = {add_describe, add_train,  add_predict, add_evaluate, add_inspect,
                                add_serve,    add_sample, add_import,  add_pull,     add_doctor, add_sign};
  return run_verbs(argc, argv, kVerbs);
}
