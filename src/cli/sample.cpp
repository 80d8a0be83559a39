// vitrine sample: made-up data to try things with.
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "sample/churn.h"

namespace vitrine {

void add_sample(CLI::App& app) {
  struct Arguments {
    std::string out;
    std::size_t rows = 7000;
    std::uint64_t seed = 1;
  };
  CLI::App* verb = app.add_subcommand("sample", "Make sample data");
  verb->require_subcommand(1);
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

}  // namespace vitrine
