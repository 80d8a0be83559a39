// Constants of an ONNX graph as numbers.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

/// Floats that lie elsewhere until somebody changes them: weights are large, and most of them are
/// only read. Whoever made the view keeps what it shows.
class Floats {
 public:
  Floats() = default;
  Floats(std::vector<float> own) : own_(std::move(own)), view_(own_) {}  // NOLINT: as a vector
  static Floats view_of(std::span<const float> numbers) {
    Floats out;
    out.view_ = numbers;
    return out;
  }
  Floats(const Floats& other) { *this = other; }
  Floats(Floats&& other) noexcept { *this = std::move(other); }
  Floats& operator=(const Floats& other) {
    own_ = other.own_;
    view_ = other.owns() ? std::span<const float>(own_) : other.view_;
    return *this;
  }
  Floats& operator=(Floats&& other) noexcept {
    const bool owned = other.owns();
    own_ = std::move(other.own_);
    view_ = owned ? std::span<const float>(own_) : other.view_;
    other.view_ = {};
    return *this;
  }

  std::size_t size() const { return view_.size(); }
  const float* data() const { return view_.data(); }
  float operator[](std::size_t i) const { return view_[i]; }
  /// Its own copy, to be changed.
  std::vector<float>& mine() {
    if (!owns()) own_.assign(view_.begin(), view_.end());
    view_ = own_;
    return own_;
  }

 private:
  bool owns() const { return !own_.empty(); }
  std::vector<float> own_;
  std::span<const float> view_;
};

/// Floats, or whole numbers where `whole`.
struct Constant {
  std::vector<std::int64_t> dims;
  Floats floats;
  std::vector<std::int64_t> ints;
  bool whole = false;

  std::size_t size() const { return whole ? ints.size() : floats.size(); }
};

/// Its floats are a view of the tensor's where they can be. Throws Error(bad_model) for types other
/// than float, int64 and int32, and for data that does not fit its dimensions.
Constant constant_of(const onnx::TensorProto& tensor);

}  // namespace vitrine
