#include "telemetry/trace_context.h"

#include <algorithm>
#include <cstdint>
#include <random>

#include "base/random.h"

namespace vitrine::telemetry {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

/// `digits` random hexadecimal digits, not all zero.
std::string random_hex(std::size_t digits) {
  thread_local Random random(std::random_device{}() * 0x100000001ULL ^ std::random_device{}());
  std::string text(digits, '0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i, bits >>= 4) {
    if (i % 16 == 0) bits = random.next() | 1;
    text[i] = kDigits[bits & 15];
  }
  return text;
}

}  // namespace

std::string TraceContext::traceparent() const {
  return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

TraceContext continue_trace(std::string_view sent) {
  TraceContext context;
  context.span_id = random_hex(16);
  // Version 00 has 55 characters; later versions may append fields after another '-'.
  const bool sound = sent.size() >= 55 && sent[2] == '-' && sent[35] == '-' && sent[52] == '-' &&
                     is_hex(sent.substr(0, 2)) && is_hex(sent.substr(3, 32)) &&
                     is_hex(sent.substr(36, 16)) && is_hex(sent.substr(53, 2)) &&
                     !sent.starts_with("ff") && !all_zero(sent.substr(3, 32)) &&
                     !all_zero(sent.substr(36, 16)) &&
                     (sent.size() == 55 || (!sent.starts_with("00") && sent[55] == '-'));
  if (sound) {
    context.trace_id = sent.substr(3, 32);
    context.parent_id = sent.substr(36, 16);
    context.sampled = (kDigits.find(sent[54]) & 1) == 1;
  } else {
    context.trace_id = random_hex(32);
  }
  return context;
}

std::string request_id(std::string_view sent, const std::string& otherwise) {
  const bool fit = !sent.empty() && sent.size() <= 128 && std::ranges::all_of(sent, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/+=@-").contains(c);
  });
  return fit ? std::string(sent) : otherwise;
}

}  // namespace vitrine::telemetry
