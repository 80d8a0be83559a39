// Cards: JSON that can be read is written and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "check.h"
#include "model/card.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    const model::Card card =
        model::card_from_json(std::string(reinterpret_cast<const char*>(bytes), size), "card");
    const auto once = to_text(model::to_json(card));
    const auto twice = to_text(model::to_json(model::card_from_json(once, "card")));
    if (once != twice) std::abort();
  });
  return 0;
}
