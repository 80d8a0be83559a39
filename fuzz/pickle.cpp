// Python pickles, and scikit-learn's models in them.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "check.h"
#include "interop/sklearn/sklearn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    std::vector<std::unique_ptr<interop::Pickle>> pickles;
    pickles.push_back(std::make_unique<interop::Pickle>(
        std::string_view(reinterpret_cast<const char*>(bytes), size), "p.bin"));
    (void)interop::import_sklearn(pickles, {});
  });
  return 0;
}
