// Text of packages: templates, and what every README says alike.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "package/shipment.h"

namespace vitrine {

/// What stands for `@NAME@`, by NAME; the first counts.
using TemplateValues = std::vector<std::pair<std::string_view, std::string>>;

/// `text` with each `@NAME@` replaced.
std::string filled(std::string_view text, const TemplateValues& values);

/// The text of a README: `values`, and what all of them say: NAME, TAG, PORT, ASK (`curl` lines),
/// MODELS (a table), GRACE (s after a stop), MOUNTS and FILES (what the package does not hold).
std::string readme_of(const Shipment& shipment, std::string_view text, TemplateValues values = {});

/// `curl` lines that ask each model for an answer; `base`: "http://localhost:9696".
std::string questions(const Shipment& shipment, const std::string& base);

/// `-v` words of `docker run` for what it reads and writes beside the package.
std::string mounts(const Shipment& shipment);

/// What a README says of files that a package does not hold; empty where there are none.
std::string files_needed(const Shipment& shipment);

/// A line for each model: its name, what it is, its SHA-256.
std::string model_table(const Shipment& shipment);

}  // namespace vitrine
