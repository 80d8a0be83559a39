// A small painter: polygons filled with cloth, smoothed at their edges.
#pragma once

#include <array>
#include <vector>

#include "base/random.h"
#include "data/image.h"

namespace vitrine {

struct Point {
  double x = 0;
  double y = 0;
};

/// Red, green, blue in [0, 255].
using Colour = std::array<double, 3>;

Colour from_hsv(double hue, double saturation, double value);

/// What a part is filled with: a colour, or two in a pattern of the given size.
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

/// From a drawing's own plane, [-1, 1] both ways, y down, to the picture.
struct Pose {
  double angle = 0;  ///< radians
  double width = 1;  ///< shares of the picture's half side
  double height = 1;
  double shear = 0;
  double tilt = 0;  ///< perspective: the top is smaller by this share
  Point centre;     ///< in shares of the half side
  bool mirrored = false;
};

/// Paints the parts over `to`, three by three samples a pixel.
void paint(Image& to, const std::vector<Part>& parts, const Pose& pose);

/// A smooth curve through a to c, bent towards b, as `steps` points (a left out).
void curve(std::vector<Point>& outline, Point a, Point b, Point c, int steps = 6);

/// The outline followed by its mirror image, backwards.
std::vector<Point> symmetric(std::vector<Point> right_side);

}  // namespace vitrine
