#include "train/network/augment.h"

#include <algorithm>
#include <cmath>

namespace vitrine::train {
namespace {

/// A piece with at least the share `crop` of the area, whose aspect ratio differs from the target's
/// by up to 4 : 3 (Szegedy et al. 2015).
data::View random_piece(const data::Image& photo, const Recipe& recipe, double shape,
                        Random& random) {
  const double smallest = recipe.crop;
  data::View view{.mirrored = random.bernoulli(recipe.mirror)};
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = (smallest + (1 - smallest) * random.uniform()) *
                        static_cast<double>(photo.width) * photo.height;
    const double stretch = std::exp((2 * random.uniform() - 1) * std::log(4.0 / 3));
    const double width = std::sqrt(area * shape * stretch) / photo.width;
    const double height = std::sqrt(area / (shape * stretch)) / photo.height;
    if (width > 1 || height > 1) continue;
    view.left = random.uniform() * (1 - width);
    view.top = random.uniform() * (1 - height);
    view.right = view.left + width;
    view.bottom = view.top + height;
    return view;
  }
  // The aspect ratio of the photo differs too much: use the largest piece with the target's ratio.
  const double width = std::min(1.0, shape * photo.height / photo.width);
  const double height = std::min(1.0, photo.width / (shape * photo.height));
  view.left = random.uniform() * (1 - width);
  view.top = random.uniform() * (1 - height);
  view.right = view.left + width;
  view.bottom = view.top + height;
  return view;
}

/// Changes brightness, contrast and saturation, each by a factor in 1 +- `most`.
void change_colours(std::uint8_t* pixels, std::size_t count, double most, Random& random) {
  const auto factor = [&] { return static_cast<float>(1 + most * (2 * random.uniform() - 1)); };
  const float brightness = factor();
  const float contrast = factor();
  const float saturation = factor();
  double sum = 0;
  for (std::size_t i = 0; i < count * 3; ++i) sum += pixels[i];
  const auto mean = static_cast<float>(sum / static_cast<double>(count * 3)) * brightness;
  const float gain = brightness * contrast;
  const float shift = mean * (1 - contrast) + 0.5F;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* p = pixels + i * 3;
    const float grey = 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
    for (int c = 0; c < 3; ++c) {
      const float coloured = grey + (p[c] - grey) * saturation;
      p[c] = static_cast<std::uint8_t>(std::clamp(coloured * gain + shift, 0.0F, 255.0F));
    }
  }
}

/// Fills a rectangle of 2 to 25 % of the area with one random colour (Zhong et al. 2020).
void erase_rectangle(std::uint8_t* pixels, int width, int height, Random& random) {
  const double area = (0.02 + 0.23 * random.uniform()) * width * height;
  const double stretch = std::exp((2 * random.uniform() - 1) * std::log(3.0));
  const int w = std::clamp(static_cast<int>(std::sqrt(area * stretch)), 1, width);
  const int h = std::clamp(static_cast<int>(std::sqrt(area / stretch)), 1, height);
  const auto left = static_cast<int>(random.below(static_cast<std::uint64_t>(width - w + 1)));
  const auto top = static_cast<int>(random.below(static_cast<std::uint64_t>(height - h + 1)));
  std::uint8_t colour[3];
  for (auto& c : colour) c = static_cast<std::uint8_t>(random.below(256));
  for (int y = top; y < top + h; ++y) {
    std::uint8_t* row = pixels + (static_cast<std::size_t>(y) * width + left) * 3;
    for (int x = 0; x < w; ++x) std::copy_n(colour, 3, row + x * 3);
  }
}

}  // namespace

void augment(const data::Image& photo, const Recipe& recipe, int width, int height, Random& random,
             std::uint8_t* to) {
  const data::View piece = random_piece(photo, recipe, static_cast<double>(width) / height, random);
  data::resize_into(photo, {width, height, data::Fit::stretch}, to, piece);
  const std::size_t count = static_cast<std::size_t>(width) * height;
  if (recipe.colour > 0) change_colours(to, count, recipe.colour, random);
  if (random.bernoulli(recipe.erase)) erase_rectangle(to, width, height, random);
}

}  // namespace vitrine::train
