// The photos of a request: forms, base64 in JSON. The first line is the content type.
#include <algorithm>
#include <cstdlib>

#include "api_request.h"
#include "check.h"
#include "serve/api/photo_request.h"
#include "serve/api/request_context.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t line = std::min(all.find('\n'), all.size());
  const std::string_view type = all.substr(0, line);
  const std::string_view body = line < all.size() ? all.substr(line + 1) : std::string_view();
  fuzz::check([&] {
    std::string decoded;
    const auto photos = serve::photos_of_request(serve::media_type(type), type, body, {}, decoded);
    if (photos.empty()) std::abort();
    std::size_t sum = 0;  // every byte of each view can be read
    for (const std::string_view photo : photos) {
      for (const char c : photo) sum += static_cast<unsigned char>(c);
    }
    if (sum == 1) return;
  });
  return 0;
}
