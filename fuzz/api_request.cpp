#include "api_request.h"

#include <cstdio>
#include <cstdlib>
#include <future>

namespace vitrine::fuzz {

serve::TestHost& host() {
  static serve::TestHost one;
  return one;
}

void ask(std::string_view target, std::string_view body,
         std::vector<std::pair<std::string_view, std::string_view>> headers, bool grpc) {
  serve::HttpRequest request;
  request.method = "POST";
  request.target = target;
  request.body = body;
  request.headers = std::move(headers);
  request.grpc = grpc;
  std::promise<serve::HttpResponse> later;
  auto waiting = later.get_future();
  auto response = host().api.handle(
      std::move(request), [&](serve::HttpResponse one) { later.set_value(std::move(one)); });
  const serve::HttpResponse answered = response ? std::move(*response) : waiting.get();
  if (answered.status < 100 || answered.status > 599 || answered.status == 500) {
    std::fprintf(stderr, "status %u: %s\n", answered.status, std::string(answered.body).c_str());
    std::abort();
  }
}

}  // namespace vitrine::fuzz
