#include "interop/keras/tensor_bundle.h"

#include <cstring>
#include <functional>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "interop/keras/proto_fields.h"

namespace vitrine::interop {
namespace {

[[noreturn]] void damaged() { throw std::invalid_argument("its variables are damaged"); }

struct BlockHandle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

BlockHandle take_handle(std::string_view& bytes) {
  BlockHandle out;
  out.offset = take_varint(bytes);
  out.size = take_varint(bytes);
  return out;
}

std::uint32_t last_number(std::string_view bytes) {
  if (bytes.size() < 4) damaged();
  std::uint32_t out = 0;
  std::memcpy(&out, bytes.data() + bytes.size() - 4, 4);
  return out;
}

/// Calls `use` for each key and value of a block, whose keys share beginnings with those before.
void each_entry(std::string_view table, const BlockHandle& handle,
                const std::function<void(const std::string&, std::string_view)>& use) {
  constexpr std::size_t kTrailer = 5;  // the compression and a checksum
  if (handle.offset > table.size() || handle.size > table.size() - handle.offset ||
      table.size() - handle.offset - handle.size < kTrailer)
    damaged();
  std::string_view block = table.substr(handle.offset, handle.size);
  if (table[handle.offset + handle.size] != 0)
    throw std::invalid_argument("its list of variables is compressed");
  const std::uint64_t restarts = last_number(block);
  if (restarts * 4 + 4 > block.size()) damaged();
  block.remove_suffix(restarts * 4 + 4);
  std::string key;
  while (!block.empty()) {
    const std::uint64_t shared = take_varint(block), own = take_varint(block);
    const std::uint64_t size = take_varint(block);
    if (shared > key.size() || own > block.size() || size > block.size() - own) damaged();
    key.resize(shared);
    key += block.substr(0, own);
    use(key, block.substr(own, size));
    block.remove_prefix(own + size);
  }
}

enum DataType : std::int64_t { kFloat = 1, kDouble = 2, kHalf = 19 };

}  // namespace

TensorBundle::TensorBundle(std::string_view index, std::string_view data) : data_(data) {
  constexpr std::size_t kFooter = 48;
  constexpr std::uint64_t kMagic = 0xDB4775248B80FB57;
  std::uint64_t magic = 0;
  if (index.size() < kFooter) damaged();
  std::memcpy(&magic, index.data() + index.size() - 8, 8);
  if (magic != kMagic) damaged();
  std::string_view footer = index.substr(index.size() - kFooter);
  take_handle(footer);  // of the block of block names
  std::vector<BlockHandle> blocks;
  each_entry(index, take_handle(footer), [&](const std::string&, std::string_view value) {
    blocks.push_back(take_handle(value));
  });
  for (const BlockHandle& block : blocks) {
    each_entry(index, block, [&](const std::string& key, std::string_view value) {
      entries_[key] = std::string(value);
    });
  }
}

Hdf5Array TensorBundle::read(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end())
    throw std::invalid_argument("its variable '" + shown(key) + "' is not in its files");
  const ProtoFields entry(found->second);
  if (entry.number(3) != 0) throw std::invalid_argument("its variables are in several files");
  const auto offset = static_cast<std::uint64_t>(entry.number(4));
  const auto size = static_cast<std::uint64_t>(entry.number(5));
  if (offset > data_.size() || size > data_.size() - offset) damaged();
  Hdf5Array out;
  for (const ProtoFields& dimension : entry.message(2).messages(2))
    out.shape.push_back(dimension.number(1));
  const auto known = number_count(out.shape, std::size_t{1} << 32);
  if (!known) damaged();
  const std::size_t count = *known;
  const char* from = data_.data() + offset;
  if (entry.number(1) == kFloat && size == count * 4) {
    out.values.resize(count);
    if (count > 0) std::memcpy(out.values.data(), from, size);
  } else if (entry.number(1) == kDouble && size == count * 8) {
    std::vector<double> wide(count);
    if (count > 0) std::memcpy(wide.data(), from, size);
    out.values.assign(wide.begin(), wide.end());
  } else {
    throw std::invalid_argument("its variable '" + shown(key) +
                                "' is of a type that import does not read");
  }
  return out;
}

}  // namespace vitrine::interop
