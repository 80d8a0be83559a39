// table_files: how long reading a table's file takes, once it is in the page cache.
//   table_files ROUNDS FILE...
// Reads all columns of each file as training does, ROUNDS times, the files in turn; prints one line
// of JSON for each file with the seconds of all rounds.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "data/table/schema_inference.h"
#include "data/table/table_file.h"

using namespace vitrine;

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: table_files ROUNDS FILE...\n"), 2;
  const std::size_t rounds = std::strtoul(argv[1], nullptr, 10);
  try {
    std::vector<std::string> lines(static_cast<std::size_t>(argc));
    for (std::size_t round = 0; round < rounds; ++round) {
      for (int i = 2; i < argc; ++i) {
        using Clock = std::chrono::steady_clock;
        const auto began = Clock::now();
        const data::TableFile file(data::TableName{argv[i]}, {});
        const data::RawTable table = file.read(data::training_read_options({}));
        const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
        if (table.rows == 0) return 1;  // so that nothing is left out
        std::string& line = lines[static_cast<std::size_t>(i)];
        line += (line.empty() ? "" : ", ") + std::to_string(seconds);
      }
    }
    for (int i = 2; i < argc; ++i) {
      std::printf("{\"file\": \"%s\", \"seconds\": [%s]}\n", argv[i],
                  lines[static_cast<std::size_t>(i)].c_str());
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n  where: %s\n", error.message.c_str(), error.where.c_str());
    return 1;
  }
}
