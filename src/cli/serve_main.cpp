// vitrine-serve: what a container ships. No trainers are linked.
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace vitrine;
  constexpr AddVerb kVerbs[] = {add_serve, add_predict, add_evaluate, add_inspect,
                                add_healthcheck, add_lambda, add_version, add_manual};
  return run_verbs(argc, argv, "vitrine-serve", kVerbs);
}
