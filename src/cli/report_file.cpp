#include "cli/report_file.h"

#include <array>

#include "app/labelled_predictions.h"
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
  constexpr std::pair<const char*, const char*> kKinds[] = {
      {"test", "of a held-out test set"},
      {"validation", "of the validation set, which was used for model selection"},
      {"cross_validation", "by cross-validation: each predicted by models not trained on it"}};
  for (const auto& [kind, which] : kKinds) {
    if (!card.metrics.contains(kind)) continue;
    write_report(path, {.model = model,
                        .data = which,
                        .noun = card.of_photos() ? "photos" : "rows",
                        .card = card,
                        .metrics = card.metrics[kind],
                        .training_image = [&](const std::string& file) {
                          return app::thumbnail_jpeg(std::filesystem::path(data) / file);
                        }});
    return;
  }
}

}  // namespace vitrine::cli
