#include "cli/report_file.h"

#include <array>

#include "app/labelled_predictions.h"
#include "app/verdict.h"
#include "base/error.h"
#include "base/file.h"

namespace vitrine::cli {

void check_report(const std::string& path, std::span<const std::string> others) {
  if (!path.ends_with(".html") && !path.ends_with(".md")) {
    throw Error(ErrorKind::usage, "the name of a report must end in .html or .md", path,
                "write --report report.html or --report report.md");
  }
  check_writable(path, others);
}

void write_report(const std::string& path, const report::EvaluationReport& report) {
  const std::string text =
      path.ends_with(".md") ? report::markdown_of(report) : report::html_of(report);
  write_file_atomically(path, std::array<std::string_view, 1>{text});
}

void write_training_report(const std::string& path, const std::string& model,
                           const std::string& data, const model::Card& card) {
  const std::string kind(card.headline());
  write_report(path,
               {.model = model,
                .data = kind == "test" ? "of a held-out test set"
                        : kind == "validation"
                            ? "of the validation set, which was used for model selection"
                            : "by cross-validation: each predicted by models not trained on it",
                .noun = card.of_photos() ? "photos" : "rows",
                .card = card,
                .verdict = app::baseline_verdict(card).value_or(""),
                .metrics = card.metrics.at(kind),
                .training_image = [&](const std::string& file) {
                  return app::thumbnail_jpeg(std::filesystem::path(data) / file);
                }});
}

}  // namespace vitrine::cli
