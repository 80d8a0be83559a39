// Templates for the text files of packages, and the common parts of their READMEs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "package/shipment.h"

namespace vitrine::package {

/// The text that replaces `@NAME@`, by NAME; of equal names the first counts.
using TemplateValues = std::vector<std::pair<std::string_view, std::string>>;

/// `text` with each `@NAME@` replaced. Unknown names stay; replacements are not scanned again.
std::string filled(std::string_view text, const TemplateValues& values);

/// A README: `text` filled with `values` and with the common ones: NAME, TAG, PORT, ASK (`curl`
/// lines), MODELS (a table), GRACE (seconds from stop to kill), MOUNTS (options of `docker run`),
/// FILES (files that the package does not contain) and OWNED (folders that the server's user must
/// own).
std::string readme_of(const Shipment& shipment, std::string_view text, TemplateValues values = {});

/// `curl` lines with a request to each model; `base`: "http://localhost:9696".
std::string questions(const Shipment& shipment, const std::string& base);

/// `-v` options of `docker run` for the files that the server reads and writes outside the package.
std::string mounts(const Shipment& shipment);

/// A paragraph that lists the files that the package does not contain; empty if there are none.
std::string files_needed(const Shipment& shipment);

/// A Markdown table of the models: name, input, SHA-256.
std::string model_table(const Shipment& shipment);

}  // namespace vitrine::package
