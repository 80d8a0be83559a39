// vitrine sample: writes synthetic data sets for first trials.
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "sample/churn.h"
#include "sample/clothes.h"

namespace vitrine::cli {

namespace {

void add_churn(CLI::App* verb) {
  struct Arguments {
    std::string out;
    std::size_t rows = 7000;
    std::uint64_t seed = 1;
  };
  CLI::App* churn = verb->add_subcommand("churn", "A synthetic table of telephone customers");
  auto arguments = std::make_shared<Arguments>();
  churn->add_option("OUT", arguments->out, "The CSV file to write")->required();
  churn->add_option("--rows", arguments->rows, "Number of rows; default: 7,000")
      ->check(CLI::Range(1, 100'000'000));
  churn->add_option("--seed", arguments->seed,
                    "Random seed; the same seed gives the same file; default: 1");
  churn->callback([arguments] {
    check_writable(arguments->out);
    sample::write_churn_sample(arguments->out, arguments->rows, arguments->seed);
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
  CLI::App* clothes =
      verb->add_subcommand("clothes", "Synthetic photos (drawings) of ten kinds of clothes");
  auto arguments = std::make_shared<Arguments>();
  clothes->add_option("OUT", arguments->out, "The folder to write")->required();
  clothes
      ->add_option("--photos", arguments->photos,
                   "Number of photos of all classes together; default: 4,000")
      ->check(CLI::Range(20, 10'000'000));
  clothes->add_option("--side", arguments->side, "Width and height in pixels; default: 96")
      ->check(CLI::Range(16, 2048));
  clothes->add_option("--seed", arguments->seed,
                      "Random seed; the same seed gives the same photos; default: 1");
  clothes->callback([arguments] {
    sample::write_clothes_sample(arguments->out, arguments->photos, arguments->seed,
                                 arguments->side);
    std::cout << "wrote " << arguments->out << ": " << counted(arguments->photos, "photo")
              << " of 10 kinds, " << arguments->side << " x " << arguments->side << " pixels\n";
  });
}

}  // namespace

void add_sample(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("sample", "Write a synthetic data set");
  verb->require_subcommand(1);
  add_churn(verb);
  add_clothes(verb);
}

}  // namespace vitrine::cli
