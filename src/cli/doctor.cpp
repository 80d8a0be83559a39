// vitrine doctor: what this machine has, and which fast path it gets.
#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "base/parallel.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/verbs.h"
#include "infer/network_engine.h"
#include "infer/onnx_runtime.h"
#include "infer/tree_kernel.h"
#include "train/learners.h"

namespace vitrine {
namespace {

/// The value behind `name` in a file of `name: value` lines.
std::string field_of(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && trimmed(line.substr(0, colon)) == name) {
      return std::string(trimmed(line.substr(colon + 1)));
    }
  }
  return "not known";
}

std::string instruction_sets() {
  const std::string flags = " " + field_of("/proc/cpuinfo", "flags") + " ";
  std::vector<std::string> found;
  for (const char* flag :
       {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8"}) {
    if (flags.find(" " + std::string(flag) + " ") != std::string::npos) found.emplace_back(flag);
  }
  return found.empty() ? "none beyond SSE2" : listed(found);
}

void doctor() {
  std::cout << "vitrine          " << kVersion << "\n"
            << "processor        " << field_of("/proc/cpuinfo", "model name") << "\n"
            << "cores to use     " << core_count() << " (affinity and the cgroup's limit obeyed)\n"
            << "instruction sets " << instruction_sets() << "\n"
            << "memory           " << field_of("/proc/meminfo", "MemTotal") << "\n"
            << "tables run       compiled into the program (trees by the kernel "
            << name_of(best_tree_kernel()) << "); graphs of others on ONNX Runtime "
            << onnx_runtime_version() << ", a module that is loaded for them\n"
            << "photos run       compiled by oneDNN, a module that is loaded for them, in f32"
            << (processor_has(Precision::bf16) ? ", bf16" : "")
            << (processor_has(Precision::int8) ? ", int8" : "")
            << "; what it does not know on ONNX Runtime\n"
            << "trees grow by    XGBoost " << xgboost_version()
            << ", a module that is loaded for them\n"
            << "logistic models  Newton's method up to 512 features, LIBLINEAR above\n";
}

}  // namespace

void add_doctor(CLI::App& app) {
  app.add_subcommand("doctor", "Show what this machine has and which engines it gets")
      ->callback(doctor);
}

}  // namespace vitrine
