#include "base/file.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include "base/error.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vitrine-file-test-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const fs::path& path, const std::string& text) {
    write_file_atomically(path, std::array<std::string_view, 1>{text});
  }
  fs::path folder_;
};

TEST_F(FileTest, writes_whole_files_and_leaves_nothing_else) {
  write(folder_ / "a.onnx", "one");
  write(folder_ / "a.onnx", "two");
  EXPECT_EQ(read_file(folder_ / "a.onnx", 100, "it"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, a_link_is_followed_and_a_device_is_written_to) {
  write(folder_ / "real", "old");
  fs::create_symlink(folder_ / "real", folder_ / "link");
  write(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "real", 100, "it"), "new");
  write("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write("/dev/full", "x"), Error);
}

TEST_F(FileTest, removes_leftovers_of_a_killed_write) {
  std::ofstream(folder_ / ".a.onnx.part-999999999") << "half";
  write(folder_ / "a.onnx", "whole");
  EXPECT_FALSE(fs::exists(folder_ / ".a.onnx.part-999999999"));
}

TEST_F(FileTest, concurrent_writers_leave_a_complete_file) {
  // Threads of one process: in containers, too, all writers can have the same process id (1).
  const std::string texts[] = {std::string(3'000'000, 'a'), std::string(2'000'000, 'b')};
  for (int round = 0; round < 10; ++round) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] { write(folder_ / "one", texts[i % 2]); });
    }
    threads.clear();
    const std::string left = read_file(folder_ / "one", 10'000'000, "it");
    EXPECT_TRUE(left == texts[0] || left == texts[1]);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, check_writable_reports_a_missing_folder) {
  try {
    check_writable(folder_ / "no" / "a.onnx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::failed);
    EXPECT_NE(error.where.find("a.onnx"), std::string::npos);
    EXPECT_NE(error.hint.find("folder"), std::string::npos);
  }
}

TEST_F(FileTest, an_output_that_is_an_input_is_rejected) {
  write(folder_ / "table.csv", "a,b");
  fs::create_symlink(folder_ / "table.csv", folder_ / "link");
  EXPECT_THROW(check_writable(folder_ / "link", std::array{(folder_ / "table.csv").string()}),
               Error);
  check_writable(folder_ / "new", std::array{(folder_ / "table.csv").string(), std::string("-")});
}

TEST_F(FileTest, folders_missing_files_and_too_large_files_are_rejected) {
  write(folder_ / "a", "12345");
  EXPECT_THROW(MappedFile{folder_}, Error);
  EXPECT_THROW(MappedFile{folder_ / "missing"}, Error);
  EXPECT_THROW(read_file(folder_ / "a", 4, "it"), Error);
  EXPECT_EQ(MappedFile(folder_ / "a").text(), "12345");
}

TEST_F(FileTest, an_empty_file_maps_to_empty_text) {
  write(folder_ / "empty", "");
  EXPECT_EQ(MappedFile(folder_ / "empty").text(), "");
}

TEST(Sha256, matches_published_digests) {
  EXPECT_EQ(sha256_hex(std::array<std::string_view, 2>{"a", "bc"}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace vitrine
