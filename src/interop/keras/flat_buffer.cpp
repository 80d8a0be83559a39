#include "interop/keras/flat_buffer.h"

namespace vitrine::interop {

FlatTable::FlatTable(std::string_view buffer, std::size_t at) : buffer_(buffer) {
  at_ = at + read<std::uint32_t>(at);
  const auto back = static_cast<std::int64_t>(read<std::int32_t>(at_));
  const std::int64_t fields = static_cast<std::int64_t>(at_) - back;
  if (fields < 0 || fields > static_cast<std::int64_t>(buffer.size())) damaged();
  fields_at_ = static_cast<std::size_t>(fields);
  fields_size_ = read<std::uint16_t>(fields_at_);
  if (fields_size_ > buffer.size() - fields_at_) damaged();
}

std::size_t FlatTable::place(std::size_t field) const {
  const std::size_t entry = 4 + 2 * field;
  if (at_ == 0 || entry + 2 > fields_size_) return 0;
  const auto offset = read<std::uint16_t>(fields_at_ + entry);
  return offset == 0 ? 0 : at_ + offset;
}

FlatTable FlatTable::table(std::size_t field) const {
  const std::size_t at = place(field);
  return at == 0 ? FlatTable() : FlatTable(buffer_, at);
}

FlatTable::Vector FlatTable::vector(std::size_t field, std::size_t item) const {
  const std::size_t at = place(field);
  if (at == 0) return {};
  const std::size_t start = at + read<std::uint32_t>(at);
  const std::size_t count = read<std::uint32_t>(start);
  if (count > (buffer_.size() - start - 4) / item) damaged();
  return {start + 4, count};
}

std::string_view FlatTable::bytes(std::size_t field) const {
  const auto [at, count] = vector(field, 1);
  return buffer_.substr(at, count);
}

std::vector<FlatTable> FlatTable::tables(std::size_t field) const {
  const auto [at, count] = vector(field, 4);
  std::vector<FlatTable> out;
  if (count > 1'000'000) damaged();
  for (std::size_t i = 0; i < count; ++i) out.push_back(FlatTable(buffer_, at + 4 * i));
  return out;
}

}  // namespace vitrine::interop
