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

/// A line in [0, 1] x [0, 1].
struct PlotLine {
  std::vector<std::pair<double, double>> points;
  bool dots = false;
  std::string name = {};  ///< its element's id, for scripts; may be empty
};

/// A plot with both axes from 0 to 1, labelled; `diagonal` draws what chance or perfect calibration
/// gives. `description` is what a screen reader says.
std::string svg_plot(const std::vector<PlotLine>& lines, bool diagonal, std::string_view x_label,
                     std::string_view y_label, std::string_view description);

/// The page around `body`: style inside, nothing from elsewhere, light and dark.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace vitrine
