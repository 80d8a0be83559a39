#include "data/table/unique_names.h"

namespace vitrine::data {

std::string UniqueNames::add(const std::string& name) {
  std::size_t& number = times_[name];
  if (++number == 1) return name;
  std::string numbered = name + "_" + std::to_string(number);
  while (taken_.contains(numbered)) numbered = name + "_" + std::to_string(++number);
  taken_.insert(numbered);
  return numbered;
}

}  // namespace vitrine::data
