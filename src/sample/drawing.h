// Draws polygons filled with a pattern, with smoothed edges.
#pragma once

#include <array>
#include <vector>

#include "base/random.h"
#include "data/image/image.h"

namespace vitrine::sample {

struct Point {
  double x = 0;
  double y = 0;
};

/// Red, green, blue in [0, 255].
using Colour = std::array<double, 3>;

/// All three in [0, 1].
Colour from_hsv(double hue, double saturation, double value);

/// How a part is filled: with one colour, or with two in a pattern of the given size.
struct Paint {
  enum class Pattern { plain, stripes, hoops, checks, dots, speckles };
  Colour colour{};
  Colour other{};
  Pattern pattern = Pattern::plain;
  double size = 0.2;
  double fold = 0;  ///< depth of the shading by folds, in [0, 1]
};

/// A closed polygon; later parts lie over earlier ones.
struct Part {
  std::vector<Point> outline;
  Paint paint;
};

/// The transform from the plane of the drawing ([-1, 1] in x and y, y down) to the image.
struct Pose {
  double angle = 0;  ///< radians
  double width = 1;  ///< in half sides of the image, as height
  double height = 1;
  double shear = 0;
  double tilt = 0;  ///< perspective: the top is smaller by this share
  Point centre;     ///< in half sides of the image
  bool mirrored = false;
};

/// Paints the parts over `to`, with 3 x 3 samples per pixel.
void paint(data::Image& to, const std::vector<Part>& parts, const Pose& pose);

/// Appends `steps` points of the quadratic Bézier curve from a to c with control point b, without a
/// itself.
void curve(std::vector<Point>& outline, Point a, Point b, Point c, int steps = 6);

/// The right half of an outline followed by its mirror image in reverse order: a closed outline.
std::vector<Point> symmetric(std::vector<Point> right_side);

}  // namespace vitrine::sample
