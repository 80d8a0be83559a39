// A data set of photos: a folder that holds one folder for each class.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/image/image.h"
#include "data/table/schema.h"

namespace vitrine::data {

/// A file or folder that is skipped, and the reason.
struct SkippedFile {
  std::filesystem::path path;
  std::string reason;
};

struct PhotoFile {
  std::filesystem::path path;
  int label = 0;  ///< index of its class in PhotoFolder::classes
};

struct PhotoFolder {
  std::filesystem::path path;
  std::vector<std::string> classes;  ///< folder names, sorted bytewise
  std::vector<PhotoFile> photos;     ///< by class, then by path
  std::vector<SkippedFile> skipped;  ///< broken or circular links, folders that can't be read
};

/// True if a path is a folder, unless it is one of tables (is_table_folder()), or an IDX file of
/// images.
bool are_photos(const std::filesystem::path& path);

/// A folder that holds the parts of a data set (training, validation, test), not classes.
struct PhotoSplit {
  std::filesystem::path train;
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> test;
  std::vector<std::filesystem::path> unlabelled;  ///< parts without folders of the same classes
};

/// The split below `path`: folders called train or training, and val, valid, validation, test or
/// testing (case ignored), if they contain folders of the same names or if there is no other
/// folder. nullopt for any other folder. Throws Error(bad_input) if two folders have the same role,
/// if there is no training part, or if no part has folders but there is a table that may hold the
/// labels.
std::optional<PhotoSplit> find_photo_split(const std::filesystem::path& path);

/// The beginning of a hint if `path` or its parent contains a table that may hold the labels;
/// empty if there is no table.
std::string hint_of_label_tables(const std::filesystem::path& path);

/// Lists the files in `path`/CLASS/ and the folders below, without opening them. Hidden files,
/// Thumbs.db, desktop.ini and __MACOSX are ignored. Links are followed; each folder is listed once.
/// An IDX file is unpacked into the cache first (data/image/idx.h). Throws Error(bad_input) if the
/// folder does not exist, has no folders, or holds a split (find_photo_split).
PhotoFolder list_photos(const std::filesystem::path& path);

/// The same photos with labels that are class indices of `target`, matched by class_of(). Throws
/// Error(bad_input) if a folder's name is not one of those classes.
PhotoFolder relabelled(PhotoFolder folder, const Target& target);

/// All files below a folder, sorted, by the rules of list_photos.
std::vector<std::filesystem::path> photos_below(const std::filesystem::path& folder);

/// Properties of one photo.
struct PhotoFacts {
  std::string fault;  ///< why it can't be used, empty if it can; the other fields are then unset
  ImageFormat format = ImageFormat::jpeg;
  int width = 0;
  int height = 0;
  bool truncated = false;
  std::string sha256;  ///< of the file
  /// Difference hash (Krawetz 2013) of 16 x 16 bits: similar photos differ in few bits.
  std::array<std::uint64_t, 4> look{};
};

/// Decodes every photo once, on all cores. Returns one entry for each photo, in the folder's order.
std::vector<PhotoFacts> examine_photos(const PhotoFolder& folder);

/// The difference hash PhotoFacts::look of an image.
std::array<std::uint64_t, 4> look_of(const Image& image);

/// Two photos that are identical, or nearly.
struct AlikePhotos {
  std::size_t first = 0;  ///< indices in the folder's list, first < second
  std::size_t second = 0;
  bool same_bytes = false;
};

/// Pairs of photos with the same bytes, or with hashes that differ in at most `max_distance` bits.
/// Each photo is paired with the first one that matches. Compares all pairs, on all cores.
std::vector<AlikePhotos> find_alike(const std::vector<PhotoFacts>& facts, int max_distance = 10);

/// A group number for each photo; photos that are alike, also transitively, share one.
std::vector<std::size_t> groups_of_alike(const std::vector<PhotoFacts>& facts,
                                         int max_distance = 10);

/// Adds warnings that name the files that can't be used or are truncated.
void warn_of_files(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                   std::vector<Warning>& warnings);

/// Warnings before training: files that can't be used, photos in two classes (`alike` is the result
/// of find_alike), small and empty classes, imbalance.
std::vector<Warning> check_photos(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                                  const std::vector<AlikePhotos>& alike);

}  // namespace vitrine::data
