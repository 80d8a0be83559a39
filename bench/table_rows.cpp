// table_rows: what a row costs a model of a table, once it is in the model's own terms.
//   table_rows MODEL CSV [ROWS A CALL]
// One thread. Answers all rows of CSV again and again for half a second; explains them too; prints
// microseconds a row.
#include <omp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "app/row_input.h"
#include "base/error.h"
#include "engine/predictor.h"

using namespace vitrine;

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: table_rows MODEL CSV [ROWS A CALL]\n"), 2;
  omp_set_num_threads(1);
  try {
    const model::ModelFile file = model::read_model(argv[1]);
    const auto predictor = engine::open_predictor(file);
    const data::Table table =
        app::read_rows(file.card->schema, *app::open_input({argv[2]}, {}), {}).table;
    const std::size_t together = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 100;
    std::vector<data::Table> parts;
    for (std::size_t first = 0; first + together <= table.rows; first += together) {
      std::vector<std::uint32_t> rows(together);
      for (std::size_t i = 0; i < together; ++i) rows[i] = static_cast<std::uint32_t>(first + i);
      parts.push_back(table.subset(rows));
    }
    double sum = 0;  // so that nothing is left out
    const auto us_a_row = [&](auto ask) {
      using Clock = std::chrono::steady_clock;
      std::size_t answered = 0;
      double passed = 0;
      for (const auto began = Clock::now(); passed < 0.5;) {
        for (const data::Table& part : parts) sum += ask(part);
        answered += parts.size() * together;
        passed = std::chrono::duration<double>(Clock::now() - began).count();
      }
      return 1e6 * passed / static_cast<double>(answered);
    };
    const double predicted = us_a_row(
        [&](const data::Table& part) { return predictor->predict(part).probabilities[0]; });
    const double explained =
        us_a_row([&](const data::Table& part) { return predictor->explain(part).values[0]; });
    std::printf(
        "{\"us_a_row\": %.4f, \"us_a_row_explained\": %.4f, \"engine\": \"%s\", \"check\": %.3f}\n",
        predicted, explained, predictor->engine().c_str(), sum);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message.c_str());
    return 1;
  }
}
