// The program `vitrine`: all verbs.
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace vitrine::cli;
  constexpr AddVerb kVerbs[] = {add_describe,    add_train,   add_predict, add_evaluate,
                                add_inspect,     add_serve,   add_sample,  add_import,
                                add_pull,        add_doctor,  add_sign,    add_key,
                                add_compile,     add_compare, add_tune,    add_package,
                                add_healthcheck, add_version, add_manual};
  return run_verbs(argc, argv, "vitrine", kVerbs);
}
