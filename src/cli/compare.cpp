// vitrine compare: two models on the same data.
#include "app/compare.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "base/text.h"
#include "cli/metrics_text.h"
#include "cli/table_options.h"
#include "cli/text_table.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct CompareArguments {
  app::CompareOptions options;
  bool json = false;
};

void print(const app::CompareOptions& options, const app::ModelComparison& comparison) {
  std::cout << "first:  " << options.first << "\nsecond: " << options.second << "\non "
            << with_commas(comparison.rows) << " " << comparison.noun << " of "
            << data::names_text(options.data);
  if (comparison.accuracy) {
    std::cout << "; predicted correctly by the first only: " << comparison.accuracy->only_first
              << ", by the second only: " << comparison.accuracy->only_second;
  }
  std::cout << "\n\n  " << padded("", 10) << "    first   second   difference (95 % interval)\n";
  for (const app::MetricComparison& one : comparison.metrics) {
    const auto& difference = one.difference.difference;
    const auto text = [&](double number, bool sign) {
      if (!one.metric.in_units)
        return sign ? fmt::format("{:+.3f}", number) : fmt::format("{:.3f}", number);
      return (sign && number >= 0 ? "+" : "") + short_number(number);
    };
    std::cout << fmt::format("  {}  {:>7}  {:>7}   {} ({} to {})   p = {:.2g}: {}\n",
                             padded(std::string(one.metric.name), 10), text(one.first, false),
                             text(one.second, false), text(difference.value, true),
                             text(difference.ci95.low, true), text(difference.ci95.high, true),
                             one.difference.p_value, one.verdict());
  }
  std::cout << (comparison.accuracy
                    ? "\ntests: McNemar's exact test for accuracy, DeLong's test for AUC, the mean "
                      "difference per case for log loss\n"
                    : "\ntests: the mean difference of the squared or absolute errors per case\n");
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("compare", "Compare two models on the same labelled data, with p-values");
  auto arguments = std::make_shared<CompareArguments>();
  verb->add_option("FIRST", arguments->options.first, "The first model file")->required();
  verb->add_option("SECOND", arguments->options.second,
                   "The second model file; it must predict the same classes")
      ->required();
  verb->add_option(
          "DATA", arguments->options.data,
          "A table with the target column (several files, folders and patterns such as '*.csv' are "
          "read as one), or a folder with one subfolder of photos per class")
      ->required();
  add_file_options(*verb, arguments->options.file, "Tables: ");
  verb->add_flag("--json", arguments->json, "Print JSON");
  verb->callback([arguments] {
    const app::ModelComparison comparison = app::compare_models(arguments->options);
    if (arguments->json) {
      std::cout << comparison.to_json().dump(2) << "\n";
    } else {
      print(arguments->options, comparison);
    }
  });
}

}  // namespace vitrine::cli
