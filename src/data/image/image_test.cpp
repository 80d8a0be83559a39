// Encodes images with each format's library and decodes them with decode_image().
#include "data/image/image.h"

#include <gif_lib.h>
#include <gtest/gtest.h>
#include <libheif/heif.h>
#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "data/image/resize.h"

namespace vitrine::data {
namespace {

constexpr int kWidth = 60;
constexpr int kHeight = 40;

/// Red increases to the right, green downwards; the upper left quarter is blue.
Image gradient_image() {
  Image image{kWidth, kHeight, {}};
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      image.pixels.push_back(static_cast<std::uint8_t>(x * 4));
      image.pixels.push_back(static_cast<std::uint8_t>(y * 6));
      image.pixels.push_back(x < kWidth / 2 && y < kHeight / 2 ? 200 : 20);
    }
  }
  return image;
}

double mean_difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 255;
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

std::string jpeg(const Image& image, int flags = 0, int sampling = TJSAMP_444) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, image.pixels.data(), image.width, 0, image.height, TJPF_RGB, &bytes, &size,
              sampling, 98, flags);
  std::string out(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return out;
}

/// Encodes CMYK pixels; TurboJPEG stores them as YCCK with Adobe's marker.
std::string cmyk_jpeg(const std::vector<std::uint8_t>& ink) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, ink.data(), kWidth, 0, kHeight, TJPF_CMYK, &bytes, &size, TJSAMP_444, 98, 0);
  std::string out(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return out;
}

/// A file as Adobe's programs write it: inverted ink, no black.
std::string adobe_cmyk_jpeg() {
  std::vector<std::uint8_t> ink;
  for (std::size_t i = 0; const std::uint8_t value : gradient_image().pixels) {
    ink.push_back(value);
    if (++i % 3 == 0) ink.push_back(255);
  }
  return cmyk_jpeg(ink);
}

std::string with_exif_orientation(const std::string& file, char orientation) {
  const std::string tiff = std::string("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) +
                           orientation + std::string("\0\0\0\0\0\0", 6);
  const std::string content = std::string("Exif\0\0", 6) + tiff;
  const std::size_t length = content.size() + 2;
  return file.substr(0, 2) + "\xFF\xE1" + static_cast<char>(length >> 8) +
         static_cast<char>(length & 255) + content + file.substr(2);
}

std::string png(int colour_type, int depth, const std::vector<std::uint8_t>& rows,
                bool interlaced = false) {
  spng_ctx* encoder = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{kWidth,
                   kHeight,
                   static_cast<std::uint8_t>(depth),
                   static_cast<std::uint8_t>(colour_type),
                   0,
                   0,
                   static_cast<std::uint8_t>(interlaced ? 1 : 0)};
  spng_set_ihdr(encoder, &header);
  EXPECT_EQ(
      spng_encode_image(encoder, rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
  std::size_t size = 0;
  int code = 0;
  void* bytes = spng_get_png_buffer(encoder, &size, &code);
  std::string out(static_cast<char*>(bytes), size);
  std::free(bytes);
  spng_ctx_free(encoder);
  return out;
}

std::string webp(const Image& image) {
  std::uint8_t* bytes = nullptr;
  const std::size_t size = WebPEncodeLosslessRGB(image.pixels.data(), image.width, image.height,
                                                 image.width * 3, &bytes);
  std::string out(reinterpret_cast<char*>(bytes), size);
  WebPFree(bytes);
  return out;
}

std::string heic(const Image& image) {
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code != 0) {
    heif_context_free(context);
    return {};
  }
  heif_encoder_set_lossy_quality(encoder, 95);
  heif_image* encoded = nullptr;
  heif_image_create(image.width, image.height, heif_colorspace_RGB, heif_chroma_interleaved_RGB,
                    &encoded);
  heif_image_add_plane(encoded, heif_channel_interleaved, image.width, image.height, 8);
  int stride = 0;
  std::uint8_t* rows = heif_image_get_plane(encoded, heif_channel_interleaved, &stride);
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(&image.pixels[static_cast<std::size_t>(y) * image.width * 3], image.width * 3,
                rows + y * stride);
  }
  heif_context_encode_image(context, encoded, encoder, nullptr, nullptr);
  std::string out;
  heif_writer writer{1, [](heif_context*, const void* bytes, std::size_t size, void* to) {
                       static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
                       return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                     }};
  heif_context_write(context, &writer, &out);
  heif_image_release(encoded);
  heif_encoder_release(encoder);
  heif_context_free(context);
  return out;
}

/// Two colours in stripes; the third is transparent.
std::string gif(bool interlaced) {
  std::string out;
  int code = 0;
  GifFileType* file = EGifOpen(
      &out,
      [](GifFileType* to, const GifByteType* bytes, int size) {
        static_cast<std::string*>(to->UserData)
            ->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
        return size;
      },
      &code);
  EGifSetGifVersion(file, true);
  GifColorType colours[4] = {{250, 10, 20}, {10, 20, 250}, {0, 0, 0}, {0, 0, 0}};
  ColorMapObject* map = GifMakeMapObject(4, colours);
  EGifPutScreenDesc(file, kWidth, kHeight, 2, 0, map);
  const GifByteType control[4] = {1, 0, 0, 2};  // colour 2 is transparent
  EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, 4, control);
  EGifPutImageDesc(file, 0, 0, kWidth, kHeight, interlaced, nullptr);
  std::vector<int> order;
  constexpr int kStart[] = {0, 4, 2, 1};
  constexpr int kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (interlaced ? 4 : 1); ++pass) {
    for (int y = interlaced ? kStart[pass] : 0; y < kHeight; y += interlaced ? kStep[pass] : 1) {
      order.push_back(y);
    }
  }
  for (const int y : order) {
    std::vector<GifPixelType> line(kWidth, static_cast<GifPixelType>(y % 3));
    EGifPutLine(file, line.data(), kWidth);
  }
  GifFreeMapObject(map);
  EGifCloseFile(file, &code);
  return out;
}

ErrorKind kind_of(const std::string& bytes, const ImageLimits& limits = {}) {
  try {
    decode_image(bytes, "x", limits);
  } catch (const Error& error) {
    return error.kind;
  }
  return ErrorKind::failed;
}

TEST(Image, ReadsJpegBaselineAndProgressive) {
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    const auto decoded = decode_image(jpeg(gradient_image(), flags), "x");
    EXPECT_EQ(decoded.format, ImageFormat::jpeg);
    EXPECT_FALSE(decoded.truncated);
    EXPECT_LT(mean_difference(decoded.image, gradient_image()), 2);
  }
}

/// The pixels that the TurboJPEG interface decodes from a valid file.
std::vector<std::uint8_t> turbojpeg_pixels(const std::string& file) {
  const tjhandle decoder = tjInitDecompress();
  std::vector<std::uint8_t> pixels(kWidth * kHeight * 3);
  EXPECT_EQ(tjDecompress2(decoder, reinterpret_cast<const unsigned char*>(file.data()), file.size(),
                          pixels.data(), kWidth, 0, kHeight, TJPF_RGB, 0),
            0);
  tjDestroy(decoder);
  return pixels;
}

TEST(Image, DecodesTheSamePixelsAsTurboJpeg) {
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY}) {
      const std::string file = jpeg(gradient_image(), flags, sampling);
      EXPECT_EQ(decode_image(file, "x").image.pixels, turbojpeg_pixels(file));
    }
  }
}

std::size_t marker_at(const std::string& file, unsigned char marker) {
  return file.find(std::string("\xFF") + static_cast<char>(marker));
}

TEST(Image, ReadsDamagedJpegsWithoutMissingRows) {
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    const std::string good = jpeg(gradient_image(), flags);
    const auto pixels = decode_image(good, "x").image.pixels;
    const auto same = [&](std::string file, const char* what) {
      const DecodedImage decoded = decode_image(file, "x");
      EXPECT_FALSE(decoded.truncated) << what;
      EXPECT_EQ(decoded.image.pixels, pixels) << what;
    };
    for (const int marker : {0xDB, 0xC4, 0xDA}) {  // quantisation, Huffman, scan
      std::string file = good;
      same(file.insert(marker_at(file, static_cast<unsigned char>(marker)), "\x01\x02\x03"),
           "bytes before a marker");
    }
    std::string odd_end = good;
    same(odd_end.insert(odd_end.size() - 2, 40, '\x11'), "bytes before the end");
    same(good + "and more", "bytes after the end");
    same(good.substr(0, good.size() - 2), "no end marker");
    std::string version = good;
    version[version.find("JFIF") + 5] = 0;
    same(version, "JFIF of version 0");
  }
}

TEST(Image, ReportsTruncationOnlyIfRowsAreMissing) {
  const std::string good = jpeg(gradient_image());
  std::string ended = good.substr(0, good.size() * 3 / 4);
  EXPECT_TRUE(decode_image(ended, "x").truncated);
  EXPECT_TRUE(decode_image(ended + "\xFF\xD9", "x").truncated) << "end marker added";
  const std::string half = good.substr(0, good.size() / 2);
  const std::string comment("\xFF\xFE\x00\x04hi", 6);
  for (const std::string& rest : {good, comment, comment + "\xFF\xD9", std::string("\xFF\xD0")}) {
    EXPECT_TRUE(decode_image(half + rest, "x").truncated) << "other data follow";
  }
  std::string both = ended;  // an earlier warning must not hide the missing rows
  EXPECT_TRUE(decode_image(both.insert(marker_at(both, 0xDB), "\x01"), "x").truncated);
}

/// A frame of 20 x 10 at (40, 30) of an animation on a canvas of 60 x 40.
std::string animated_webp(int frames) {
  Image small{20, 10, {}};
  for (int i = 0; i < 200; ++i) small.pixels.insert(small.pixels.end(), {200, 30, 40});
  const std::string still = webp(small);
  const std::string bits = still.substr(12);  // its VP8L chunk
  const auto three = [](unsigned value) {
    return std::string{static_cast<char>(value), static_cast<char>(value >> 8),
                       static_cast<char>(value >> 16)};
  };
  const auto chunk = [](const std::string& name, const std::string& content) {
    const auto size = static_cast<std::uint32_t>(content.size());
    std::string out = name;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(size >> (8 * i));
    return out + content + (content.size() % 2 == 1 ? std::string(1, '\0') : "");
  };
  std::string body =
      "WEBP" + chunk("VP8X", std::string("\x02\0\0\0", 4) + three(kWidth - 1) + three(kHeight - 1));
  body += chunk("ANIM", std::string("\0\0\0\0\0\0", 6));
  for (int i = 0; i < frames; ++i) {
    body += chunk("ANMF", three(40 / 2) + three(30 / 2) + three(19) + three(9) + three(100) +
                              std::string(1, '\0') + bits);
  }
  return chunk("RIFF", body);
}

TEST(Image, DecodesTheFirstFrameOfAnAnimationOnItsCanvas) {
  for (const int frames : {1, 2}) {
    const DecodedImage decoded = decode_image(animated_webp(frames), "x");
    ASSERT_EQ(decoded.image.width, kWidth);
    ASSERT_EQ(decoded.image.height, kHeight);
    EXPECT_FALSE(decoded.truncated);
    const auto at = [&](int x, int y) {
      const auto* p = &decoded.image.pixels[(static_cast<std::size_t>(y) * kWidth + x) * 3];
      return std::vector<std::uint8_t>(p, p + 3);
    };
    EXPECT_EQ(at(0, 0), (std::vector<std::uint8_t>{255, 255, 255}));
    EXPECT_EQ(at(39, 30), (std::vector<std::uint8_t>{255, 255, 255}));
    EXPECT_EQ(at(40, 30), (std::vector<std::uint8_t>{200, 30, 40}));
    EXPECT_EQ(at(59, 39), (std::vector<std::uint8_t>{200, 30, 40}));
  }
}

TEST(Image, ReadsGreyJpeg) {
  const Image image = decode_image(jpeg(gradient_image(), 0, TJSAMP_GRAY), "x").image;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    ASSERT_EQ(image.pixels[i], image.pixels[i + 1]);
    ASSERT_EQ(image.pixels[i], image.pixels[i + 2]);
  }
}

TEST(Image, ConvertsCmykWithAndWithoutAdobesMarker) {
  const std::string adobe = adobe_cmyk_jpeg();
  EXPECT_LT(mean_difference(decode_image(adobe, "x").image, gradient_image()), 3);
  // Without the marker, the file's planes (here Y, Cb, Cr, K of a plain grey) are read as
  // C, M, Y, K, where 255 is full ink.
  std::vector<std::uint8_t> ink;
  for (int i = 0; i < kWidth * kHeight; ++i) ink.insert(ink.end(), {60, 60, 60, 0});
  std::string plain = cmyk_jpeg(ink);
  plain.replace(plain.find("Adobe"), 5, "Other");
  const Image image = decode_image(plain, "x").image;
  EXPECT_NEAR(image.pixels[0], 60, 3);
  EXPECT_NEAR(image.pixels[1], 127, 3);
}

TEST(Image, AppliesTheExifOrientation) {
  const std::string file = jpeg(gradient_image());
  // The expected position of the blue quarter, which is upper left in the file (EXIF 2.32, 4.6.4).
  struct Case {
    char orientation;
    bool turned, right, low;
  };
  for (const auto& [orientation, turned, right, low] :
       {Case{1, false, false, false}, Case{2, false, true, false}, Case{3, false, true, true},
        Case{4, false, false, true}, Case{5, true, false, false}, Case{6, true, true, false},
        Case{7, true, true, true}, Case{8, true, false, true}}) {
    const Image image = decode_image(with_exif_orientation(file, orientation), "x").image;
    EXPECT_EQ(image.width, turned ? kHeight : kWidth);
    const auto blue = [&](bool at_right, bool at_low) {
      const int x = image.width / 4 + (at_right ? image.width / 2 : 0);
      const int y = image.height / 4 + (at_low ? image.height / 2 : 0);
      return image.pixels[(static_cast<std::size_t>(y) * image.width + x) * 3 + 2] > 120;
    };
    EXPECT_TRUE(blue(right, low)) << int{orientation};
    EXPECT_FALSE(blue(!right, low)) << int{orientation};
    EXPECT_FALSE(blue(right, !low)) << int{orientation};
  }
}

TEST(Image, ReadsPngOfEveryKind) {
  for (const bool interlaced : {false, true}) {
    EXPECT_EQ(mean_difference(
                  decode_image(
                      png(SPNG_COLOR_TYPE_TRUECOLOR, 8, gradient_image().pixels, interlaced), "x")
                      .image,
                  gradient_image()),
              0)
        << interlaced;
  }
  std::vector<std::uint8_t> deep;  // 16 bits, the low byte is noise
  for (const std::uint8_t value : gradient_image().pixels) deep.insert(deep.end(), {value, value});
  EXPECT_LT(mean_difference(decode_image(png(SPNG_COLOR_TYPE_TRUECOLOR, 16, deep), "x").image,
                            gradient_image()),
            1);
  const std::vector<std::uint8_t> grey(kWidth * kHeight, 77);
  EXPECT_EQ(decode_image(png(SPNG_COLOR_TYPE_GRAYSCALE, 8, grey), "x").image.pixels[4], 77);
}

TEST(Image, BlendsTransparentPixelsWithWhite) {
  std::vector<std::uint8_t> rows;
  for (int i = 0; i < kWidth * kHeight; ++i) {
    rows.insert(rows.end(), {100, 0, 0, static_cast<std::uint8_t>(i == 0 ? 0 : i == 1 ? 255 : 51)});
  }
  const Image image = decode_image(png(SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8, rows), "x").image;
  EXPECT_EQ(std::vector(image.pixels.begin(), image.pixels.begin() + 9),
            (std::vector<std::uint8_t>{255, 255, 255, 100, 0, 0, 224, 204, 204}));
}

TEST(Image, ReadsWebpHeicAndGif) {
  EXPECT_EQ(mean_difference(decode_image(webp(gradient_image()), "x").image, gradient_image()), 0);
  const std::string phone = heic(gradient_image());
  if (phone.empty()) {
    std::cout << "skipped: no HEIC encoder plugin here\n";
  } else {
    EXPECT_LT(mean_difference(decode_image(phone, "x").image, gradient_image()), 8);
  }
  for (const bool interlaced : {false, true}) {
    const Image image = decode_image(gif(interlaced), "x").image;
    const auto row = [&](int y) {
      const auto* p = &image.pixels[static_cast<std::size_t>(y) * kWidth * 3];
      return std::vector<std::uint8_t>(p, p + 3);
    };
    EXPECT_EQ(row(0), (std::vector<std::uint8_t>{250, 10, 20}));
    EXPECT_EQ(row(4), (std::vector<std::uint8_t>{10, 20, 250}));
    EXPECT_EQ(row(5), (std::vector<std::uint8_t>{255, 255, 255})) << "transparent";
  }
}

TEST(Image, ReportsTruncatedFiles) {
  std::vector<std::uint8_t> noise(kWidth * kHeight * 6);  // more than libspng reads at once
  for (std::uint32_t state = 1; std::uint8_t& value : noise) {
    value = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  }
  for (const std::string& file :
       {jpeg(gradient_image()), png(SPNG_COLOR_TYPE_TRUECOLOR, 16, noise), gif(false)}) {
    const auto decoded = decode_image(file.substr(0, file.size() * 3 / 4), "x");
    EXPECT_TRUE(decoded.truncated) << name_of(decoded.format);
    EXPECT_EQ(decoded.image.width, kWidth);
  }
}

TEST(Image, TruncatedAndCorruptedFilesDecodeOrThrowAnError) {
  for (const std::string& file : {jpeg(gradient_image()), adobe_cmyk_jpeg(), webp(gradient_image()),
                                  png(SPNG_COLOR_TYPE_TRUECOLOR, 8, gradient_image().pixels),
                                  gif(true), heic(gradient_image())}) {
    for (std::size_t i = 0; i < file.size(); i += 1 + file.size() / 150) {
      kind_of(file.substr(0, i));
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x5A);
      kind_of(flipped, {.max_pixels = 1'000'000});
    }
  }
}

TEST(Image, RejectsOtherFilesAndTooLargePhotos) {
  EXPECT_EQ(kind_of(""), ErrorKind::malformed);
  EXPECT_EQ(kind_of("hello"), ErrorKind::malformed);
  EXPECT_EQ(kind_of("\xFF\xD8\xFF"), ErrorKind::malformed);
  for (const std::string& file :
       {jpeg(gradient_image()), webp(gradient_image()), gif(false), heic(gradient_image()),
        png(SPNG_COLOR_TYPE_TRUECOLOR, 8, gradient_image().pixels)}) {
    if (file.empty()) continue;
    EXPECT_EQ(kind_of(file, {.max_pixels = 1000}), ErrorKind::bad_input);
    EXPECT_EQ(kind_of(file, {.max_bytes = 50}), ErrorKind::bad_input);
  }
}

TEST(Resize, KeepsAPlainColourAndAveragesAllPixels) {
  Image image{4, 2, {}};
  for (int i = 0; i < 8; ++i) image.pixels.insert(image.pixels.end(), {90, 30, 200});
  const Image same = resized(image, {224, 224, Fit::stretch});
  EXPECT_EQ(same.pixels[3 * 1000], 90);
  EXPECT_EQ(same.pixels[3 * 1000 + 2], 200);
  // A chessboard of single pixels becomes grey: no pixel is skipped.
  Image board{64, 64, {}};
  for (int i = 0; i < 64 * 64; ++i) {
    const std::uint8_t value = (i / 64 + i) % 2 ? 255 : 0;
    board.pixels.insert(board.pixels.end(), {value, value, value});
  }
  const Image small = resized(board, {8, 8, Fit::stretch});
  for (const std::uint8_t value : small.pixels) EXPECT_NEAR(value, 127, 6);
}

/// A row of five pixels as three, with known values of Pillow and TensorFlow.
TEST(Resize, OtherFiltersAreThoseOfTheLibraries) {
  Image row{5, 1, {}};
  for (const std::uint8_t value : std::to_array<std::uint8_t>({0, 50, 100, 150, 250}))
    row.pixels.insert(row.pixels.end(), {value, value, value});
  const auto values = [&](Filter filter, int width) {
    const Image out = resized(row, {width, 1, Fit::stretch, filter});
    std::vector<int> grey;
    for (std::size_t i = 0; i < out.pixels.size(); i += 3) grey.push_back(out.pixels[i]);
    return grey;
  };
  EXPECT_EQ(values(Filter::nearest, 3), (std::vector<int>{0, 100, 250}));
  EXPECT_EQ(values(Filter::nearest, 7), (std::vector<int>{0, 50, 50, 100, 150, 150, 250}));
  // At 1/3, 2 and 11/3.
  EXPECT_EQ(values(Filter::bilinear, 3), (std::vector<int>{17, 100, 217}));
  EXPECT_EQ(values(Filter::bilinear, 5), (std::vector<int>{0, 50, 100, 150, 250}));
}

TEST(Resize, CropsTheMiddle) {
  Image wide{90, 30, {}};  // a third each of red, green, blue
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 90; ++x) {
      for (int c = 0; c < 3; ++c) wide.pixels.push_back(x / 30 == c ? 255 : 0);
    }
  }
  const Image middle = resized(wide, {10, 10, Fit::crop});
  const auto* centre = &middle.pixels[(5 * 10 + 5) * 3];
  EXPECT_EQ(centre[1], 255);
  EXPECT_EQ(centre[0] + centre[2], 0);
}

}  // namespace
}  // namespace vitrine::data
