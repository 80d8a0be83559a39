// The constants of an ONNX graph as numbers.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace vitrine::engine {

/// An array of floats with copy on write. It is a view until own_copy() is called: weights are
/// large, and most of them are only read. The viewed bytes need not be aligned, because a file has
/// them at any offset. The owner of the viewed bytes must keep them alive. Not thread-safe for
/// changes.
class Floats {
 public:
  Floats() = default;
  Floats(std::vector<float> own) : own_(std::move(own)) { show_own(); }  // NOLINT: as a vector
  /// A view of `bytes`, whose size is a multiple of 4.
  static Floats view_of(std::string_view bytes) {
    Floats out;
    out.bytes_ = bytes;
    return out;
  }
  Floats(const Floats& other) { *this = other; }
  Floats(Floats&& other) noexcept { *this = std::move(other); }
  Floats& operator=(const Floats& other) {
    own_ = other.own_;
    bytes_ = other.bytes_;
    if (owns()) show_own();
    return *this;
  }
  Floats& operator=(Floats&& other) noexcept {
    own_ = std::move(other.own_);
    bytes_ = other.bytes_;
    other.own_.clear();
    other.bytes_ = {};
    return *this;
  }

  std::size_t size() const { return bytes_.size() / sizeof(float); }
  float operator[](std::size_t i) const {
    float out = 0;
    std::memcpy(&out, bytes_.data() + i * sizeof out, sizeof out);
    return out;
  }
  std::vector<float> copied() const {
    std::vector<float> out(size());
    if (!out.empty()) std::memcpy(out.data(), bytes_.data(), bytes_.size());
    return out;
  }
  /// A pointer to the floats if they are aligned, else to a copy in `room`.
  const float* in_place_or(std::vector<float>& room) const {
    if (reinterpret_cast<std::uintptr_t>(bytes_.data()) % alignof(float) == 0) {
      return reinterpret_cast<const float*>(bytes_.data());
    }
    room.resize(size());
    std::memcpy(room.data(), bytes_.data(), bytes_.size());
    return room.data();
  }
  /// An owned copy, which may be changed.
  std::vector<float>& own_copy() {
    if (!owns()) own_ = copied();
    show_own();
    return own_;
  }

 private:
  bool owns() const { return !own_.empty(); }
  void show_own() {
    bytes_ = {reinterpret_cast<const char*>(own_.data()), own_.size() * sizeof(float)};
  }
  std::vector<float> own_;
  std::string_view bytes_;
};

/// A tensor of floats, or of integers if `whole`.
struct Constant {
  std::vector<std::int64_t> dims;
  Floats floats;
  std::vector<std::int64_t> ints;
  bool whole = false;

  std::size_t size() const { return whole ? ints.size() : floats.size(); }
};

/// Reads a tensor. Its floats are a view of the tensor's raw data, or of `bytes` for an outline
/// (onnx/outline.h). Throws Error(bad_model) for types other than float, int64 and int32, and if
/// the data do not match the dimensions.
Constant constant_of(const ::onnx::TensorProto& tensor, std::string_view bytes);

}  // namespace vitrine::engine
