// Reads the attributes of pickled objects, with errors that name them.
#pragma once

#include <string>
#include <vector>

#include "interop/sklearn/pickle.h"

namespace vitrine::interop {

/// All functions throw Error(bad_input).
class ObjectReader {
 public:
  explicit ObjectReader(std::string where) : where_(std::move(where)) {}

  const std::string& where() const { return where_; }

  [[noreturn]] void fail(const std::string& what, const std::string& hint) const;
  /// The parts of the file do not fit together.
  [[noreturn]] void contradicts(const std::string& what) const;

  const PickleValue& attribute(const PickleValue& object, const char* name) const;
  /// A text attribute; empty if it is missing or no text.
  std::string text(const PickleValue& object, const char* name) const;
  bool boolean(const PickleValue& object, const char* name, bool otherwise) const;
  /// Numbers of a list, a tuple or an array.
  std::vector<double> numbers(const PickleValue& value, const char* name) const;
  /// Names, numbers as texts: of classes and categories.
  std::vector<std::string> names(const PickleValue& value, const char* name) const;
  /// The same where items may be missing (None, NaN): those are empty, missing_places() lists them.
  std::vector<std::string> names_or_missing(const PickleValue& value, const char* name) const;
  static std::vector<std::size_t> missing_places(const PickleValue& value);
  /// A class or category that is a number: 100000, not 1e+05.
  static std::string name_of(double number);
  /// "RandomForestClassifier" of an object of scikit-learn.
  static std::string class_of(const PickleValue& object);

 private:
  std::string where_;
};

}  // namespace vitrine::interop
