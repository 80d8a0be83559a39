// Events of AWS Lambda.
#include <cstdint>
#include <cstdlib>

#include "check.h"
#include "serve/api/lambda_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    const serve::LambdaEvent event =
        serve::read_lambda_event({reinterpret_cast<const char*>(bytes), size});
    bool failed = false;
    (void)serve::lambda_answer(event, {.status = 200, .body = "{}"}, failed);
  });
  return 0;
}
