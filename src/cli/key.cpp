// vitrine key: makes an API key for `serve --api-keys`.
#include <sys/random.h>

#include <array>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/verbs.h"
#include "serve/api/api_keys.h"

namespace vitrine::cli {
namespace {

struct KeyArguments {
  std::string name;
  std::string file = "keys";
  bool admin = false;
  double rate = 0;
};

/// 256 bits of the system's random numbers, as hexadecimal digits.
std::string new_key() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorKind::failed, "the system gave no random numbers", "getrandom", "try again");
  }
  std::string key;
  for (const unsigned char byte : bytes) key += fmt::format("{:02x}", byte);
  return key;
}

void make_key(const KeyArguments& arguments) {
  const std::string key = new_key();
  serve::append_api_key(
      arguments.file,
      {.name = arguments.name, .key = key, .admin = arguments.admin, .rate = arguments.rate});
  std::cerr << "appended the key of " << arguments.name << " to " << arguments.file
            << " as a hash; the key itself is shown only once:\n";
  std::cout << key << "\n";
  std::cerr << "next: vitrine serve MODEL --api-keys " << arguments.file
            << "; a running server reads the file again by itself\n"
            << "clients send: Authorization: Bearer KEY\n";
}

}  // namespace

void add_key(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("key", "Make an API key for a server");
  auto arguments = std::make_shared<KeyArguments>();
  verb->add_option("NAME", arguments->name, "Who will use the key: one word")->required();
  verb->add_option("--file", arguments->file,
                   "The file of keys, to which a line is appended; default: keys");
  verb->add_flag("--admin", arguments->admin, "The key may also use the paths below /admin");
  verb->add_option("--rate", arguments->rate, "Allowed requests per second; default: no limit")
      ->check(CLI::Range(0.001, 1e9));
  verb->callback([arguments] { make_key(*arguments); });
}

}  // namespace vitrine::cli
