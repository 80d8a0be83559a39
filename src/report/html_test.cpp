#include "report/html.h"

#include <gtest/gtest.h>

namespace vitrine::report {
namespace {

TEST(Html, names_can_not_become_markup) {
  EXPECT_EQ(html_text("<img src=x onerror=\"a('b')\">&"),
            "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;");
  EXPECT_EQ(html_text("a\x01\nb").find('\x01'), std::string::npos);
  EXPECT_EQ(html_text("\xE2\x80\xAE evil").find("\xE2\x80\xAE"), std::string::npos);  // U+202E
  EXPECT_LT(html_text(std::string(1000, 'x'), 50).size(), 60U);
}

TEST(Html, axes_have_round_ends_that_contain_the_values) {
  for (const auto& [low, high] : {std::pair{0.0, 1.0},
                                  {0.812, 0.9031},
                                  {-3.0, 17.0},
                                  {5.0, 5.0},
                                  {9007199254740992.0, 9007199254740994.0},
                                  {-1e300, -1e300},
                                  {1e-300, 2e-300}}) {
    const PlotRange range = range_around(low, high);
    EXPECT_LE(range.low, low);
    EXPECT_GE(range.high, high);
    EXPECT_LT(range.low, range.high);
    EXPECT_GE(range.ticks.size(), 2U);
    EXPECT_LE(range.ticks.size(), 5U);
  }
}

TEST(Html, a_plot_has_its_lines_and_a_text_for_screen_readers) {
  PlotLine line{.points = {{0, 0}, {0.5, 0.25}, {1, 1}}};
  line.label = "a <line>";
  const std::string svg = svg_plot({line}, true, "x", "y", "a curve of \"3\" points");
  EXPECT_NE(svg.find("a curve of &quot;3&quot; points"), std::string::npos);
  EXPECT_EQ(svg.find("<line>"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>") || svg.ends_with("</svg>\n"));
}

TEST(Html, a_page_forbids_network_access) {
  const std::string page = html_page("a & b", "<p>body</p>");
  EXPECT_NE(page.find("Content-Security-Policy"), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("<title>a &amp; b"), std::string::npos);
}

}  // namespace
}  // namespace vitrine::report
