#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "web/assets.h"

namespace vitrine::report {
namespace {

constexpr std::string_view kStyle = R"css(
body { padding: 1rem; max-width: 64rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: .5rem 0 .2rem; }
p { max-width: 44rem; overflow-wrap: anywhere; }
th, td { max-width: 22rem; overflow-wrap: break-word; }
thead th, .place { white-space: nowrap; } td.left { max-width: 40rem; }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .2rem 1rem; font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; } figure { margin: 0; } figcaption { color: var(--quiet); font-size: .9rem; }
svg { width: 20rem; max-width: 100%; height: auto; }
svg.bar { width: 12rem; height: .6rem; display: block; background: var(--bar); border-radius: .2rem; } figure svg.bar { width: 6rem; }
.photos { display: flex; flex-wrap: wrap; gap: .75rem; } .photos figure { width: 7rem; font-size: .75rem; overflow-wrap: anywhere; }
.photos img { width: 7rem; height: 7rem; object-fit: cover; border-radius: .3rem; display: block; }
input[type=range] { width: min(100%, 30rem); }
@media print { body { max-width: none; } h2, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; } input[type=range] { display: none; } }
)css";

/// Whether `text` begins with U+202A..202E or U+2066..2069: marks that change the writing direction
/// of the text after them.
bool turns_direction(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(text[2]);
  return (text[1] == '\x80' && last >= 0xAA && last <= 0xAE) ||
         (text[1] == '\x81' && last >= 0xA6 && last <= 0xA9);
}

/// Short enough for the margin: `0.5`, `20k`, `1.5M`.
std::string tick_text(double tick) {
  constexpr double kThousands = 1e3;
  constexpr double kMillions = 1e6;
  if (std::abs(tick) >= 1e9 || (tick != 0 && std::abs(tick) < 1e-3)) {
    return fmt::format("{:.1e}", tick);
  }
  if (std::abs(tick) >= kMillions) return fmt::format("{:g}M", tick / kMillions);
  if (std::abs(tick) >= kThousands) return fmt::format("{:g}k", tick / 1000);
  return fmt::format("{:g}", tick);
}

}  // namespace

std::string html_text(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t characters = 0;
  bool foreign = false;  // it may be right-to-left text: U+0300 and above
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80 && ++characters > most) {
      out += "…";
      break;
    }
    if (turns_direction(text.substr(i))) {
      i += 2;
      continue;
    }
    foreign = foreign || byte >= 0xCC;
    switch (text[i]) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += byte < 0x20 || byte == 0x7F ? ' ' : text[i];
    }
  }
  return foreign ? "\u2068" + out + "\u2069" : out;
}

std::string html_number(double x, int digits) { return fmt::format("{:.{}f}", x, digits); }

PlotRange range_around(double low, double high) {
  // Multiples of 1, 2 or 5 times a power of ten; at most four steps.
  const double digits = 1e-12 * std::max(std::abs(low), std::abs(high));
  const double span = std::max({high - low, digits, 1e-9});
  double step = std::pow(10, std::floor(std::log10(span)) - 1);
  const auto steps = [&] { return std::ceil(high / step) - std::floor(low / step); };
  for (int i = 0; steps() > 4; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  PlotRange out{std::floor(low / step) * step, std::ceil(high / step) * step, {}};
  if (out.high <= out.low) out.high = out.low + step;
  // By number, because of adjacent large numbers the step may be too small to change a tick.
  const double count = std::min(4.0, std::round((out.high - out.low) / step));
  for (int i = 0; i <= static_cast<int>(count); ++i) {
    const double tick = out.low + i * step;
    out.ticks.push_back(std::abs(tick) < step / 2 ? 0 : tick);
  }
  return out;
}

std::string svg_plot(const std::vector<PlotLine>& lines, bool diagonal, std::string_view x_label,
                     std::string_view y_label, std::string_view description,
                     const PlotRange& x_range, const PlotRange& y_range) {
  const auto share = [](const PlotRange& range, double v) {
    return std::clamp((v - range.low) / (range.high - range.low), 0.0, 1.0);
  };
  const auto x = [&](double v) { return 42 + 240 * share(x_range, v); };
  const auto y = [&](double v) { return 250 - 240 * share(y_range, v); };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 300 290\" role=\"img\" aria-label=\"{}\"><path class=\"axis\" d=\"M42 "
      "10V250H282\"/>",
      html_text(description, 2000));
  if (diagonal) out += "<path class=\"ideal\" d=\"M42 250L282 10\"/>";
  for (const double tick : x_range.ticks) {
    out += fmt::format("<text x=\"{:.0f}\" y=\"265\" text-anchor=\"middle\">{}</text>", x(tick),
                       tick_text(tick));
  }
  for (const double tick : y_range.ticks) {
    out += fmt::format("<text x=\"36\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>", y(tick) + 4,
                       tick_text(tick));
  }
  out += fmt::format(
      "<text x=\"162\" y=\"284\" text-anchor=\"middle\">{}</text><text x=\"12\" y=\"130\" "
      "text-anchor=\"middle\" transform=\"rotate(-90 12 130)\">{}</text>",
      html_text(x_label), html_text(y_label));
  for (const PlotLine& line : lines) {
    std::string path;
    for (const auto& [px, py] : line.points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(px), y(py));
    }
    if (line.connected) {
      out += fmt::format("<path class=\"curve{}\" d=\"{}\"/>", line.dashed ? " dashed" : "", path);
    }
    if (!line.label.empty() && !line.points.empty()) {
      // A legend in the corner, one line per label: at the ends of the lines they could overlap.
      const int row = static_cast<int>(&line - lines.data());
      out += fmt::format("<text class=\"label{}\" x=\"278\" y=\"{}\" text-anchor=\"end\">{}</text>",
                         line.dashed ? " other" : "", 22 + 15 * row, html_text(line.label));
    }
    for (std::size_t i = 0; i < line.bands.size(); ++i) {
      out += fmt::format("<path class=\"interval\" d=\"M{0:.1f} {1:.1f}V{2:.1f}\"/>",
                         x(line.points[i].first), y(line.bands[i].first), y(line.bands[i].second));
    }
    for (const auto& [px, py] : line.points) {
      if (line.mark >= 0 && px == line.mark) {
        out += fmt::format(
            "<path class=\"ideal\" d=\"M{0:.1f} 250V10\"/><circle class=\"here\" cx=\"{0:.1f}\" "
            "cy=\"{1:.1f}\" r=\"4\"/>",
            x(px), y(py));
      }
    }
    for (const auto& [px, py] : line.points) {
      if (line.dots)
        out += fmt::format("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x(px),
                           y(py), line.connected ? 3 : 1.5);
    }
    if (!line.name.empty()) out += "<circle class=\"here\" id=\"" + line.name + "\" r=\"5\"/>";
  }
  return out + "</svg>";
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
      "img-src data:\">\n"
      "<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</"
      "html>\n",
      html_text(title), web::content_of("tokens.css"), kStyle, body);
}

}  // namespace vitrine::report
