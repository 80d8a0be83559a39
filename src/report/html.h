// Pieces of HTML and SVG for reports. Pure functions. Names of models, files and columns are
// escaped, so that they can't become markup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vitrine::report {

/// `text` as HTML text or attribute value: `<>&"'` escaped, cut at `most` characters, without
/// control characters and bidirectional marks; isolated (U+2068) if it may be right-to-left text.
std::string html_text(std::string_view text, std::size_t most = 200);

/// `x` with a fixed number of decimals: `0.123`.
std::string html_number(double x, int digits = 3);

/// The range of an axis and its tick labels.
struct PlotRange {
  double low = 0;
  double high = 1;
  std::vector<double> ticks = {0.0, 0.5, 1.0};
};

/// The smallest range with round ends that contains `low` and `high`, with at most five ticks.
PlotRange range_around(double low, double high);

struct PlotLine {
  std::vector<std::pair<double, double>> points;
  bool dots = false;
  bool connected = true;   ///< false: a cloud of small dots without a line
  std::string name = {};   ///< id of a movable marker for scripts; empty: none
  std::string label = {};  ///< text of the legend; may be empty
  bool dashed = false;
  double mark = -1;                                   ///< an x to mark on the line; below 0: none
  std::vector<std::pair<double, double>> bands = {};  ///< of each point: low and high y; or empty
};

/// A plot with labelled axes, from 0 to 1 if no ranges are given. `diagonal` draws the diagonal (a
/// random classifier, or perfect calibration). `description` is the text for screen readers.
std::string svg_plot(const std::vector<PlotLine>& lines, bool diagonal, std::string_view x_label,
                     std::string_view y_label, std::string_view description,
                     const PlotRange& x_range = {}, const PlotRange& y_range = {});

/// A complete page around `body` with its style inside, light and dark; a Content-Security-Policy
/// forbids network access.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace vitrine::report
