#include "interop/keras/hdf5_file.h"

#include "base/module.h"

namespace vitrine::interop {

std::optional<std::size_t> number_count(std::span<const std::int64_t> shape, std::size_t most) {
  std::size_t all = 1;
  for (const std::int64_t side : shape) {
    if (side < 0 || (side > 0 && all > most / static_cast<std::size_t>(side))) return std::nullopt;
    all *= static_cast<std::size_t>(side);
  }
  return all;
}

std::string Hdf5File::text(const std::string& group, const std::string& name) const {
  const auto place = texts.find(group);
  if (place == texts.end()) return {};
  const auto found = place->second.find(name);
  return found == place->second.end() || found->second.size() != 1 ? std::string()
                                                                   : found->second[0];
}

bool is_hdf5(std::string_view bytes) { return bytes.starts_with("\x89HDF\r\n\x1a\n"); }

Hdf5File read_hdf5(std::string_view bytes, const std::string& where) {
  return load_module<Hdf5EntryPoints>("hdf5", "the reader of HDF5 files").read(bytes, where);
}

}  // namespace vitrine::interop
