// Reports as files: what `evaluate` and `train` write with --report.
#pragma once

#include <span>
#include <string>

#include "report/evaluation_report.h"

namespace vitrine::cli {

/// Checks before the work starts that the report can be written. Throws Error(usage) for a name
/// that ends in neither .html nor .md, and Error if `path` is not writable or is one of `others`,
/// the files of the job.
void check_report(const std::string& path, std::span<const std::string> others);

/// Writes HTML or Markdown, by the name, atomically. Throws Error(failed).
void write_report(const std::string& path, const report::EvaluationReport& report);

/// Writes a report of the metrics that the card contains: of the test set, else of the validation
/// set, else of the cross-validation; nothing if there are none. `data`: the training table or
/// folder.
void write_training_report(const std::string& path, const std::string& model,
                           const std::string& data, const model::Card& card);

}  // namespace vitrine::cli
