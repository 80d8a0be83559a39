// Reads messages of Protocol Buffers by the numbers of their fields, without their schema.
#pragma once

#include <google/protobuf/unknown_field_set.h>

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::interop {

/// A message. All functions throw std::invalid_argument for bytes that are none; absent fields are
/// 0 or empty.
class ProtoFields {
 public:
  explicit ProtoFields(const std::string& bytes) {
    if (!fields_->ParseFromString(bytes)) throw std::invalid_argument("the file is damaged");
  }

  std::int64_t number(int field) const {
    std::int64_t out = 0;
    each(field, google::protobuf::UnknownField::TYPE_VARINT,
         [&](const auto& one) { out = static_cast<std::int64_t>(one.varint()); });
    return out;
  }
  float real(int field, float otherwise = 0) const {
    float out = otherwise;
    each(field, google::protobuf::UnknownField::TYPE_FIXED32,
         [&](const auto& one) { out = std::bit_cast<float>(one.fixed32()); });
    return out;
  }
  std::string text(int field) const {
    std::string out;
    each(field, kBytes, [&](const auto& one) { out = one.length_delimited(); });
    return out;
  }
  std::vector<std::string> texts(int field) const {
    std::vector<std::string> out;
    each(field, kBytes, [&](const auto& one) { out.push_back(one.length_delimited()); });
    return out;
  }
  ProtoFields message(int field) const { return ProtoFields(text(field)); }
  std::vector<ProtoFields> messages(int field) const {
    std::vector<ProtoFields> out;
    each(field, kBytes, [&](const auto& one) { out.emplace_back(one.length_delimited()); });
    return out;
  }
  bool has(int field) const {
    for (int i = 0; i < fields_->field_count(); ++i) {
      if (fields_->field(i).number() == field) return true;
    }
    return false;
  }
  /// A map from texts: key and value as bytes.
  std::map<std::string, std::string> entries(int field) const {
    std::map<std::string, std::string> out;
    for (const ProtoFields& one : messages(field)) out[one.text(1)] = one.text(2);
    return out;
  }
  /// Repeated whole numbers, packed or not.
  std::vector<std::int64_t> numbers(int field) const;

 private:
  static constexpr auto kBytes = google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED;

  template <typename Use>
  void each(int field, google::protobuf::UnknownField::Type type, Use use) const {
    for (int i = 0; i < fields_->field_count(); ++i) {
      const auto& one = fields_->field(i);
      if (one.number() == field && one.type() == type) use(one);
    }
  }

  /// Shared, so that messages can be copied; never changed.
  std::shared_ptr<google::protobuf::UnknownFieldSet> fields_ =
      std::make_shared<google::protobuf::UnknownFieldSet>();
};

/// Takes a varint from the front. Throws std::invalid_argument.
std::uint64_t take_varint(std::string_view& bytes);

}  // namespace vitrine::interop
