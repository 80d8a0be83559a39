#include "cli/verbs.h"
namespace vitrine {
void add_import(CLI::App&) {}
}  // namespace vitrine
