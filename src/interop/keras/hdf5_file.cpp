#include "interop/keras/hdf5_file.h"

#include "base/module.h"

namespace vitrine::interop {

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
