// The files in a zip file: APPNOTE.TXT of PKWARE, without ZIP64, encryption and parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::data {

/// A zip file in memory. Thread-safe.
class ZipFile {
 public:
  /// A file, by its entry in the central directory (APPNOTE.TXT 4.3.12).
  struct Entry {
    std::string name;
    std::uint32_t flags = 0;
    std::uint32_t method = 0;
    std::uint32_t crc = 0;
    std::uint32_t packed = 0;
    std::uint32_t size = 0;
    std::size_t header = 0;  ///< the offset of its local header
  };

  /// `bytes` must outlive the object. Throws Error(bad_input) if the directory is damaged, or if a
  /// file has 4 GiB or more.
  ZipFile(std::string_view bytes, std::string where);

  /// In the order of the directory. Names that end in `/` are folders.
  const std::vector<Entry>& entries() const { return entries_; }
  /// The file of this name, else the first one whose name differs in case only (as parts of Office
  /// documents may); null if there is none.
  const Entry* find(std::string_view name) const;
  /// The content of a file. Throws Error(bad_input) if it is damaged, encrypted, compressed by
  /// another method than deflate, or has more than `limit` bytes.
  std::string read(const Entry& entry, std::size_t limit) const;

 private:
  std::string_view bytes_;
  std::string where_;
  std::vector<Entry> entries_;
};

}  // namespace vitrine::data
