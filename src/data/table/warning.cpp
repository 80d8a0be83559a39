#include "data/table/warning.h"

#include "base/error.h"

namespace vitrine::data {

void warn_or_refuse(std::vector<Warning>& warnings, Warning warning, bool strict,
                    const std::string& where) {
  if (strict) {
    throw Error(ErrorKind::bad_input, warning.message, where,
                "fix the file, or leave out --strict");
  }
  warnings.push_back(std::move(warning));
}

Json to_json(const std::vector<Warning>& warnings) {
  Json json = Json::array();
  for (const Warning& warning : warnings) {
    json.push_back({{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
  }
  return json;
}

}  // namespace vitrine::data
