// Models of TensorFlow Lite.
#include "interop/keras/tflite.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  std::vector<std::string> notes;
  try {
    (void)interop::write_tflite({reinterpret_cast<const char*>(bytes), size}, notes);
  } catch (const std::invalid_argument&) {
  } catch (const Json::exception&) {
  }
  return 0;
}
