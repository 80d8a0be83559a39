#include "interop/sklearn/pickle_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace vitrine::interop {
namespace {

struct Name {
  std::string_view module;
  std::string_view name;
  std::string_view known_as;
};

constexpr std::array kNames = std::to_array<Name>({
    {"numpy.core.multiarray", "_reconstruct", "numpy._reconstruct"},
    {"numpy._core.multiarray", "_reconstruct", "numpy._reconstruct"},
    {"numpy.core.multiarray", "scalar", "numpy.scalar"},
    {"numpy._core.multiarray", "scalar", "numpy.scalar"},
    {"numpy.core.numeric", "_frombuffer", "numpy._frombuffer"},
    {"numpy._core.numeric", "_frombuffer", "numpy._frombuffer"},
    {"numpy", "ndarray", "numpy.ndarray"},
    {"numpy", "dtype", "numpy.dtype"},
    {"numpy", "float64", "type.float64"},
    {"numpy", "float32", "type.float32"},
    {"numpy", "int64", "type.int64"},
    {"builtins", "float", "type.float"},
    {"__builtin__", "float", "type.float"},
    {"builtins", "int", "type.int"},
    {"__builtin__", "int", "type.int"},
    {"builtins", "object", "type.object"},
    {"__builtin__", "object", "type.object"},
    {"__builtin__", "bytes", "builtins.bytes"},
    {"_codecs", "encode", "codecs.encode"},
    {"copy_reg", "_reconstructor", "copyreg._reconstructor"},
    {"copyreg", "_reconstructor", "copyreg._reconstructor"},
    {"builtins", "bytearray", "builtins.bytearray"},
    {"__builtin__", "bytearray", "builtins.bytearray"},
    {"builtins", "str", "type.str"},
    {"builtins", "bool", "type.bool"},
    {"builtins", "set", "builtins.set"},
    {"__builtin__", "set", "builtins.set"},
    {"builtins", "getattr", "builtins.getattr"},
    {"builtins", "slice", "builtins.slice"},
    {"__builtin__", "slice", "builtins.slice"},
    {"builtins", "list", "type.list"},
    {"builtins", "dict", "type.dict"},
    {"collections", "defaultdict", "collections.defaultdict"},
    {"collections", "OrderedDict", "collections.OrderedDict"},
    {"collections", "Counter", "collections.Counter"},
    {"joblib.numpy_pickle", "NumpyArrayWrapper", "joblib.NumpyArrayWrapper"},
    {"sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper", "joblib.NumpyArrayWrapper"},
});

void append_utf8(std::string& out, std::uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    throw std::invalid_argument("code point");
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

std::uint32_t hex_number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) throw std::invalid_argument("escape");
  return static_cast<std::uint32_t>(std::stoul(std::string(text.substr(at, digits)), nullptr, 16));
}

}  // namespace

namespace {

bool is_number_type(std::string_view name) {
  constexpr std::string_view kTypes[] = {"int8",   "int16",  "int32",  "int64",   "intc",  "uint8",
                                         "uint16", "uint32", "uint64", "float16", "bool_", "bool"};
  return std::ranges::contains(kTypes, name);
}

}  // namespace

std::string white_listed_name(std::string_view module, std::string_view name) {
  for (const Name& known : kNames) {
    if (known.module == module && known.name == name) return std::string(known.known_as);
  }
  // A class has another module in each version: its name identifies it. What is not read is refused
  // by its reader, with this name.
  for (const std::string_view library : {"sklearn", "xgboost", "lightgbm"}) {
    if (module == library || module.starts_with(std::string(library) + ".")) {
      return std::string(library) + "." + std::string(name);
    }
  }
  // Read, but not used: losses and random generators inside models, the tables of a search and what
  // it drew from, lists of columns beside a model.
  if (module == "_loss" || (module == "numpy" && name == "vectorize") ||
      (module == "functools" && name == "partial") || (module == "builtins" && name == "range") ||
      (module == "types" && name == "SimpleNamespace")) {
    return "inert";
  }
  if (module == "numpy" && is_number_type(name)) return "type." + std::string(name);
  for (const std::string_view library : {"numpy.random", "numpy.ma", "scipy.stats", "scipy.sparse",
                                         "pandas", "datetime", "decimal", "pathlib"}) {
    if (module == library || module.starts_with(std::string(library) + ".")) return "inert";
  }
  return {};
}

std::string white_list_text() { return "models of scikit-learn, XGBoost and LightGBM"; }

std::string unescape_python(std::string_view text, bool unicode) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      // raw-unicode-escape holds Latin-1 bytes.
      if (unicode) {
        append_utf8(out, static_cast<unsigned char>(text[i]));
      } else {
        out += text[i];
      }
      continue;
    }
    if (++i >= text.size()) throw std::invalid_argument("escape");
    const char kind = text[i];
    if (unicode) {
      const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
      if (digits == 0) {
        out += '\\';
        --i;
        ++i;
        append_utf8(out, static_cast<unsigned char>(kind));
        continue;
      }
      append_utf8(out, hex_number(text, i + 1, digits));
      i += digits;
      continue;
    }
    switch (kind) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'x':
        out += static_cast<char>(hex_number(text, i + 1, 2));
        i += 2;
        break;
      default:
        out += kind;
    }
  }
  return out;
}

std::string latin1_of(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    if (first < 0x80) {
      out += utf8[i];
      continue;
    }
    if ((first & 0xFC) != 0xC0 || i + 1 >= utf8.size()) throw std::invalid_argument("latin-1");
    const auto second = static_cast<unsigned char>(utf8[++i]);
    out += static_cast<char>(((first & 3) << 6) | (second & 0x3F));
  }
  return out;
}

}  // namespace vitrine::interop
