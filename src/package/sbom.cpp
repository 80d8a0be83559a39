#include "package/sbom.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/version.h"
#include "package/archive.h"

namespace vitrine::package {
namespace {

/// An SPDX identifier, which allows letters, digits, '.' and '-'.
std::string identifier(std::string_view kind, std::string_view name) {
  std::string out = "SPDXRef-" + std::string(kind) + "-";
  for (const char c : name) {
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '-';
  }
  return out;
}

Json package_json(const std::string& id, const std::string& name, const std::string& version,
                  const std::string& supplier) {
  return {{"SPDXID", id},
          {"name", name},
          {"versionInfo", version},
          {"supplier", supplier},
          {"downloadLocation", "NOASSERTION"},
          {"filesAnalyzed", false},
          {"licenseConcluded", "NOASSERTION"},
          {"licenseDeclared", "NOASSERTION"},
          {"copyrightText", "NOASSERTION"}};
}

/// A version as purl encodes it: `+` and `:` escaped (github.com/package-url/purl-spec).
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '+' ? "%2B" : c == '~' ? "~" : c == ':' ? "%3A" : std::string(1, c);
  }
  return out;
}

Json sha256_json(std::string_view bytes) {
  return Json::array({{{"algorithm", "SHA256"}, {"checksumValue", sha256_hex(bytes)}}});
}

class Bill {
 public:
  void add(Json package) {
    // Different names may give the same identifier: the second one gets a number.
    std::string id = package.at("SPDXID");
    for (int number = 2; !ids_.insert(id).second; ++number) {
      id = package.at("SPDXID").get<std::string>() + "-" + std::to_string(number);
    }
    package["SPDXID"] = id;
    relationships_.push_back({{"spdxElementId", "SPDXRef-Image"},
                              {"relationshipType", "CONTAINS"},
                              {"relatedSpdxElement", package.at("SPDXID")}});
    packages_.push_back(std::move(package));
  }

  std::string text(const Shipment& shipment) {
    const Json image = package_json("SPDXRef-Image", shipment.name, shipment.tag, "NOASSERTION");
    packages_.insert(packages_.begin(), image);
    relationships_.insert(relationships_.begin(), Json{{"spdxElementId", "SPDXRef-DOCUMENT"},
                                                       {"relationshipType", "DESCRIBES"},
                                                       {"relatedSpdxElement", "SPDXRef-Image"}});
    const std::string digest = sha256_hex(packages_.dump());
    return Json{{"spdxVersion", "SPDX-2.3"},
                {"dataLicense", "CC0-1.0"},
                {"SPDXID", "SPDXRef-DOCUMENT"},
                {"name", shipment.name},
                {"documentNamespace", "urn:vitrine:sbom:" + digest},
                {"creationInfo",
                 {{"created", archive_date()},
                  {"creators", {std::string("Tool: vitrine-") + kVersion}}}},
                {"packages", packages_},
                {"relationships", relationships_}}
               .dump(1) +
           "\n";
  }

 private:
  std::set<std::string> ids_;
  Json packages_ = Json::array();
  Json relationships_ = Json::array();
};

}  // namespace

std::string sbom_of(const Shipment& shipment, const Program& program) {
  Bill bill;
  Json self = package_json("SPDXRef-vitrine", "vitrine", kVersion, "NOASSERTION");
  self["licenseDeclared"] = "Apache-2.0";
  bill.add(std::move(self));
  const auto& owners = program.owners;
  std::set<DebianPackage> packages;
  for (const auto& [file, package] : owners) packages.insert(package);
  for (const DebianPackage& one : packages) {
    Json json =
        package_json(identifier("deb", one.name), one.name, one.version, "Organization: Debian");
    json["externalRefs"] = Json::array(
        {{{"referenceCategory", "PACKAGE-MANAGER"},
          {"referenceType", "purl"},
          {"referenceLocator", "pkg:deb/debian/" + one.name + "@" + percent_encoded(one.version) +
                                   "?arch=" + one.architecture}}});
    bill.add(std::move(json));
  }
  const bool of_own_build = !owners.contains(program.programs.front());
  for (const auto& file : program.files()) {
    if (owners.contains(file)) continue;
    const bool ours = std::ranges::contains(program.programs, file) ||
                      std::ranges::contains(program.modules, file);
    Json json = package_json(identifier("file", file.filename().string()), file.filename().string(),
                             ours && of_own_build ? kVersion : "NOASSERTION", "NOASSERTION");
    json["checksums"] = sha256_json(MappedFile(file).text());
    bill.add(std::move(json));
  }
  for (const ShippedModel& model : shipment.models) {
    Json json =
        package_json(identifier("model", model.path()), model.path(),
                     std::to_string(std::max<std::uint64_t>(1, model.version)), "NOASSERTION");
    json["checksums"] = sha256_json(model.bytes);
    bill.add(std::move(json));
  }
  return bill.text(shipment);
}

}  // namespace vitrine::package
