#include "cli/terminal_style.h"

#include <gtest/gtest.h>

#include "cli/text_table.h"

namespace vitrine::cli {
namespace {

TEST(TerminalStyle, long_lines_are_wrapped_at_blanks_and_indented) {
  EXPECT_EQ(styled_line("  trees log loss 0.44; trees 256", 20, false),
            "  trees log loss\n      0.44; trees\n      256");
  EXPECT_EQ(styled_line("  trees  log loss 0.44; trees 256", 20, false),
            "  trees  log loss\n         0.44; trees\n         256");
  EXPECT_EQ(styled_line("short", 20, false), "short");
  EXPECT_EQ(styled_line("exactly twenty chars", 20, false), "exactly twenty chars");
  EXPECT_EQ(styled_line("one_word_that_is_longer_than_the_line", 20, false),
            "one_word_that_is_longer_than_the_line");
  EXPECT_EQ(styled_line("a long_word_that_is_longer_than_it", 20, false),
            "a\n    long_word_that_is_longer_than_it");
  EXPECT_EQ(styled_line("one_word_that_is_longer_than_the_line and some more words", 20, false),
            "one_word_that_is_longer_than_the_line\n    and some more\n    words");
  EXPECT_EQ(styled_line("trailing blanks are cut          ", 23, false), "trailing blanks are cut");
  EXPECT_EQ(styled_line("next: vitrine serve a_long_name.onnx", 20, false),
            "next: vitrine serve a_long_name.onnx");
}

TEST(TerminalStyle, characters_are_counted_and_not_bytes) {
  const std::string text = "größer größer größer";  // 20 characters
  ASSERT_EQ(characters(text), 20U);
  EXPECT_EQ(styled_line(text, 20, false), text);
}

TEST(TerminalStyle, lines_of_JSON_are_unchanged) {
  for (const char* line : {"{\"a b\": 1, \"c d\": 2}", "  \"a b c d e f g h i j k\": 1,",
                           "[1, 2, 3, "
                           "4, 5, 6, 7]"}) {
    EXPECT_EQ(styled_line(line, 10, true), line);
  }
}

TEST(TerminalStyle, what_begins_a_message_has_a_colour) {
  EXPECT_EQ(styled_line("error: no such file", 80, true), "\033[1;31merror:\033[0m no such file");
  EXPECT_EQ(styled_line("  hint: check", 80, true), "\033[2m  hint:\033[0m check");
  EXPECT_EQ(styled_line("test set (9 rows):", 80, true), "\033[1mtest set (9 rows):\033[0m");
  EXPECT_EQ(styled_line("error: no such file", 80, false), "error: no such file");
  EXPECT_EQ(styled_line("an error: no", 80, true), "an error: no");
}

}  // namespace
}  // namespace vitrine::cli
