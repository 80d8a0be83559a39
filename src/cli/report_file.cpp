#include "cli/report_file.h"

#include <array>

#include "base/error.h"
#include "base/file.h"
#include "cli/judged.h"

namespace vitrine {

void check_report(const std::string& path, std::span<const std::string> others) {
  if (!path.ends_with(".html") && !path.ends_with(".md")) {
    throw Error(ErrorKind::usage, "a report is named .html or .md", path,
                "write --report report.html or --report report.md");
  }
  check_writable(path, others);
}

void write_report(const std::string& path, const EvaluationReport& report) {
  const std::string text = path.ends_with(".md") ? markdown_of(report) : html_of(report);
  write_file_atomically(path, std::array<std::string_view, 1>{text});
}

void write_training_report(const std::string& path, const std::string& model,
                           const std::string& data, const Card& card) {
  constexpr std::pair<const char*, const char*> kKinds[] = {
      {"test", "kept apart: they neither taught nor chose"},
      {"validation", "for validation: they chose between models"},
      {"cross_validation", "by cross-validation: each judged by models that had not seen it"}};
  for (const auto& [kind, which] : kKinds) {
    if (!card.figures.contains(kind)) continue;
    write_report(path, {.model = model,
                        .data = which,
                        .noun = card.of_photos() ? "photos" : "rows",
                        .card = card,
                        .figures = card.figures[kind],
                        .training_picture = [&](const std::string& file) {
                          return small_picture(std::filesystem::path(data) / file);
                        }});
    return;
  }
}

}  // namespace vitrine
