// What the process that reads HDF5 files sends.
#include <cstdint>
#include <string_view>

#include "check.h"
#include "interop/hdf5/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check(
      [&] { (void)interop::decode_reply({reinterpret_cast<const char*>(bytes), size}, "m.h5"); });
  return 0;
}
