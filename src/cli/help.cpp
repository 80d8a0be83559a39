#include "cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/parser_facts.h"
#include "cli/text_table.h"
#include "cli/verb_guide.h"

namespace vitrine::cli {
namespace {

/// Lines of a name and its description, under a heading.
struct Section {
  std::string heading;
  std::vector<std::pair<std::string, std::string>> lines;
};

Section& section_of(std::vector<Section>& sections, const std::string& heading) {
  const auto found = std::ranges::find(sections, heading, &Section::heading);
  if (found != sections.end()) return *found;
  return sections.emplace_back(Section{heading, {}});
}

std::string text_of(const std::vector<Section>& sections) {
  constexpr std::size_t kWidest = 26;
  std::string out;
  for (const Section& section : sections) {
    if (section.lines.empty()) continue;
    out += "\n" + section.heading + ":\n";
    std::size_t width = 0;
    for (const auto& [name, text] : section.lines) {
      if (name.size() <= kWidest) width = std::max(width, name.size());
    }
    for (const auto& [name, text] : section.lines) {
      const std::size_t indent = width + 4;
      const bool beside = name.size() <= width;
      std::string line = "  " + padded(name, width) + "  ";
      if (!beside) line = "  " + name + "\n" + std::string(indent, ' ');
      // The first line is wrapped as if it began after the name.
      out += line + wrapped(text, indent) + "\n";
    }
  }
  return out;
}

/// "-o, --output TEXT"
std::string name_of(const CLI::Option& option) {
  if (option.get_positional()) {
    return option.get_name(true) + (option.get_items_expected_max() > 1 ? "..." : "");
  }
  std::string out;
  for (const std::string& name : option.get_snames()) out += (out.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) out += (out.empty() ? "--" : ", --") + name;
  if (option.get_items_expected_max() == 0) return out;  // a flag
  const std::string type = option.get_type_name();
  const std::size_t choices = type.find('{');
  if (choices == std::string::npos) return out + " " + type.substr(0, type.find(':'));
  return out + " VALUE";
}

/// The description, with the values that an option takes.
std::string description_of(const CLI::Option& option) {
  std::string text = option.get_description();
  const char* before = "; one of: ";
  for (const std::string& value : values_of(option.get_type_name())) {
    const bool word = std::isalnum(static_cast<unsigned char>(value[0])) != 0;
    text += std::exchange(before, ", ") + (word ? value : "'" + value + "'");
  }
  return text;
}

std::vector<Section> sections_of_verbs(const CLI::App& app) {
  std::vector<Section> sections;
  const auto add = [&](const CLI::App& verb, const std::string& group) {
    section_of(sections, group).lines.emplace_back(verb.get_name(), verb.get_description());
  };
  const auto verbs = verbs_of(app);
  for (const VerbGuide& guide : verb_guides()) {
    const auto found = std::ranges::find_if(
        verbs, [&](const CLI::App* verb) { return verb->get_name() == guide.verb; });
    if (found != verbs.end()) add(**found, std::string(guide.group));
  }
  for (const CLI::App* verb : verbs) {
    if (guide_of(verb->get_name()) == nullptr) add(*verb, "Kinds");
  }
  return sections;
}

std::vector<Section> sections_of_options(const CLI::App& app) {
  std::vector<Section> sections{{"Arguments", {}}, {"Options", {}}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    std::string text = description_of(*option);
    std::string heading = option->get_positional() ? "Arguments" : option->get_group();
    const std::string kind = option->get_positional() ? "" : take_kind(text);
    if (!kind.empty()) {
      heading = kind;
      if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
      }
    }
    section_of(sections, heading).lines.emplace_back(name_of(*option), text);
  }
  return sections;
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ') + word;
      column = indent + word.size();
      continue;
    }
    out += (column > indent ? " " : "") + word;
    column += (column > indent ? 1 : 0) + word.size();
  }
  return out;
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  if (mode == CLI::AppFormatMode::Sub) return CLI::Formatter::make_help(app, name, mode);
  const auto verbs = verbs_of(*app);
  std::string usage = "Usage: " + name + (verbs.empty() ? "" : " VERB");
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) usage += " " + name_of(*option);
  }
  std::string out = wrapped(app->get_description(), 0) + "\n\n" + usage + " [OPTIONS]\n";
  if (!verbs.empty()) out += text_of(sections_of_verbs(*app));
  out += text_of(sections_of_options(*app));
  const std::string program = name.substr(0, name.find(' '));
  if (app->get_parent() == nullptr) {
    return out + "\n" + program + " help VERB shows the options and examples of a verb.\n";
  }
  const VerbGuide* guide = guide_of(app->get_name());
  if (guide == nullptr || guide->examples[0].empty()) return out;
  out += "\nExamples:\n";
  for (const std::string_view example : guide->examples) {
    if (!example.empty()) out += "  " + program + " " + std::string(example) + "\n";
  }
  return out;
}

}  // namespace vitrine::cli
