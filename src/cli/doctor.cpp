// vitrine doctor: shows the processor, cores and memory of this machine and the engines that models
// run on here.
#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "base/parallel.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "engine/registry.h"

namespace vitrine::cli {
namespace {

/// The value of `name` in a file of `name: value` lines.
std::string field_of(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && trimmed(line.substr(0, colon)) == name) {
      return std::string(trimmed(line.substr(colon + 1)));
    }
  }
  return "unknown";
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

void print_engine(const engine::EngineRow& engine, const std::string& name) {
  std::string text;
  const bool available = engine::can_run_here(engine, text);
  std::cout << "  " << padded(name, 20) << padded(fmt::format("cost {:g}", engine.cost), 10)
            << (available ? "" : "not available: ") << text << "\n";
}

void doctor() {
  std::cout << "vitrine          " << kVersion << "\n"
            << "processor        " << field_of("/proc/cpuinfo", "model name") << "\n"
            << "cores to use     " << core_count() << " (within CPU affinity and cgroup limit)\n"
            << "instruction sets " << instruction_sets() << "\n"
            << "memory           " << field_of("/proc/meminfo", "MemTotal") << "\n";
  std::cout << "engines for tables, in the order in which they are tried:\n";
  for (const engine::TableEngine& one : engine::table_engines()) {
    print_engine(one, std::string(one.name));
  }
  std::cout << "engines for photos, in the precisions that a model was trained for:\n";
  for (const engine::ImageEngine& one : engine::image_engines()) {
    print_engine(one, name_of(one));
  }
  std::cout << "training\n  trees               histograms of quantised gradients\n"
            << "  logistic models     Newton's method up to 512 features, LIBLINEAR above\n";
}

}  // namespace

void add_doctor(CLI::App& app) {
  app.add_subcommand("doctor", "Show the capabilities of this machine and which engines it uses")
      ->callback(doctor);
}

}  // namespace vitrine::cli
