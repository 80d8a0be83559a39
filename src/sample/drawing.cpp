#include "sample/drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace vitrine::sample {
namespace {

/// A part with the bounding box of its outline.
struct Shape {
  const Part* part;
  Point low{1e9, 1e9};
  Point high{-1e9, -1e9};

  explicit Shape(const Part& one) : part(&one) {
    for (const Point& p : one.outline) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
  }
};

bool contains(const Shape& shape, Point p) {
  if (p.x < shape.low.x || p.x > shape.high.x || p.y < shape.low.y || p.y > shape.high.y) {
    return false;
  }
  const auto& outline = shape.part->outline;
  bool inside = false;
  for (std::size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
    const Point& a = outline[i];
    const Point& b = outline[j];
    if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) {
      inside = !inside;
    }
  }
  return inside;
}

/// A hash of the coordinates, uniform in [0, 1).
double speckle(double x, double y) {
  const double s = std::sin(x * 127.1 + y * 311.7) * 43758.5453;
  return s - std::floor(s);
}

bool takes_other(const Paint& paint, Point p) {
  const auto odd = [&](double x) {
    return (static_cast<long>(std::floor(x / paint.size)) & 1) != 0;
  };
  switch (paint.pattern) {
    case Paint::Pattern::plain:
      return false;
    case Paint::Pattern::stripes:
      return odd(p.x);
    case Paint::Pattern::hoops:
      return odd(p.y);
    case Paint::Pattern::checks:
      return odd(p.x) != odd(p.y);
    case Paint::Pattern::dots: {
      const double x = p.x / paint.size - std::round(p.x / paint.size);
      const double y = p.y / paint.size - std::round(p.y / paint.size);
      return x * x + y * y < 0.08;
    }
    case Paint::Pattern::speckles:
      return speckle(std::floor(p.x * 40), std::floor(p.y * 40)) < 0.35;
  }
  unknown_kind("pattern", paint.pattern);
}

Colour colour_at(const Paint& paint, Point p) {
  Colour colour = takes_other(paint, p) ? paint.other : paint.colour;
  const double light =
      1 + paint.fold * 0.25 * std::sin(9 * p.x + 3 * std::sin(2.3 * p.y)) - paint.fold * 0.1;
  for (double& c : colour) c = std::clamp(c * light, 0.0, 255.0);
  return colour;
}

}  // namespace

Colour from_hsv(double hue, double saturation, double value) {
  Colour out{};
  for (int c = 0; c < 3; ++c) {
    const double k = std::fmod((c == 0 ? 5 : c == 1 ? 3 : 1) + hue * 6, 6);
    out[static_cast<std::size_t>(c)] =
        255 * value * (1 - saturation * std::max(0.0, std::min({k, 4 - k, 1.0})));
  }
  return out;
}

void paint(data::Image& to, const std::vector<Part>& parts, const Pose& pose) {
  const double cosine = std::cos(pose.angle);
  const double sine = std::sin(pose.angle);
  const auto plane = [&](double u, double v) {  // from image to drawing coordinates
    const double dx = u - pose.centre.x;
    const double dy = v - pose.centre.y;
    double x = cosine * dx + sine * dy;
    const double y = (-sine * dx + cosine * dy) / pose.height;
    x = x / pose.width / (1 + pose.tilt * y) - pose.shear * y;
    return Point{pose.mirrored ? -x : x, y};
  };
  const std::vector<Shape> shapes(parts.begin(), parts.end());
  constexpr int kSamples = 3;
  for (int row = 0; row < to.height; ++row) {
    for (int column = 0; column < to.width; ++column) {
      Colour sum{};
      int covered = 0;
      for (int s = 0; s < kSamples * kSamples; ++s) {
        const double u = 2 * (column + (s % kSamples + 0.5) / kSamples) / to.width - 1;
        const double v = 2 * (row + (s / kSamples + 0.5) / kSamples) / to.height - 1;
        const Point p = plane(u, v);
        for (std::size_t i = shapes.size(); i-- > 0;) {
          if (!contains(shapes[i], p)) continue;
          const Colour one = colour_at(parts[i].paint, p);
          for (std::size_t c = 0; c < 3; ++c) sum[c] += one[c];
          ++covered;
          break;
        }
      }
      if (covered == 0) continue;
      auto* pixel = &to.pixels[(static_cast<std::size_t>(row) * to.width + column) * 3];
      constexpr double kAll = kSamples * kSamples;
      for (std::size_t c = 0; c < 3; ++c) {
        pixel[c] = static_cast<std::uint8_t>((sum[c] + (kAll - covered) * pixel[c]) / kAll);
      }
    }
  }
}

void curve(std::vector<Point>& outline, Point a, Point b, Point c, int steps) {
  for (int i = 1; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const double s = 1 - t;
    outline.push_back(
        {s * s * a.x + 2 * s * t * b.x + t * t * c.x, s * s * a.y + 2 * s * t * b.y + t * t * c.y});
  }
}

std::vector<Point> symmetric(std::vector<Point> right_side) {
  const std::size_t count = right_side.size();
  for (std::size_t i = count; i-- > 0;) {
    right_side.push_back({-right_side[i].x, right_side[i].y});
  }
  return right_side;
}

}  // namespace vitrine::sample
