#include "train/network/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace vitrine::train {
namespace {

class Checkpoint : public testing::Test {
 protected:
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("checkpoint-" + std::to_string(::getpid()));
  ~Checkpoint() override { std::filesystem::remove(path); }
};

TEST_F(Checkpoint, ReadsTheWrittenParts) {
  const std::vector<std::string> parts{"abc", "", std::string("\0\n12\n", 5), "end"};
  write_checkpoint(path, parts);
  EXPECT_EQ(read_checkpoint(path), parts);
}

TEST_F(Checkpoint, IsRejectedIfAByteIsChangedOrMissing) {
  EXPECT_THROW(read_checkpoint(path), Error);
  write_checkpoint(path, {"one part", "another"});
  const std::string whole = read_file(path, 1 << 20, "checkpoint");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string broken = whole;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    std::ofstream(path, std::ios::binary) << broken;
    EXPECT_THROW(read_checkpoint(path), Error) << "byte " << i;
    std::ofstream(path, std::ios::binary) << whole.substr(0, i);
    EXPECT_THROW(read_checkpoint(path), Error) << "cut at " << i;
  }
}

}  // namespace
}  // namespace vitrine::train
