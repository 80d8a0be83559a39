// SavedModels of TensorFlow: the graph and the list of variables, between which four bytes
// 0xFF stand.
#include "interop/keras/saved_model.h"

#include <cstdint>
#include <stdexcept>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t middle = all.find("\xFF\xFF\xFF\xFF");
  if (middle == std::string_view::npos) return 0;
  const std::string data(4096, '\0');
  std::string version;
  try {
    (void)interop::write_saved_model({all.substr(0, middle), all.substr(middle + 4), data},
                                     {64, 64}, version);
  } catch (const std::invalid_argument&) {
  } catch (const Json::exception&) {
  }
  return 0;
}
