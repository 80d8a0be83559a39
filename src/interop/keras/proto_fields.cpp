#include "interop/keras/proto_fields.h"

namespace vitrine::interop {

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t out = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    out |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return out;
  }
  throw std::invalid_argument("the file is damaged");
}

std::vector<std::int64_t> ProtoFields::numbers(int field) const {
  std::vector<std::int64_t> out;
  for (int i = 0; i < fields_->field_count(); ++i) {
    const auto& one = fields_->field(i);
    if (one.number() != field) continue;
    if (one.type() == google::protobuf::UnknownField::TYPE_VARINT) {
      out.push_back(static_cast<std::int64_t>(one.varint()));
    } else if (one.type() == kBytes) {
      std::string_view packed = one.length_delimited();
      while (!packed.empty()) out.push_back(static_cast<std::int64_t>(take_varint(packed)));
    }
  }
  return out;
}

}  // namespace vitrine::interop
