// Reports as files: what `evaluate` and `train` write with --report.
#pragma once

#include <span>
#include <string>

#include "report/evaluation_report.h"

namespace vitrine {

/// Throws Error(usage) for a name that is neither .html nor .md, and where it could not be written;
/// `others` are files that it must not overwrite.
void check_report(const std::string& path, std::span<const std::string> others);

/// HTML or Markdown, by the name.
void write_report(const std::string& path, const EvaluationReport& report);

/// What training found, as the card keeps it: figures of the cases that say most. `data`: the table
/// or folder that taught.
void write_training_report(const std::string& path, const std::string& model,
                           const std::string& data, const Card& card);

}  // namespace vitrine
