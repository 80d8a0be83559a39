#include "cli/usage_error.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/parser_facts.h"
#include "cli/verb_guide.h"

namespace vitrine::cli {
namespace {

constexpr const char* kWhere = "the command line";

std::vector<std::string> names_of(const std::vector<const CLI::App*>& verbs) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
  return names;
}

/// The verb that was parsed, with its own verb if it has some ("sample churn"); else the program.
const CLI::App& parsed_verb(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : parsed_verb(*parsed.front());
}

std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* one : verb.get_options()) {
    if (!one->get_lnames().empty()) names.push_back("--" + one->get_lnames().front());
  }
  return names;
}

/// The verbs that have an option of this name.
std::vector<std::string> owners_of(const CLI::App& app, const std::string& option) {
  std::vector<std::string> out;
  for (const CLI::App* verb : verbs_of(app)) {
    if (std::ranges::contains(options_of(*verb), option)) out.push_back(verb->get_name());
  }
  return out;
}

/// "DATA: a table, or a folder; ": the beginning of the description.
std::string meaning_of(const std::string& name, const CLI::Option& option) {
  std::string text = option.get_description();
  take_kind(text);
  text = text.substr(0, std::min(text.find(" ("), text.find("; ")));
  return name + ": " + text + "; ";
}

/// An unknown option, or a surplus argument.
Error unexpected(const CLI::App& app, const CLI::App& verb, const std::string& help) {
  const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  const auto option = std::ranges::find_if(rest, [](const auto& r) { return r.starts_with("-"); });
  if (option == rest.end()) {
    return {ErrorKind::usage,
            "unexpected argument '" + shown(rest.empty() ? "" : rest.front()) + "'", kWhere, help};
  }
  const std::string name = option->substr(0, option->find('='));
  const std::vector<std::string> owners = owners_of(app, name);
  const std::string where = verb.get_parent() == nullptr ? "" : " of " + verb.get_name();
  if (!owners.empty()) {
    return {ErrorKind::usage, "there is no option '" + shown(name) + "'" + where, kWhere,
            "it is an option of " + listed(owners, 5) + "; " + help};
  }
  return {ErrorKind::usage, "there is no option '" + shown(name) + "'" + where, kWhere,
          did_you_mean(name, options_of(verb)) + help};
}

/// The part of `text` between two marks; empty if they are not there.
std::string between(const std::string& text, std::string_view open, std::string_view close) {
  const std::size_t from = text.find(open);
  if (from == std::string::npos) return "";
  const std::size_t begin = from + open.size();
  const std::size_t end = text.find(close, begin);
  return end == std::string::npos ? "" : text.substr(begin, end - begin);
}

/// "--model: forest not in {auto,logistic}" and "--port: Value abc not in range [0 - 65535]".
Error bad_value(const std::string& said, const std::string& help) {
  const std::string option = said.substr(0, said.find(':'));
  if (const std::string value = between(said, ": ", " not in {"); !value.empty()) {
    const std::vector<std::string> values = values_of(said.substr(said.find(" not in {")));
    return {ErrorKind::usage, "'" + shown(value) + "' is no value of " + option, kWhere,
            did_you_mean(value, values) + "the values are " + listed(values, 20)};
  }
  if (const std::string value = between(said, "Value ", " not in range ["); !value.empty()) {
    std::string range = between(said, "[", "]");
    if (const std::size_t dash = range.find(" - "); dash != std::string::npos) {
      range.replace(dash, 3, " to ");
    }
    return {ErrorKind::usage, "'" + shown(value) + "' is no value of " + option, kWhere,
            "give a number from " + range};
  }
  return {ErrorKind::usage, said, kWhere, help};
}

/// "--target: 1 required TEXT missing" and the like.
Error no_value(const CLI::App& verb, const std::string& said, const std::string& help) {
  const std::string option = said.substr(0, said.find(':'));
  const CLI::Option* found = verb.get_option_no_throw(option);
  return {ErrorKind::usage, option + " needs a value", kWhere,
          (found != nullptr ? meaning_of(option, *found) : "") + help};
}

/// "DATA is required".
Error nothing_given(const CLI::App& app, const CLI::App& verb, const std::string& said,
                    const std::string& program, const std::string& help) {
  const std::string name = said.substr(0, said.find(' '));
  if (!verbs_of(verb).empty() && verb.get_option_no_throw(name) == nullptr) {
    const std::vector<std::string> names = names_of(verbs_of(verb));
    const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
    const bool none = &verb == &app;
    if (!none && !rest.empty()) {
      return {ErrorKind::usage, "there is no " + verb.get_name() + " '" + shown(rest[0]) + "'",
              kWhere, did_you_mean(rest[0], names) + "there are " + listed(names, 20)};
    }
    return {
        ErrorKind::usage,
        none ? "no verb (subcommand) was given" : verb.get_name() + " of what? Nothing was given",
        kWhere,
        (none ? program + " help lists the verbs; begin with '" + program +
                    " train DATA --target COLUMN'"
              : "there are " + listed(names, 20))};
  }
  const CLI::Option* option = verb.get_option_no_throw(name);
  const VerbGuide* guide = guide_of(verb.get_name());
  return {ErrorKind::usage, "no " + name + " was given", kWhere,
          (option != nullptr ? meaning_of(name, *option) : "") +
              (guide != nullptr && !guide->examples[0].empty()
                   ? "for example: " + program + " " + std::string(guide->examples[0])
                   : help)};
}

}  // namespace

Error unknown_verb(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> names = names_of(verbs_of(app));
  std::string hint = did_you_mean(word, names);
  const std::string_view meant = verb_of_word(lower_ascii(word));
  if (std::ranges::contains(names, meant)) hint = "did you mean '" + std::string(meant) + "'? ";
  return {ErrorKind::usage, "there is no verb '" + shown(word) + "'", kWhere,
          hint + app.get_name() + " help lists the verbs"};
}

Error usage_error(const CLI::App& app, const CLI::ParseError& problem, const std::string& program) {
  const CLI::App& verb = parsed_verb(app);
  std::string path;
  for (const CLI::App* one = &verb; one != &app; one = one->get_parent()) {
    path = one->get_name() + (path.empty() ? "" : " " + path);
  }
  const std::string help = program + (path.empty() ? "" : " " + path) + " --help lists the options";
  const std::string said = problem.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&problem) != nullptr) {
    return unexpected(app, verb, help);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr) {
    return nothing_given(app, verb, said, program, help);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&problem) != nullptr) {
    return no_value(verb, said, help);
  }
  if (dynamic_cast<const CLI::ConversionError*>(&problem) != nullptr) {
    const std::string option = between(said, "Could not convert: ", " = ");
    const std::size_t equals = said.find(" = ");
    if (!option.empty()) {
      return {ErrorKind::usage, "'" + shown(said.substr(equals + 3)) + "' is no value of " + option,
              kWhere, "give a number; " + help};
    }
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&problem) != nullptr) {
    return {ErrorKind::usage, said, kWhere, "leave out one of them"};
  }
  return bad_value(said, help);
}

}  // namespace vitrine::cli
