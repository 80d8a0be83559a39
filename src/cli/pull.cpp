// vitrine pull: downloads pre-trained networks (backbones) into the cache and verifies them.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "zoo/manifest.h"

namespace vitrine::cli {
namespace {

struct PullArguments {
  std::vector<std::string> names;
  std::string manifest;
  bool list = false;
};

void print_list(const std::vector<zoo::ZooEntry>& entries) {
  for (const zoo::ZooEntry& one : entries) {
    std::cout << fmt::format("{:<24} {:>7.1f} MB  {:<12} {:<6} {}\n", one.name,
                             static_cast<double>(one.bytes) / 1e6, shown(one.licence, 12),
                             zoo::pulled(one.name) ? "cached" : "", shown(one.about, 100));
  }
}

void pull_one(const std::vector<zoo::ZooEntry>& entries, const std::string& name) {
  const auto entry = std::ranges::find(entries, name, &zoo::ZooEntry::name);
  if (entry == entries.end()) {
    std::vector<std::string> names;
    for (const zoo::ZooEntry& one : entries) names.push_back(one.name);
    throw Error(ErrorKind::usage, "there is no backbone '" + shown(name) + "'", "vitrine pull",
                did_you_mean(name, names) + "the names are " + listed(names, 20));
  }
  const bool terminal = ::isatty(2) == 1;
  zoo::pull(*entry, [&](std::uint64_t there) {
    if (!terminal) return;
    std::cerr << fmt::format("\r\033[K{}: {:.1f} of {:.1f} MB", name,
                             static_cast<double>(there) / 1e6,
                             static_cast<double>(entry->bytes) / 1e6)
              << std::flush;
  });
  if (terminal) std::cerr << "\r\033[K" << std::flush;
  std::cout << "saved " << name << " as " << zoo::place_of(name).string() << " (SHA-256 "
            << entry->sha256.substr(0, 16) << "..., verified)\n"
            << "next: vitrine train PHOTOS --backbone " << name << "\n";
}

}  // namespace

void add_pull(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("pull", "Download a pre-trained network for --backbone");
  auto arguments = std::make_shared<PullArguments>();
  verb->add_option("NAME", arguments->names, "Names of networks, see --list");
  verb->add_flag("--list", arguments->list, "List the networks, their sizes and licences");
  verb->add_option("--manifest", arguments->manifest,
                   "A JSON file with your own list of networks; default: the built-in list");
  verb->callback([arguments] {
    const auto entries = arguments->manifest.empty() ? zoo::known_backbones()
                                                     : zoo::read_manifest(arguments->manifest);
    if (arguments->list) return print_list(entries);
    if (arguments->names.empty()) {
      throw Error(ErrorKind::usage, "no backbone was given", "vitrine pull",
                  "write vitrine pull NAME; vitrine pull --list shows the names");
    }
    for (const std::string& name : arguments->names) pull_one(entries, name);
  });
}

}  // namespace vitrine::cli
