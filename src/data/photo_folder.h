// A folder of photos: one folder a class.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/image.h"
#include "data/schema.h"

namespace vitrine {

/// Something in the folder that is passed over, and why.
struct SkippedFile {
  std::filesystem::path path;
  std::string reason;
};

struct PhotoFile {
  std::filesystem::path path;
  int label = 0;  ///< place of its class in PhotoFolder::classes
};

struct PhotoFolder {
  std::filesystem::path path;
  std::vector<std::string> classes;  ///< folder names, sorted bytewise
  std::vector<PhotoFile> photos;     ///< by class, then by path
  std::vector<SkippedFile> skipped;  ///< links that run in circles, folders that can't be read
};

/// Whether a path is a folder, or an IDX file of images.
bool are_photos(const std::filesystem::path& path);

/// A folder that holds parts of a data set in place of classes.
struct PhotoSplit {
  std::filesystem::path train;
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> test;
  std::vector<std::filesystem::path> unlabelled;  ///< parts without folders of the same classes
};

/// The split below `path`: folders called train or training, and val, valid, validation, test or
/// testing, in any case, with folders of the same names in them, or beside no other folder. Nothing
/// for any other folder. Throws Error(bad_input) where two folders have one role, no part trains,
/// or none has folders and a table that may hold the labels is there.
std::optional<PhotoSplit> find_photo_split(const std::filesystem::path& path);

/// What to do about `path` if its photos lie together beside a table that may hold their labels;
/// empty where no table is there.
std::string hint_of_label_tables(const std::filesystem::path& path);

/// Lists the files of `path`/CLASS/ and the folders below it; opens none. Hidden
/// files, Thumbs.db and desktop.ini are passed over in silence; links are
/// followed, each folder is entered once. IDX files are unpacked
/// into the cache first (data/idx.h). Throws Error(bad_input) for a folder that is not
/// there, holds no folders, or holds a split (find_photo_split).
PhotoFolder list_photos(const std::filesystem::path& path);

/// The same photos with labels that are classes of `target`, found as class_of() finds them.
/// Throws Error(bad_input) for a folder that is none of them.
PhotoFolder relabelled(PhotoFolder folder, const Target& target);

/// Every file below a folder, sorted, with the rules of list_photos.
std::vector<std::filesystem::path> photos_below(const std::filesystem::path& folder);

/// What is known of one photo without looking at what it shows.
struct PhotoFacts {
  std::string fault;  ///< why it can't be used; the rest is then void
  ImageFormat format = ImageFormat::jpeg;
  int width = 0;
  int height = 0;
  bool truncated = false;
  std::string sha256;  ///< of the file
  /// Difference hash (Krawetz 2013) of 16 x 16 bits: alike photos differ in few.
  std::array<std::uint64_t, 4> look{};
};

/// Decodes every photo once, on all cores. One a photo, in the folder's order.
std::vector<PhotoFacts> examine_photos(const PhotoFolder& folder);

/// PhotoFacts::look of a picture.
std::array<std::uint64_t, 4> look_of(const Image& image);

/// Photos that are the same, or nearly.
struct AlikePhotos {
  std::size_t first = 0;  ///< places in the folder's list, first < second
  std::size_t second = 0;
  bool same_bytes = false;
};

/// Pairs of photos with the same bytes, or with hashes that differ in at most
/// `max_distance` bits. A photo is named with the first one that it equals.
std::vector<AlikePhotos> find_alike(const std::vector<PhotoFacts>& facts, int max_distance = 10);

/// A number for each photo; photos that are alike, also by way of others, have one.
std::vector<std::size_t> groups_of_alike(const std::vector<PhotoFacts>& facts,
                                         int max_distance = 10);

/// Files that can't be used or are cut off, by name.
void warn_of_files(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                   std::vector<Warning>& warnings);

/// What the owner of the photos should know before training: files that can't be
/// used, photos in two classes (`alike` as find_alike gives them), small and empty
/// classes, imbalance.
std::vector<Warning> check_photos(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                                  const std::vector<AlikePhotos>& alike);

}  // namespace vitrine
