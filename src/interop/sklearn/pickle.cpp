#include "interop/sklearn/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "interop/sklearn/pickle_arrays.h"
#include "interop/sklearn/pickle_names.h"

namespace vitrine::interop {

using Kind = PickleValue::Kind;

const PickleValue* PickleValue::find(std::string_view key) const {
  for (const auto& [name, value] : pairs) {
    if ((name->kind == Kind::text || name->kind == Kind::bytes) && name->text == key) return value;
  }
  return nullptr;
}

double PickleValue::as_number() const {
  switch (kind) {
    case Kind::integer:
      return static_cast<double>(integer);
    case Kind::number:
      return number;
    case Kind::boolean:
      return flag ? 1 : 0;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

/// Interprets the opcodes of a pickle with a stack, marks and a memo, as Python's pickletools
/// describes them. Never calls Python code: globals are names of a white list.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::string_view bytes) : pickle_(pickle), bytes_(bytes) {}

  std::vector<const PickleValue*> read() {
    std::vector<const PickleValue*> roots{read_one()};
    while (bytes_.substr(at_).starts_with('\x80')) {  // the next pickle of the file
      stack_.clear();
      memo_.clear();
      roots.push_back(read_one());
    }
    return roots;
  }

 private:
  const PickleValue* read_one() {
    for (;;) {
      start_ = at_;
      const auto opcode = static_cast<unsigned char>(byte());
      if (opcode == '.') return pop();
      step(opcode);
    }
  }

  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::bad_input, what, pickle_.where_ + ", byte " + std::to_string(start_),
                hint);
  }
  [[noreturn]] void broken(const std::string& what) const {
    fail("the pickle is broken: " + what,
         "copy the file again; it must be complete and written by pickle.dump");
  }

  // --- bytes
  char byte() {
    if (at_ >= bytes_.size()) broken("the file ends too early");
    return bytes_[at_++];
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) broken("a length goes beyond the end of the file");
    const auto part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }
  std::uint64_t little(std::size_t width) {
    std::uint64_t value = 0;
    const auto part = take(width);
    for (std::size_t i = 0; i < width; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(part[i])) << (8 * i);
    }
    return value;
  }
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) broken("a line has no end");
    const auto part = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return part;
  }

  // --- values
  [[noreturn]] void too_large() const {
    fail("the pickle has more values than models of tables have",
         "save the model alone, without the data that it was fitted on");
  }

  /// fill_array(), within a bound on the numbers of all arrays.
  bool fill(PickleValue& out, const PickleValue& shape, const PickleValue& dtype, bool fortran,
            const PickleValue& data) {
    if (!fill_array(out, shape, dtype, fortran, data)) return false;
    numbers_ += out.numbers.size() + out.texts.size() + out.items.size();
    if (numbers_ > kMostNumbers) too_large();
    return true;
  }

  PickleValue* make(Kind kind) {
    if (pickle_.values_.size() >= kMostValues) too_large();
    PickleValue& value = pickle_.values_.emplace_back();
    value.kind = kind;
    return &value;
  }
  void push(const PickleValue* value) { stack_.push_back(const_cast<PickleValue*>(value)); }
  PickleValue* pop() {
    if (stack_.empty() || stack_.back()->kind == Kind::mark) broken("the stack is empty");
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue* top(Kind kind) {
    if (stack_.empty() || stack_.back()->kind != kind) broken("a value has the wrong type");
    return stack_.back();
  }
  /// The same for a container; an object may be one too (OrderedDict).
  PickleValue* container(Kind kind) {
    const bool object = !stack_.empty() && stack_.back()->kind == Kind::object;
    return top(object ? Kind::object : kind);
  }
  std::vector<const PickleValue*> pop_to_mark() {
    auto at = stack_.size();
    while (at > 0 && stack_[at - 1]->kind != Kind::mark) --at;
    if (at == 0) broken("a mark is missing");
    std::vector<const PickleValue*> items(stack_.begin() + static_cast<std::ptrdiff_t>(at),
                                          stack_.end());
    stack_.resize(at - 1);
    return items;
  }
  void push_text(Kind kind, std::string_view text) {
    PickleValue* value = make(kind);
    value->text = text;
    push(value);
  }
  void push_integer(std::int64_t number) {
    PickleValue* value = make(Kind::integer);
    value->integer = number;
    push(value);
  }
  void push_number(double number) {
    PickleValue* value = make(Kind::number);
    value->number = number;
    push(value);
  }
  void push_boolean(bool flag) {
    PickleValue* value = make(Kind::boolean);
    value->flag = flag;
    push(value);
  }
  void push_tuple(std::vector<const PickleValue*> items) {
    PickleValue* value = make(Kind::tuple);
    value->items = std::move(items);
    push(value);
  }
  void push_short_tuple(std::size_t count) {
    std::vector<const PickleValue*> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_tuple(std::move(items));
  }
  void add_pairs(PickleValue* to, const std::vector<const PickleValue*>& items) {
    if (items.size() % 2 != 0) broken("a dictionary has a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2)
      to->pairs.emplace_back(items[i], items[i + 1]);
  }
  void remember(std::uint64_t place) {
    if (stack_.empty()) broken("there is no value for the memo");
    memo_[place] = stack_.back();
  }
  void recall(std::uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) broken("it refers to a value that is not in the memo");
    push(found->second);
  }
  std::uint64_t line_number() {
    const auto text = line();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) broken("a number is unreadable");
    return value;
  }

  // --- opcodes
  void step(unsigned char opcode) {
    if (!read_scalar(opcode) && !read_container(opcode) && !read_object(opcode)) {
      fail("the pickle uses the opcode " + std::to_string(opcode) +
               ", which scikit-learn's models do not need",
           "save the model with pickle.dump(model, file)");
    }
  }

  bool read_scalar(unsigned char opcode) {
    switch (opcode) {
      case 0x80:
        byte();
        return true;  // PROTO
      case 0x95:
        little(8);
        return true;  // FRAME: advisory
      case 'N':
        push(make(Kind::none));
        return true;
      case 0x88:
        push_boolean(true);
        return true;
      case 0x89:
        push_boolean(false);
        return true;
      case 'K':
        push_integer(static_cast<std::int64_t>(little(1)));
        return true;
      case 'M':
        push_integer(static_cast<std::int64_t>(little(2)));
        return true;
      case 'J':
        push_integer(static_cast<std::int32_t>(little(4)));
        return true;
      case 'I':
        read_text_integer();
        return true;
      case 'L':
        read_text_integer();
        return true;
      case 0x8a:
        read_long(little(1));
        return true;
      case 0x8b:
        read_long(little(4));
        return true;
      case 'G':
        push_number(std::bit_cast<double>(std::byteswap(little(8))));
        return true;
      case 'F':
        read_text_float();
        return true;
      case 'X':
        push_text(Kind::text, take(little(4)));
        return true;
      case 0x8c:
        push_text(Kind::text, take(little(1)));
        return true;
      case 0x8d:
        push_text(Kind::text, take(little(8)));
        return true;
      case 'V':
        push_text(Kind::text, unescape(line(), true));
        return true;
      case 'S':
        push_text(Kind::bytes, unquote(line()));
        return true;
      case 'T':
      case 'B':
        push_text(Kind::bytes, take(little(4)));
        return true;
      case 'U':
      case 'C':
        push_text(Kind::bytes, take(little(1)));
        return true;
      case 0x8e:
      case 0x96:
        push_text(Kind::bytes, take(little(8)));
        return true;
      default:
        return false;
    }
  }

  bool read_container(unsigned char opcode) {
    switch (opcode) {
      case '(':
        push(make(Kind::mark));
        return true;
      case ']':
      case 0x8f:  // EMPTY_SET
        push(make(Kind::list));
        return true;
      case '}':
        push(make(Kind::dictionary));
        return true;
      case ')':
        push_tuple({});
        return true;
      case 0x85:
        push_short_tuple(1);
        return true;
      case 0x86:
        push_short_tuple(2);
        return true;
      case 0x87:
        push_short_tuple(3);
        return true;
      case 't':
        push_tuple(pop_to_mark());
        return true;
      case 0x91:  // FROZENSET
      case 'l': {
        auto items = pop_to_mark();
        PickleValue* list = make(Kind::list);
        list->items = std::move(items);
        push(list);
        return true;
      }
      case 'd': {
        const auto items = pop_to_mark();
        PickleValue* dictionary = make(Kind::dictionary);
        add_pairs(dictionary, items);
        push(dictionary);
        return true;
      }
      case 'a': {
        const PickleValue* item = pop();
        container(Kind::list)->items.push_back(item);
        return true;
      }
      case 0x90:  // ADDITEMS
      case 'e': {
        const auto items = pop_to_mark();
        auto& list = container(Kind::list)->items;
        list.insert(list.end(), items.begin(), items.end());
        return true;
      }
      case 's': {
        const PickleValue* value = pop();
        const PickleValue* key = pop();
        container(Kind::dictionary)->pairs.emplace_back(key, value);
        return true;
      }
      case 'u': {
        const auto items = pop_to_mark();
        add_pairs(container(Kind::dictionary), items);
        return true;
      }
      case '0':
        pop();
        return true;
      case 'p':
        remember(line_number());
        return true;
      case 'q':
        remember(little(1));
        return true;
      case 'r':
        remember(little(4));
        return true;
      case 0x94:
        remember(memo_.size());
        return true;
      case 'g':
        recall(line_number());
        return true;
      case 'h':
        recall(little(1));
        return true;
      case 'j':
        recall(little(4));
        return true;
      default:
        return false;
    }
  }

  bool read_object(unsigned char opcode) {
    switch (opcode) {
      case 'c': {
        const std::string module(line());
        push_global(module, std::string(line()));
        return true;
      }
      case 0x93: {
        const PickleValue* name = pop();
        const PickleValue* module = pop();
        if (name->kind != Kind::text || module->kind != Kind::text) broken("a name is not text");
        push_global(module->text, name->text);
        return true;
      }
      case 'R': {
        const PickleValue* arguments = pop();
        const PickleValue* callable = pop();
        if (arguments->kind != Kind::tuple || callable->kind != Kind::global)
          broken("a call is malformed");
        push(call(callable->text, arguments->items));
        return true;
      }
      case 0x81: {
        const PickleValue* arguments = pop();
        const PickleValue* cls = pop();
        if (cls->kind != Kind::global || arguments->kind != Kind::tuple ||
            (!arguments->items.empty() && cls->text != "inert")) {
          broken("an object is constructed in an unknown way");
        }
        push(new_object(cls->text));
        return true;
      }
      case 'b': {
        const PickleValue* state = pop();
        if (stack_.empty()) broken("there is no object for a state");
        build(*stack_.back(), *state);
        return true;
      }
      default:
        return false;
    }
  }

  [[noreturn]] void refuse_name(const std::string& name) const {
    fail("the pickle needs '" + shown(name, 100) + "', which is not supported",
         "only " + white_list_text() + " can be imported; code in a pickle is never run");
  }

  void push_global(const std::string& module, const std::string& name) {
    const std::string known = white_listed_name(module, name);
    if (known.empty()) refuse_name(module + "." + name);
    push_text(Kind::global, known);
  }

  PickleValue* new_object(const std::string& cls) {
    PickleValue* object = make(Kind::object);
    object->text = cls;
    return object;
  }

  const PickleValue* call(const std::string& name,
                          const std::vector<const PickleValue*>& arguments) {
    const auto argument = [&](std::size_t i, Kind kind) -> const PickleValue& {
      if (i >= arguments.size() || arguments[i]->kind != kind)
        broken("the call of " + name + " is malformed");
      return *arguments[i];
    };
    if (name == "copyreg._reconstructor") return new_object(argument(0, Kind::global).text);
    if (name == "numpy._reconstruct") return make(Kind::array);
    if (name.starts_with("collections.")) return new_dictionary(name, arguments);
    if (name == "builtins.getattr") {  // a method of a distribution, for example
      if (argument(0, Kind::object).text != "inert") refuse_name("builtins.getattr");
      return new_object("inert");
    }
    if (name == "builtins.set") {
      PickleValue* list = make(Kind::list);
      if (!arguments.empty()) list->items = argument(0, Kind::list).items;
      return list;
    }
    if (name == "numpy.dtype") {
      PickleValue* type = make(Kind::dtype);
      type->text = argument(0, arguments.empty() ? Kind::text : arguments[0]->kind).text;
      return type;
    }
    if (name == "codecs.encode") {
      PickleValue* bytes = make(Kind::bytes);
      bytes->text = latin1_of(argument(0, Kind::text).text);
      return bytes;
    }
    if (name == "builtins.bytes") return make(Kind::bytes);
    if (name == "builtins.bytearray") {
      PickleValue* bytes = make(Kind::bytes);
      if (arguments.empty()) return bytes;
      const bool text = arguments[0]->kind == Kind::text;  // protocol 2: Latin-1
      bytes->text = text ? latin1_of(arguments[0]->text) : argument(0, Kind::bytes).text;
      return bytes;
    }
    PickleValue* value = make(Kind::none);
    const bool known =
        name == "numpy.scalar"
            ? arguments.size() == 2 && fill_scalar(*value, *arguments[0], *arguments[1])
        : name == "numpy._frombuffer"
            ? arguments.size() == 4 && fill(*value, *arguments[2], *arguments[1],
                                            arguments[3]->text == "F", *arguments[0])
            : false;
    if (known) return value;
    if (name.starts_with("numpy.")) broken("a numpy array or number is malformed");
    value->kind = Kind::object;  // a loss function, for example: not used
    value->text = name;
    if (name == "builtins.slice") value->items = arguments;
    return value;
  }

  /// An OrderedDict, which may get a list of pairs, or a defaultdict.
  const PickleValue* new_dictionary(const std::string& name,
                                    const std::vector<const PickleValue*>& arguments) {
    PickleValue* dictionary = make(Kind::dictionary);
    if (name != "collections.OrderedDict" || arguments.empty()) return dictionary;
    for (const PickleValue* pair : arguments[0]->items) {
      if (pair->items.size() != 2) broken("an OrderedDict");
      dictionary->pairs.emplace_back(pair->items[0], pair->items[1]);
    }
    return dictionary;
  }

  void build(PickleValue& object, const PickleValue& state) {
    if (object.kind == Kind::object && state.kind == Kind::dictionary) {
      object.pairs.insert(object.pairs.end(), state.pairs.begin(), state.pairs.end());
      if (object.text == "joblib.NumpyArrayWrapper") read_wrapped_array(object);
    } else if (object.kind == Kind::object) {
      // The state of an object that is not used.
    } else if (object.kind == Kind::dtype && state.kind == Kind::tuple && state.items.size() >= 2) {
      const std::string& order = state.items[1]->text;
      if (order != "<" && order != ">" && order != "|" && order != "=")
        broken("a numpy type has no byte order");
      object.flag = order == ">";
      object.items = state.items;  // the fields of records
    } else if (object.kind == Kind::array && state.kind == Kind::tuple && state.items.size() == 5) {
      if (!fill(object, *state.items[1], *state.items[2], state.items[3]->as_number() == 1,
                *state.items[4])) {
        broken("an array's shape, type and data do not match, or its type is not supported");
      }
    } else {
      broken("an object's state has an unknown form");
    }
  }

  /// joblib writes an array's bytes behind the object that describes it, with padding before them
  /// in newer versions; an array of objects as a pickle of its own.
  void read_wrapped_array(PickleValue& object) {
    const PickleValue* shape = object.find("shape");
    const PickleValue* type = object.find("dtype");
    const PickleValue* order = object.find("order");
    if (shape == nullptr || type == nullptr || order == nullptr) broken("an array of joblib");
    PickleValue array;
    if (const auto size = array_bytes(*shape, *type)) {
      const PickleValue* alignment = object.find("numpy_array_alignment_bytes");
      if (alignment != nullptr && alignment->kind == Kind::integer) take(little(1));
      PickleValue data;
      data.kind = Kind::bytes;
      data.text = take(*size);
      if (!fill(array, *shape, *type, order->text == "F", data)) {
        broken("an array's shape and type are not supported");
      }
    } else {
      if (++nested_ > kMostNested) broken("its pickles are nested too deeply");
      std::vector<PickleValue*> stack;
      std::unordered_map<std::uint64_t, PickleValue*> memo;
      std::swap(stack, stack_);
      std::swap(memo, memo_);
      array = *read_one();
      std::swap(stack, stack_);
      std::swap(memo, memo_);
      --nested_;
      if (array.kind != Kind::array) broken("an array of objects is none");
    }
    object = std::move(array);
  }

  // --- the text forms of protocol 0
  void read_text_integer() {
    std::string_view text = line();
    if (text == "00" || text == "01") return push_boolean(text == "01");
    if (text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
      return push_number(std::strtod(std::string(text).c_str(), nullptr));
    if (error != std::errc() || end != text.data() + text.size()) broken("a number is unreadable");
    push_integer(value);
  }
  void read_text_float() {
    const std::string text(line());
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') broken("a number is unreadable");
    push_number(value);
  }
  void read_long(std::uint64_t width) {
    const auto part = take(width);
    double value = 0;
    for (std::size_t i = part.size(); i-- > 0;)
      value = value * 256 + static_cast<unsigned char>(part[i]);
    const bool negative = !part.empty() && (static_cast<unsigned char>(part.back()) & 0x80) != 0;
    if (negative) value -= std::pow(256.0, static_cast<double>(part.size()));
    if (std::abs(value) < 0x1p53) {
      push_integer(static_cast<std::int64_t>(value));
    } else {
      push_number(value);
    }
  }
  std::string unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != text.back() ||
        (text.front() != '\'' && text.front() != '"')) {
      broken("a text has no quotes");
    }
    return unescape(text.substr(1, text.size() - 2), false);
  }
  std::string unescape(std::string_view text, bool unicode) {
    try {
      return unescape_python(text, unicode);
    } catch (const std::invalid_argument&) {
      broken("a text's escape is unreadable");
    }
  }

  Pickle& pickle_;
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::vector<PickleValue*> stack_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  // About 1 GB each.
  static constexpr std::size_t kMostValues = 4'000'000;
  static constexpr std::size_t kMostNumbers = kMostArrayNumbers;
  std::size_t numbers_ = 0;
  static constexpr int kMostNested = 16;
  int nested_ = 0;
};

Pickle::Pickle(std::string_view bytes, std::string where) : where_(std::move(where)) {
  try {
    roots_ = PickleReader(*this, bytes).read();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw Error(ErrorKind::bad_input, std::string("the pickle is broken: ") + problem.what(),
                where_, "copy the file again; it must be complete and written by pickle.dump");
  }
}

}  // namespace vitrine::interop
