// Memory for texts that views point to.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace vitrine::data {

/// Keeps copies of texts until it is destroyed. The last one can be taken back. Not thread-safe.
class TextArena {
 public:
  std::string_view add(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) grow(text.size());
    std::memcpy(end_, text.data(), text.size());
    const std::string_view copy(end_, text.size());
    end_ += text.size();
    left_ -= text.size();
    return copy;
  }
  /// Frees the text that was added last.
  void take_back(std::string_view last) {
    end_ -= last.size();
    left_ += last.size();
  }

 private:
  void grow(std::size_t least) {
    constexpr std::size_t kBlock = std::size_t{1} << 16;
    left_ = std::max(kBlock, least);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    end_ = blocks_.back().get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* end_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace vitrine::data
