// Reusable memory of a request: parser, header fields, body and response.
#pragma once

#include <array>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>

namespace vitrine::serve {

/// Allocates header fields from the request's buffer, so that usually none needs the heap.
template <typename T>
class FieldAllocator {
 public:
  using value_type = T;
  using is_always_equal = std::false_type;
  explicit FieldAllocator(std::pmr::memory_resource* memory) : memory_(memory) {}
  template <typename U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert
  FieldAllocator(const FieldAllocator<U>& other) : memory_(other.memory()) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(memory_->allocate(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* place, std::size_t count) {
    memory_->deallocate(place, count * sizeof(T), alignof(T));
  }
  std::pmr::memory_resource* memory() const { return memory_; }
  template <typename U>
  bool operator==(const FieldAllocator<U>& other) const {
    return memory_ == other.memory();
  }

 private:
  std::pmr::memory_resource* memory_;
};

using Fields = boost::beast::http::basic_fields<FieldAllocator<char>>;
using Request = boost::beast::http::request<boost::beast::http::string_body, Fields>;
using RequestHeader = boost::beast::http::header<true, Fields>;
using RequestParser =
    boost::beast::http::request_parser<boost::beast::http::string_body, FieldAllocator<char>>;

/// Not thread-safe: it belongs to one loop.
struct Scratch {
  /// A new parser that reuses the memory of the previous request.
  RequestParser& new_parser() {
    parser.reset();
    memory.release();
    parser.emplace(std::piecewise_construct, std::make_tuple(std::move(body)),
                   std::make_tuple(FieldAllocator<char>(&memory)));
    parser->get().body().clear();
    return *parser;
  }
  /// Frees the memory of the request, except for buffers of at most 64 KiB.
  void clear() {
    constexpr std::size_t kMostKept = std::size_t{64} << 10;
    if (parser) {
      body = std::move(parser->get().body());
      body.clear();
    }
    parser.reset();
    memory.release();
    // Assigning an empty string would keep the capacity.
    if (body.capacity() > kMostKept) std::string().swap(body);
    if (out.capacity() > kMostKept) std::string().swap(out);
  }

  std::array<std::byte, 2048> first;
  std::pmr::monotonic_buffer_resource memory{first.data(), first.size()};
  std::optional<RequestParser> parser;
  std::string body;
  std::string out;  ///< the head of the response, followed by a small body
};

}  // namespace vitrine::serve
