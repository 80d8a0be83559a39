#include "cli/parser_facts.h"

#include <string_view>
#include <utility>

namespace vitrine::cli {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> values_of(const std::string& text) {
  const std::size_t open = text.find('{');
  const std::size_t end = text.find('}', open == std::string::npos ? 0 : open);
  std::vector<std::string> out;
  if (open == std::string::npos || end == std::string::npos) return out;
  std::string word;
  for (const char c : text.substr(open + 1, end - open - 1) + ",") {
    if (c != ',' || word.empty()) {  // a comma may be a value itself
      word += c;
    } else {
      out.push_back(std::exchange(word, {}));
    }
  }
  return out;
}

std::string take_kind(std::string& description) {
  for (const std::string_view kind : {"Tables", "Photos", "Numbers"}) {
    if (!description.starts_with(std::string(kind) + ": ")) continue;
    description.erase(0, kind.size() + 2);
    return std::string(kind);
  }
  return "";
}

}  // namespace vitrine::cli
