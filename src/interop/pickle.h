// A reader of Python pickles that runs nothing: it knows the opcodes and a white
// list of names, and builds plain values.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vitrine {

/// A Python value. Values live in their Pickle and point at each other freely
/// (cycles too), so nothing is freed one by one.
struct PickleValue {
  enum class Kind {
    none,
    boolean,
    integer,
    number,
    text,
    bytes,
    list,
    tuple,
    dictionary,
    global,  ///< a white-listed name, in `text` as `module.name`
    object,  ///< an instance of such a class, its name in `text`, its state in `pairs`
    dtype,   ///< a numpy dtype: `text` is its code (f8), `flag` says big-endian
    array,   ///< a numpy array in C order: `shape`, and `numbers`, `texts` or `items`;
             ///< `flag` says truth values, `integer` is 1 for whole numbers
    mark,
  };
  using Pair = std::pair<const PickleValue*, const PickleValue*>;

  Kind kind = Kind::none;
  bool flag = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;  ///< text in UTF-8, or raw bytes
  std::vector<const PickleValue*> items;
  std::vector<Pair> pairs;
  std::vector<std::size_t> shape;
  std::vector<double> numbers;
  std::vector<std::string> texts;

  /// The entry of a dictionary or of an object's state, or null.
  const PickleValue* find(std::string_view key) const;
  bool is_number() const {
    return kind == Kind::integer || kind == Kind::number || kind == Kind::boolean;
  }
  double as_number() const;  ///< of integer, number, boolean; else NaN
};

/// A pickle that was read. Not copyable: values point into it.
class Pickle {
 public:
  /// Protocols 0 to 5. Throws Error(bad_input), naming what is at fault, for any
  /// name outside the white list, for opcodes that the models it is made for
  /// never use, for lengths beyond the file and for arrays whose shape does not
  /// fit their data. `where` is the file's name.
  Pickle(std::string_view bytes, std::string where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  /// What was pickled: one value, or several dumped one after another.
  const std::vector<const PickleValue*>& roots() const { return roots_; }
  const std::string& where() const { return where_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::vector<const PickleValue*> roots_;
  std::string where_;
};

}  // namespace vitrine
