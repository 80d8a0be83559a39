#include "sample/clothes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/image/encode.h"
#include "sample/drawing.h"

namespace vitrine::sample {
namespace {

using Parts = std::vector<Part>;

double between(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

Paint some_cloth(Random& random) {
  Paint paint;
  paint.colour = from_hsv(random.uniform(), between(random, 0, 0.9), between(random, 0.2, 1));
  paint.other = from_hsv(random.uniform(), between(random, 0, 0.9), between(random, 0.2, 1));
  if (random.bernoulli(0.45)) {
    paint.pattern = static_cast<Paint::Pattern>(1 + random.below(5));
    paint.size = between(random, 0.06, 0.25);
  }
  paint.fold = random.uniform();
  return paint;
}

Paint darker(const Paint& paint, double share) {
  Paint out;
  for (std::size_t c = 0; c < 3; ++c) out.colour[c] = paint.colour[c] * share;
  return out;
}

Part band(double left, double right, double top, double bottom, const Paint& paint) {
  return {{{left, top}, {right, top}, {right, bottom}, {left, bottom}}, paint};
}

/// The measures that all tops share, in the plane of the drawing.
struct Top {
  double shoulder, waist, hem, neck, neck_depth, sleeve, sleeve_width, bottom;
};

Top some_top(Random& random, double sleeve) {
  const double shoulder = between(random, 0.38, 0.52);
  return {.shoulder = shoulder,
          .waist = shoulder * between(random, 0.82, 1.05),
          .hem = shoulder * between(random, 0.9, 1.15),
          .neck = between(random, 0.12, 0.2),
          .neck_depth = between(random, 0.08, 0.28),
          .sleeve = sleeve,
          .sleeve_width = between(random, 0.15, 0.22),
          .bottom = between(random, 0.6, 0.95)};
}

/// Draws the right sleeve at a random angle from the shoulder, and its mirror image.
void add_sleeves(Parts& parts, const Top& top, const Paint& cloth, Random& random) {
  const double angle = between(random, 0.35, 1.25);  // from the horizontal
  const Point way{std::cos(angle), std::sin(angle)};
  const Point across{-way.y, way.x};
  const Point start{top.shoulder * 0.88, -0.72};
  const double taper = between(random, 0.6, 0.95);
  std::vector<Point> right{{start.x, start.y - 0.02},
                           {start.x + way.x * top.sleeve, start.y + way.y * top.sleeve}};
  right.push_back({right[1].x + across.x * top.sleeve_width * taper,
                   right[1].y + across.y * top.sleeve_width * taper});
  right.push_back(
      {start.x - 0.1 + across.x * top.sleeve_width, start.y + across.y * top.sleeve_width + 0.16});
  std::vector<Point> left;
  for (const Point& p : right) left.push_back({-p.x, p.y});
  Paint shaded = cloth;
  for (double& c : shaded.colour) c *= 0.93;
  parts.push_back({right, shaded});
  parts.push_back({left, shaded});
}

std::vector<Point> torso(const Top& top) {
  std::vector<Point> side;
  side.push_back({0, -0.8 + top.neck_depth});
  curve(side, side.back(), {top.neck * 0.9, -0.8 + top.neck_depth}, {top.neck, -0.86});
  side.push_back({top.shoulder, -0.74});
  curve(side, side.back(), {top.waist * 0.92, -0.2}, {top.waist, 0.1});
  curve(side, side.back(), {top.waist, top.bottom * 0.6}, {top.hem, top.bottom});
  return symmetric(side);
}

Parts draw_top(Random& random, double sleeve) {
  const Top top = some_top(random, sleeve);
  const Paint cloth = some_cloth(random);
  Parts parts;
  if (sleeve > 0) add_sleeves(parts, top, cloth, random);
  parts.push_back({torso(top), cloth});
  if (random.bernoulli(0.3)) {  // a print on the chest
    const double size = between(random, 0.08, 0.2);
    parts.push_back(
        band(-size, size, -0.3, -0.3 + size * between(random, 0.6, 1.6), some_cloth(random)));
  }
  return parts;
}

Parts t_shirt(Random& random) { return draw_top(random, between(random, 0.22, 0.42)); }
Parts longsleeve(Random& random) { return draw_top(random, between(random, 0.95, 1.25)); }

/// A collar, a row of buttons, perhaps a pocket.
Parts shirt(Random& random) {
  const bool is_long = random.bernoulli(0.6);
  Top top = some_top(random, is_long ? between(random, 0.9, 1.2) : between(random, 0.3, 0.45));
  top.neck_depth = 0.14;
  Paint cloth = some_cloth(random);
  Parts parts;
  add_sleeves(parts, top, cloth, random);
  parts.push_back({torso(top), cloth});
  const Paint dark = darker(cloth, 0.55);
  parts.push_back(band(-0.025, 0.025, -0.66, top.bottom, dark));
  Paint button;
  button.colour = random.bernoulli(0.5) ? Colour{245, 245, 240} : Colour{25, 25, 30};
  for (double y = -0.52; y < top.bottom - 0.08; y += 0.21) {
    parts.push_back(band(-0.04, 0.04, y, y + 0.07, button));
  }
  const Paint collar = darker(cloth, 0.75);
  const double wide = top.neck * 1.55;
  parts.push_back(
      {{{0, -0.64}, {top.neck * 0.5, -0.9}, {wide, -0.82}, {wide * 0.8, -0.56}}, collar});
  parts.push_back(
      {{{0, -0.64}, {-top.neck * 0.5, -0.9}, {-wide, -0.82}, {-wide * 0.8, -0.56}}, collar});
  if (random.bernoulli(0.5)) parts.push_back(band(0.12, 0.3, -0.35, -0.12, darker(cloth, 0.8)));
  return parts;
}

/// Open in front over a lining, with pockets, perhaps a hood.
Parts outwear(Random& random) {
  Top top = some_top(random, between(random, 0.95, 1.2));
  top.shoulder *= 1.15;
  top.waist *= 1.25;
  top.hem *= 1.3;
  top.sleeve_width *= 1.35;
  top.bottom = between(random, 0.75, 1);
  const Paint cloth = some_cloth(random);
  Parts parts;
  if (random.bernoulli(0.5)) {
    std::vector<Point> hood;
    curve(hood, {0.3, -0.7}, {0.34, -1.18}, {0, -1.16});
    parts.push_back({symmetric(hood), darker(cloth, 0.7)});
  }
  add_sleeves(parts, top, cloth, random);
  parts.push_back({torso(top), cloth});
  Paint lining = some_cloth(random);
  lining.pattern = Paint::Pattern::plain;
  const double open = between(random, 0.08, 0.24);
  parts.push_back(
      {{{0, -0.5}, {top.neck, -0.85}, {open, top.bottom}, {-open, top.bottom}, {-top.neck, -0.85}},
       lining});
  const Paint dark = darker(cloth, 0.5);
  for (const double side : {-1.0, 1.0}) {
    parts.push_back({{{side * top.neck, -0.88},
                      {side * (top.neck + 0.17), -0.8},
                      {side * (open + 0.14), -0.2},
                      {side * open * 0.9, 0}},
                     darker(cloth, 0.72)});
    const double in = open + 0.1;
    parts.push_back(band(std::min(side * in, side * (in + 0.22)),
                         std::max(side * in, side * (in + 0.22)), 0.3, 0.37, dark));
  }
  return parts;
}

std::vector<Point> flared(double top_y, double waist, double hem, double bottom, double bend) {
  std::vector<Point> side{{waist, top_y}};
  curve(side, side.back(), {waist + (hem - waist) * bend, (top_y + bottom) / 2}, {hem, bottom});
  curve(side, side.back(), {hem * 0.5, bottom + 0.09}, {0, bottom + 0.07});
  return symmetric(side);
}

Parts dress(Random& random) {
  const Paint cloth = some_cloth(random);
  Top top = some_top(random, random.bernoulli(0.45) ? between(random, 0.15, 0.35) : 0);
  top.shoulder = between(random, 0.26, 0.36);
  top.waist = between(random, 0.2, 0.28);
  top.hem = top.waist * 1.1;
  top.bottom = between(random, -0.1, 0.1);
  Parts parts;
  if (top.sleeve > 0) add_sleeves(parts, top, cloth, random);
  parts.push_back({flared(top.bottom - 0.12, top.hem, between(random, 0.4, 0.75),
                          between(random, 0.75, 1), between(random, 0.2, 0.7)),
                   cloth});
  parts.push_back({torso(top), cloth});
  if (random.bernoulli(0.6)) {
    parts.push_back(band(-top.hem * 1.02, top.hem * 1.02, top.bottom - 0.13, top.bottom - 0.04,
                         darker(cloth, 0.6)));
  }
  return parts;
}

Parts skirt(Random& random) {
  const Paint cloth = some_cloth(random);
  const double waist = between(random, 0.28, 0.42);
  const double top = between(random, -0.8, -0.5);
  Parts parts;
  parts.push_back({flared(top, waist, between(random, 0.5, 0.95), between(random, 0.35, 0.85),
                          between(random, 0.2, 0.8)),
                   cloth});
  parts.push_back(band(-waist, waist, top - 0.12, top, darker(cloth, 0.6)));
  return parts;
}

Parts legs(Random& random, double bottom) {
  const Paint cloth = some_cloth(random);
  const double waist = between(random, 0.3, 0.4);
  const double hip = waist * between(random, 1.1, 1.3);
  const double crotch = between(random, -0.3, -0.15);
  const double spread = between(random, 0.02, 0.25);
  const double cuff = between(random, 0.16, 0.3);
  std::vector<Point> side{{0, -0.9}, {waist, -0.9}};
  curve(side, side.back(), {hip, -0.7}, {hip, crotch - 0.1});
  side.push_back({spread + cuff + (hip - cuff) * 0.3, bottom});
  side.push_back({spread + (hip - cuff) * 0.1, bottom});
  side.push_back({0, crotch});
  Parts parts{{symmetric(side), cloth}};
  parts.push_back(band(-waist, waist, -0.94, -0.83, darker(cloth, 0.6)));
  if (random.bernoulli(0.6))
    parts.push_back(band(-0.015, 0.015, -0.83, crotch, darker(cloth, 0.5)));
  return parts;
}

Parts pants(Random& random) { return legs(random, between(random, 0.8, 1)); }
Parts shorts(Random& random) { return legs(random, between(random, 0.05, 0.35)); }

Parts hat(Random& random) {
  const Paint cloth = some_cloth(random);
  const double width = between(random, 0.4, 0.6);
  const double height = between(random, 0.5, 0.85);
  const double flat = between(random, 0.3, 1.2);
  std::vector<Point> dome{{width, 0.2}};
  curve(dome, dome.back(), {width * flat, 0.2 - height * 1.3}, {0, 0.2 - height});
  Parts parts;
  if (random.bernoulli(0.5)) {  // a cap: the brim to one side
    parts.push_back({symmetric(dome), cloth});
    std::vector<Point> brim{{-width * 0.2, 0.12}};
    curve(brim, brim.back(), {width * 1.5, 0.05}, {width * between(random, 1.6, 2), 0.32});
    curve(brim, brim.back(), {width, 0.34}, {-width * 0.2, 0.24});
    parts.push_back({brim, darker(cloth, 0.7)});
  } else {
    std::vector<Point> brim;
    const double reach = width * between(random, 1.4, 1.9);
    curve(brim, {0, 0.06}, {reach, 0.06}, {reach, 0.24});
    curve(brim, {reach, 0.24}, {reach * 0.6, 0.44}, {0, 0.42});
    parts.push_back({symmetric(brim), darker(cloth, 0.8)});
    parts.push_back({symmetric(dome), cloth});
    parts.push_back(band(-width, width, 0.02, 0.2, some_cloth(random)));
  }
  return parts;
}

/// Seen from the side: toe to the right, a sole, laces.
Parts one_shoe(Random& random, const Paint& cloth, const Paint& sole, double ankle, Point at) {
  std::vector<Point> upper{{-0.8, 0.3}};
  upper.push_back({-0.78, ankle});
  curve(upper, upper.back(), {-0.5, ankle + 0.05}, {-0.22, ankle});
  curve(upper, upper.back(), {0, 0.02}, {0.45, 0.02});
  curve(upper, upper.back(), {0.88, 0.05}, {0.85, 0.3});
  Parts parts{{upper, cloth}};
  parts.push_back({{{-0.84, 0.27}, {0.88, 0.27}, {0.86, 0.43}, {-0.82, 0.43}}, sole});
  if (random.bernoulli(0.7)) {
    Paint lace;
    lace.colour = {240, 240, 235};
    for (double x = -0.16; x < 0.25; x += 0.13) {
      parts.push_back(
          {{{x, -0.06 + x * 0.1}, {x + 0.05, -0.06 + x * 0.1}, {x + 0.1, 0.14}, {x + 0.05, 0.14}},
           lace});
    }
  }
  for (Part& part : parts) {
    for (Point& p : part.outline) p = {p.x * 0.95 + at.x, p.y + at.y};
  }
  return parts;
}

Parts shoes(Random& random) {
  const Paint cloth = some_cloth(random);
  Paint sole;
  sole.colour = random.bernoulli(0.5) ? Colour{235, 235, 230} : Colour{40, 35, 30};
  const double ankle = between(random, -0.5, -0.12);
  Parts parts;
  if (random.bernoulli(0.6)) {  // the second shoe of the pair, behind the first
    parts = one_shoe(random, cloth, sole, ankle, {between(random, -0.1, 0.15), -0.3});
  }
  for (Part& part : one_shoe(random, cloth, sole, ankle, {0, 0.12}))
    parts.push_back(std::move(part));
  return parts;
}

/// Paints a background: a pale colour, sometimes a pattern, and up to two small random shapes.
/// Returns the colour.
Colour background(data::Image& image, Random& random) {
  Paint ground;
  ground.colour = from_hsv(random.uniform(), between(random, 0, 0.4), between(random, 0.25, 1));
  const Colour other =
      from_hsv(random.uniform(), between(random, 0, 0.4), between(random, 0.25, 1));
  for (std::size_t c = 0; c < 3; ++c) ground.other[c] = 0.75 * ground.colour[c] + 0.25 * other[c];
  if (random.bernoulli(0.4)) {
    ground.pattern = static_cast<Paint::Pattern>(1 + random.below(5));
    ground.size = between(random, 0.06, 0.3);
  }
  ground.fold = 0.4 * random.uniform();
  Pose pose{.angle = between(random, 0, 2 * std::numbers::pi), .width = 2, .height = 2};
  paint(image, {band(-1.3, 1.3, -1.3, 1.3, ground)}, pose);
  for (std::uint64_t things = random.below(3); things > 0; --things) {
    const double size = between(random, 0.08, 0.3);
    pose = {.angle = between(random, 0, 2 * std::numbers::pi),
            .width = size,
            .height = size * between(random, 0.3, 2),
            .centre = {between(random, -1, 1), between(random, -1, 1)}};
    std::vector<Point> blob;
    const auto corners = 3 + random.below(6);
    for (std::uint64_t k = 0; k < corners; ++k) {
      const double turn =
          2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(corners);
      const double reach = between(random, 0.5, 1);
      blob.push_back({reach * std::cos(turn), reach * std::sin(turn)});
    }
    paint(image, {{blob, some_cloth(random)}}, pose);
  }
  return ground.colour;
}

/// Makes the clothes lighter or darker where their colour is close to the background's.
void stand_out(Parts& parts, const Colour& ground) {
  double distance = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    distance += std::abs(parts.back().paint.colour[c] - ground[c]);
  }
  if (distance > 120) return;
  const bool lighter = ground[0] + ground[1] + ground[2] < 380;
  for (Part& part : parts) {
    for (Colour* colour : {&part.paint.colour, &part.paint.other}) {
      for (double& c : *colour) c = lighter ? 255 - 0.5 * (255 - c) : 0.5 * c;
    }
  }
}

/// Adds light from one side and sensor noise.
void light(data::Image& image, Random& random) {
  const double angle = between(random, 0, 2 * std::numbers::pi);
  const double depth = between(random, 0, 0.3);
  const double gain = between(random, 0.75, 1.15);
  const double grain = between(random, 0, 9);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double u = 2.0 * x / image.width - 1;
      const double v = 2.0 * y / image.height - 1;
      const double factor = gain * (1 + depth * 0.7 * (u * std::cos(angle) + v * std::sin(angle)));
      auto* pixel = &image.pixels[(static_cast<std::size_t>(y) * image.width + x) * 3];
      for (int c = 0; c < 3; ++c) {
        const double noise = grain * (random.uniform() + random.uniform() - 1) * 1.7;
        pixel[c] = static_cast<std::uint8_t>(std::clamp(pixel[c] * factor + noise, 0.0, 255.0));
      }
    }
  }
}

}  // namespace

data::Image draw_clothes(std::size_t kind, std::uint64_t seed, int side) {
  using Draw = Parts (*)(Random&);
  constexpr std::array<Draw, 10> kDraw{dress, hat,   longsleeve, outwear, pants,
                                       shirt, shoes, shorts,     skirt,   t_shirt};
  Random random(seed * 16 + kind);
  data::Image image{side, side,
                    std::vector<std::uint8_t>(static_cast<std::size_t>(side) * side * 3, 255)};
  const Colour ground = background(image, random);
  const double size = between(random, 0.65, 1);
  const Pose pose{.angle = between(random, -0.4, 0.4),
                  .width = size * between(random, 0.85, 1.1),
                  .height = size * between(random, 0.85, 1.1),
                  .shear = between(random, -0.12, 0.12),
                  .tilt = between(random, -0.2, 0.2),
                  .centre = {between(random, -0.15, 0.15), between(random, -0.15, 0.15)},
                  .mirrored = random.bernoulli(0.5)};
  Parts parts = kDraw[kind](random);
  stand_out(parts, ground);
  paint(image, parts, pose);
  light(image, random);
  return image;
}

void write_clothes_sample(const std::filesystem::path& folder, std::size_t photos,
                          std::uint64_t seed, int side) {
  for (const auto kind : kClothes) {
    if (!std::filesystem::exists(folder / kind)) continue;
    throw Error(ErrorKind::bad_input, "the folder exists already", (folder / kind).string(),
                "name a new folder, or remove this one");
  }
  std::error_code problem;
  for (const auto kind : kClothes) {
    std::filesystem::create_directories(folder / kind, problem);
    if (problem) {
      throw Error(ErrorKind::failed, "can't create a folder: " + problem.message(),
                  (folder / kind).string(), "choose a folder that you may write to");
    }
  }
  parallel_for(photos, [&](std::size_t i) {
    const std::size_t kind = i % kClothes.size();
    const std::string jpeg = data::encode_jpeg(draw_clothes(kind, seed * 10'000'000 + i, side), 90);
    write_file_atomically(folder / kClothes[kind] / fmt::format("{:05}.jpg", i / kClothes.size()),
                          std::array<std::string_view, 1>{jpeg});
  });
}

}  // namespace vitrine::sample
