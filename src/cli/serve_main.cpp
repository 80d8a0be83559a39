// The program `vitrine-serve`, for containers: the verbs that need no trainer. None is linked.
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace vitrine::cli;
  constexpr AddVerb kVerbs[] = {add_serve,       add_predict, add_evaluate, add_inspect,
                                add_healthcheck, add_lambda,  add_version,  add_manual};
  return run_verbs(argc, argv, "vitrine-serve", kVerbs);
}
