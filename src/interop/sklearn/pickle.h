// Reads Python pickles without running code: interprets the opcodes, accepts the global names of a
// white list, and builds plain values.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vitrine::interop {

/// A Python value. The Pickle owns all values; they point at each other, cycles included, and are
/// freed together with it.
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
    object,  ///< an instance of a white-listed class: its name in `text`, its state in `pairs`
    dtype,   ///< a numpy dtype: `text` is its code (f8), `flag` is true for big-endian
    array,   ///< a numpy array in C order: `shape`, and `numbers`, `texts` or `items`;
             ///< `flag` is true for booleans, `integer` is 1 for integers and booleans. Of records:
             ///< `shape` is records x fields, `texts` the fields' names, `numbers` record by record
    mark,    ///< the start of a group of values on the stack; only while reading
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
  double as_number() const;  ///< the value of an integer, number or boolean; NaN for others
};

/// The values of a pickle file. Not copyable, because the values point at each other. Thread-safe
/// after construction.
class Pickle {
 public:
  /// Reads protocols 0 to 5; `bytes` is used only during the call. Throws Error(bad_input) for a
  /// name outside the white list, an opcode that scikit-learn's models do not use, a length beyond
  /// the end of the file or an array whose shape does not match its data. `where` is the file's
  /// name, for errors.
  Pickle(std::string_view bytes, std::string where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  /// The pickled values: one, or several that were dumped one after another.
  const std::vector<const PickleValue*>& roots() const { return roots_; }
  const std::string& where() const { return where_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::vector<const PickleValue*> roots_;
  std::string where_;
};

}  // namespace vitrine::interop
