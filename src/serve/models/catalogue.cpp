#include "serve/models/catalogue.h"

#include <cmath>
#include <ranges>

namespace vitrine::serve {

std::shared_ptr<const ServedModel> CatalogueEntry::current() const {
  for (const auto& [number, model] : std::views::reverse(versions)) {
    if (number != routing.canary && number != routing.shadow) return model;
  }
  return versions.empty() ? nullptr : versions.rbegin()->second;
}

std::shared_ptr<const ServedModel> CatalogueEntry::pick() const {
  const auto canary = versions.find(routing.canary);
  if (routing.canary_percent > 0 && canary != versions.end()) {
    // Each request adds the share to a sum. The canary gets the requests at which the sum passes a
    // whole number.
    const auto turn = static_cast<double>(turns->fetch_add(1) % 1'000'000);
    const double share = routing.canary_percent / 100;
    if (std::floor((turn + 1) * share + 1e-9) > std::floor(turn * share + 1e-9)) {
      return canary->second;
    }
  }
  return current();
}

std::shared_ptr<const ServedModel> CatalogueEntry::shadow() const {
  const auto place = versions.find(routing.shadow);
  return place == versions.end() ? nullptr : place->second;
}

const CatalogueEntry* Catalogue::find(std::string_view name) const {
  for (const CatalogueEntry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> CatalogueEntry::version_names() const {
  std::vector<std::string> all;
  for (const auto& [number, model] : versions) all.push_back(std::to_string(number));
  return all;
}

std::vector<std::string> Catalogue::names() const {
  std::vector<std::string> all;
  for (const CatalogueEntry& entry : entries) all.push_back(entry.name);
  return all;
}

}  // namespace vitrine::serve
