// Pieces of HTML and SVG for reports: whatever a model, a file or a column is called stays text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// As text or attribute: `<>&"'` escaped, cut at `most` characters, without control characters and
/// marks that turn the direction; isolated where it may itself be written from right to left.
std::string html_text(std::string_view text, std::size_t most = 200);

/// `0.123`
std::string html_number(double x, int digits = 3);

/// What a plot shows of the numbers, and the few that its axes name.
struct PlotRange {
  double low = 0;
  double high = 1;
  std::vector<double> ticks = {0.0, 0.5, 1.0};
};

/// The least range of round numbers around both, with a few of them to name.
PlotRange range_around(double low, double high);

struct PlotLine {
  std::vector<std::pair<double, double>> points;
  bool dots = false;
  std::string name = {};   ///< its element's id, for scripts; may be empty
  std::string label = {};  ///< written at its end; may be empty
  bool dashed = false;
  double mark = -1;  ///< an x that is marked on it; below 0: none
};

/// A plot with labelled axes, from 0 to 1 where no ranges are given; `diagonal` draws what chance
/// or perfect calibration gives. `description` is what a screen reader says.
std::string svg_plot(const std::vector<PlotLine>& lines, bool diagonal, std::string_view x_label,
                     std::string_view y_label, std::string_view description,
                     const PlotRange& x_range = {}, const PlotRange& y_range = {});

/// The page around `body`: style inside, nothing from elsewhere, light and dark.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace vitrine
