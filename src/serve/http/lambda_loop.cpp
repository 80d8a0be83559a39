#include "serve/http/lambda_loop.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <future>
#include <optional>

#include "base/error.h"
#include "serve/api/lambda_event.h"

namespace vitrine::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::string_view kBase = "/2018-06-01/runtime/";
/// A generous limit: Lambda itself limits an event to 6 MB.
constexpr std::uint64_t kMostBody = std::uint64_t{64} << 20;

using RuntimeAnswer = http::response<http::string_body>;

/// A client of the Runtime API with a connection that is kept and reopened if it was closed.
class RuntimeApi {
 public:
  explicit RuntimeApi(std::string place) : place_(std::move(place)) {}

  /// Sends a request and waits for the response without a timeout: `next` blocks until an event.
  RuntimeAnswer ask(http::verb method, const std::string& path, const std::string& body = {}) {
    http::request<http::string_body> request(method, std::string(kBase) + path, 11);
    request.set(http::field::host, place_);
    request.set(http::field::user_agent, "vitrine");
    if (method == http::verb::post) request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
    for (bool fresh = false;; fresh = true) {
      boost::system::error_code problem;
      if (!stream_ || fresh) problem = connect();
      if (!problem) http::write(*stream_, request, problem);
      beast::flat_buffer buffer;
      http::response_parser<http::string_body> parser;
      parser.body_limit(kMostBody);
      if (!problem) http::read(*stream_, buffer, parser, problem);
      if (!problem) {
        if (!parser.get().keep_alive()) stream_.reset();
        return parser.release();
      }
      stream_.reset();
      if (fresh) {
        throw Error(ErrorKind::failed,
                    "Lambda's Runtime API can't be reached: " + problem.message(), place_,
                    "this verb runs on AWS Lambda, which sets AWS_LAMBDA_RUNTIME_API");
      }
    }
  }

 private:
  boost::system::error_code connect() {
    boost::system::error_code problem;
    const std::size_t colon = place_.rfind(':');
    asio::ip::tcp::resolver resolver(context_);
    const auto places =
        resolver.resolve(place_.substr(0, colon),
                         colon == std::string::npos ? "80" : place_.substr(colon + 1), problem);
    if (problem) return problem;
    stream_.emplace(context_);
    asio::connect(*stream_, places, problem);
    return problem;
  }

  std::string place_;
  asio::io_context context_;
  std::optional<asio::ip::tcp::socket> stream_;
};

HttpResponse answered(Api& api, HttpRequest request) {
  std::promise<HttpResponse> done;
  auto promised = done.get_future();
  auto now = api.handle(std::move(request),
                        [&done](HttpResponse response) { done.set_value(std::move(response)); });
  return now ? std::move(*now) : promised.get();
}

/// The deadline of an event, from a header with milliseconds since 1970.
Time deadline_of(const RuntimeAnswer& event) {
  const std::string_view text = event["Lambda-Runtime-Deadline-Ms"];
  long long milliseconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (code != std::errc() || end != text.data() + text.size()) return Time::max();
  const std::chrono::system_clock::time_point then{std::chrono::milliseconds(milliseconds)};
  const auto left = then - std::chrono::system_clock::now();
  return left > std::chrono::hours(1) ? Time::max()
                                      : Clock::now() + std::chrono::duration_cast<Duration>(left);
}

}  // namespace

void run_lambda_loop(const std::string& place, Api& api) {
  RuntimeApi runtime(place);
  while (true) {
    const RuntimeAnswer next = runtime.ask(http::verb::get, "invocation/next");
    const std::string id(next["Lambda-Runtime-Aws-Request-Id"]);
    if (next.result() != http::status::ok || id.empty()) {
      throw Error(ErrorKind::failed,
                  "Lambda's Runtime API returned status " + std::to_string(next.result_int()) +
                      (id.empty() ? " without a request id" : ""),
                  place, "this verb runs on AWS Lambda");
    }
    bool failed = false;
    std::string answer;
    try {
      const LambdaEvent event = read_lambda_event(next.body());
      HttpRequest request = event.request();
      request.deadline = deadline_of(next);
      answer = lambda_answer(event, answered(api, std::move(request)), failed);
    } catch (const Error& error) {
      failed = true;
      answer = lambda_error("BadEvent", error.message + "; " + error.hint);
    } catch (const std::exception& problem) {
      failed = true;
      answer = lambda_error("InternalError", problem.what());
    }
    runtime.ask(http::verb::post, "invocation/" + id + (failed ? "/error" : "/response"), answer);
  }
}

void report_lambda_start_failure(const std::string& place, const std::string& message) {
  try {
    RuntimeApi(place).ask(http::verb::post, "init/error", lambda_error("StartFailed", message));
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace vitrine::serve
