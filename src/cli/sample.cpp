// vitrine sample: made-up data to try things with.
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "sample/churn.h"
#include "sample/clothes.h"

namespace vitrine {

namespace {

void add_churn(CLI::App* verb) {
  struct Arguments {
    std::string out;
    std::size_t rows = 7000;
    std::uint64_t seed = 1;
  };
  CLI::App* churn = verb->add_subcommand("churn", "A table of made-up telephone customers");
  auto arguments = std::make_shared<Arguments>();
  churn->add_option("OUT", arguments->out, "The CSV file to write")->required();
  churn->add_option("--rows", arguments->rows, "Customers")->check(CLI::Range(1, 100'000'000));
  churn->add_option("--seed", arguments->seed, "The same seed gives the same file");
  churn->callback([arguments] {
    check_writable(arguments->out);
    write_churn_sample(arguments->out, arguments->rows, arguments->seed);
    std::cout << "wrote " << arguments->out << ": " << counted(arguments->rows, "customer") << ", "
              << with_commas(std::filesystem::file_size(arguments->out))
              << " bytes; the target is Churn\n";
  });
}

void add_clothes(CLI::App* verb) {
  struct Arguments {
    std::string out;
    std::size_t photos = 4000;
    int side = 96;
    std::uint64_t seed = 1;
  };
  CLI::App* clothes = verb->add_subcommand("clothes", "Drawn photos of ten kinds of clothes");
  auto arguments = std::make_shared<Arguments>();
  clothes->add_option("OUT", arguments->out, "The folder to make")->required();
  clothes->add_option("--photos", arguments->photos, "How many, of all kinds together")
      ->check(CLI::Range(20, 10'000'000));
  clothes->add_option("--side", arguments->side, "Pixels a side")->check(CLI::Range(16, 2048));
  clothes->add_option("--seed", arguments->seed, "The same seed gives the same photos");
  clothes->callback([arguments] {
    write_clothes_sample(arguments->out, arguments->photos, arguments->seed, arguments->side);
    std::cout << "wrote " << arguments->out << ": " << counted(arguments->photos, "photo")
              << " of 10 kinds, " << arguments->side << " x " << arguments->side << " pixels\n";
  });
}

}  // namespace

void add_sample(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("sample", "Make sample data");
  verb->require_subcommand(1);
  add_churn(verb);
  add_clothes(verb);
}

}  // namespace vitrine
