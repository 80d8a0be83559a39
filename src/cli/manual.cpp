#include "cli/manual.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include "base/text.h"
#include "base/version.h"
#include "cli/parser_facts.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

/// An option as manual pages and completion scripts need it.
struct OptionFacts {
  std::vector<std::string> names;  ///< "--port", "-o"; empty: a positional
  std::string positional;
  bool repeated = false;  ///< several values
  bool required = false;
  std::string what;
  std::string argument;             ///< "TEXT"; empty: a flag
  std::vector<std::string> values;  ///< the allowed values; empty: any
};

std::vector<OptionFacts> options_of(const CLI::App& verb) {
  std::vector<OptionFacts> out;
  for (const CLI::Option* option : verb.get_options()) {
    OptionFacts facts;
    for (const std::string& name : option->get_lnames()) facts.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) facts.names.push_back("-" + name);
    facts.positional = option->get_positional() ? option->get_name(true) : "";
    facts.repeated = option->get_items_expected_max() > 1;
    facts.required = option->get_required();
    facts.what = option->get_description();
    if (option->get_items_expected_max() > 0) {
      facts.argument = option->get_type_name();
      facts.values = values_of(facts.argument);
      if (!facts.values.empty()) facts.argument = "VALUE";
      facts.argument = facts.argument.substr(0, facts.argument.find(':'));
    }
    out.push_back(std::move(facts));
  }
  return out;
}

/// Verbs that are listed.
std::vector<const CLI::App*> listed_verbs_of(const CLI::App& app) {
  std::vector<const CLI::App*> out = verbs_of(app);
  std::erase_if(out, [](const CLI::App* verb) { return verb->get_group().empty(); });
  return out;
}

/// A verb that does something by itself, with its whole name: "sample churn".
struct NamedVerb {
  std::string name;
  const CLI::App* verb;
};

std::vector<NamedVerb> named_verbs_of(const CLI::App& app, const std::string& before = "") {
  std::vector<NamedVerb> out;
  for (const CLI::App* verb : listed_verbs_of(app)) {
    const std::string name = before + verb->get_name();
    const auto nested = named_verbs_of(*verb, name + " ");
    if (nested.empty()) out.push_back({name, verb});
    out.insert(out.end(), nested.begin(), nested.end());
  }
  return out;
}

/// `text` escaped for roff.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      (out += "\\&") += c;
    } else {
      out += c;
    }
  }
  return out;
}

/// `text` quoted for a shell.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string option_names(const std::vector<OptionFacts>& options) {
  std::vector<std::string> out;
  for (const OptionFacts& one : options) out.insert(out.end(), one.names.begin(), one.names.end());
  return joined(out, " ");
}

std::string bash_completion(const CLI::App& app, const std::string& program,
                            const std::string& function) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* verb : listed_verbs_of(app)) {
    const auto options = options_of(*verb);
    names.push_back(verb->get_name());
    cases += "    " + verb->get_name() + ")\n";
    std::string values;
    for (const OptionFacts& one : options) {
      if (one.values.empty()) continue;
      if (one.names.empty()) {  // a positional
        cases += "      [[ $now == -* ]] || words='" + joined(one.values, " ") + "'\n";
        continue;
      }
      values +=
          "        " + joined(one.names, " | ") + ") words='" + joined(one.values, " ") + "' ;;\n";
    }
    if (!values.empty()) cases += "      case $before in\n" + values + "      esac\n";
    cases += "      [[ $now == -* ]] && words='" + option_names(options) + "'\n      ;;\n";
  }
  return "# bash completion of " + program + "\n" + function + "() {\n" +
         "  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=\n" +
         "  COMPREPLY=()\n  if [[ $COMP_CWORD -eq 1 ]]; then\n    words='" + joined(names, " ") +
         " --help --version'\n  else\n    case ${COMP_WORDS[1]} in\n" + cases +
         "    esac\n  fi\n"
         "  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$now\")\n}\n" +
         "complete -o bashdefault -o default -F " + function + " " + program + "\n";
}

/// `text` escaped for a description in zsh's _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("[]:\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_completion(const CLI::App& app, const std::string& program,
                           const std::string& function) {
  std::string verbs, cases;
  for (const CLI::App* verb : listed_verbs_of(app)) {
    verbs +=
        "    " + single_quoted(verb->get_name() + ":" + zsh_text(verb->get_description())) + "\n";
    cases += "    " + verb->get_name() + ")\n      _arguments";
    for (const OptionFacts& one : options_of(*verb)) {
      for (const std::string& name : one.names) {
        std::string argument;
        if (!one.values.empty()) {
          argument = ":value:(" + joined(one.values, " ") + ")";
        } else if (!one.argument.empty()) {
          argument = ":" + zsh_text(lower_ascii(one.argument)) + ":_files";
        }
        cases +=
            " \\\n        " + single_quoted("*" + name + "[" + zsh_text(one.what) + "]" + argument);
      }
    }
    cases += " \\\n        '*:file:_files'\n      ;;\n";
  }
  return "#compdef " + program + "\n" + function + "() {\n  local -a verbs\n  verbs=(\n" + verbs +
         "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n" +
         "  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $verb in\n" + cases +
         "  esac\n}\nif [[ $funcstack[1] == " + function + " ]]; then\n  " + function +
         " \"$@\"\nelse\n  compdef " + function + " " + program + "\nfi\n";
}

std::string fish_completion(const CLI::App& app, const std::string& program) {
  std::string out = "# fish completion of " + program + "\n";
  for (const CLI::App* verb : listed_verbs_of(app)) {
    const std::string start = "complete -c " + program + " -n ";
    out += start + "__fish_use_subcommand -f -a " + verb->get_name() + " -d " +
           single_quoted(verb->get_description()) + "\n";
    for (const OptionFacts& one : options_of(*verb)) {
      if (one.names.empty()) continue;
      out += start + single_quoted("__fish_seen_subcommand_from " + verb->get_name());
      for (const std::string& name : one.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!one.argument.empty()) out += " -r";
      if (!one.values.empty()) out += " -f -a " + single_quoted(joined(one.values, " "));
      out += " -d " + single_quoted(one.what) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& program) {
  std::string out = ".TH " + lower_ascii(program) + " 1 \"\" \"Vitrine " + kVersion +
                    "\" \"User Commands\"\n.SH NAME\n" + roff(program) + " \\- " +
                    (program == "vitrine" ? "train and serve classifiers of tables and photos\n"
                                          : "serve classifiers of tables and photos over HTTP\n") +
                    ".SH SYNOPSIS\n.B " + roff(program) +
                    "\n.I VERB\n[\\fIOPTIONS\\fR] ...\n.SH DESCRIPTION\n" +
                    roff(app.get_description()) + "\n.SH VERBS\n";
  for (const auto& [name, verb] : named_verbs_of(app)) {
    out += ".SS " + roff(name) + "\n" + roff(verb->get_description()) + ".\n";
    for (const OptionFacts& one : options_of(*verb)) {
      out += ".TP\n";
      if (one.names.empty()) {
        out += ".I " + roff(one.positional) + "\n";
      } else {
        out += "\\fB" + roff(joined(one.names, ", ")) + "\\fR";
        if (!one.values.empty()) {
          out += " " + roff(joined(one.values, "|"));
        } else if (!one.argument.empty()) {
          out += " \\fI" + roff(one.argument) + "\\fR";
        }
        out += "\n";
      }
      out += roff(one.what) + "\n";
    }
  }
  out +=
      ".SH EXIT STATUS\n0: done. 1: the job failed. 2: wrong usage. 3: input that can\\(aqt be "
      "used. "
      "4: a model file that can\\(aqt be used.\n"
      ".SH ENVIRONMENT\n.TP\n.B VITRINE_CACHE\nthe folder of cached files; default: "
      "$XDG_CACHE_HOME/vitrine or ~/.cache/vitrine\n.TP\n.B SOURCE_DATE_EPOCH\nthe modification "
      "time of the files in a package, in seconds since 1970\n.SH EXAMPLES\n.nf\n";
  out += program == "vitrine"
             ? "vitrine train customers.csv \\-\\-target Churn \\-o churn.onnx\n"
               "vitrine serve churn.onnx\nvitrine package churn.onnx \\-\\-for oci \\-o "
               "churn\\-image\n"
             : "vitrine\\-serve serve churn.onnx \\-\\-host 0.0.0.0\nvitrine\\-serve healthcheck\n";
  return out + ".fi\n";
}

std::string markdown_reference(const CLI::App& app, const std::string& program) {
  const auto cell = [](std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
  };
  std::string verbs, sections;
  for (const auto& [name, verb] : named_verbs_of(app)) {
    std::string anchor = name;
    std::ranges::replace(anchor, ' ', '-');
    verbs += "| [" + name + "](#" + anchor + ") | " + cell(verb->get_description()) + " |\n";
    std::string usage = program + " " + name;
    std::string rows;
    for (const OptionFacts& one : options_of(*verb)) {
      std::string shown = one.names.empty() ? one.positional : joined(one.names, ", ");
      if (one.names.empty()) {
        const std::string argument = one.positional + (one.repeated ? "..." : "");
        usage += one.required ? " " + argument : " [" + argument + "]";
      }
      if (!one.values.empty()) {
        shown += " " + joined(one.values, "|");
      } else if (!one.names.empty() && !one.argument.empty()) {
        shown += " " + one.argument;
      }
      rows += "| `" + cell(shown) + "` | " + cell(one.what) + " |\n";
    }
    sections += "\n## " + name + "\n\n" + verb->get_description() + ".\n\n```text\n" + usage +
                " [OPTIONS]\n```\n\n| Option | Meaning |\n|---|---|\n" + rows;
  }
  return "# The command line\n\nGenerated by `" + program +
         " manual --format markdown`; a test holds this page to the program.\n\n"
         "| Verb | Does |\n|---|---|\n" +
         verbs +
         "\nExit codes: 0 done, 1 the job failed, 2 wrong usage, 3 input that can't be used, 4 a "
         "model "
         "file that can't be used. See [errors](errors.md).\n" +
         sections;
}

std::string completion_script(const CLI::App& app, const std::string& program,
                              const std::string& shell) {
  std::string function = "_" + program;
  for (char& c : function) c = c == '-' ? '_' : c;
  if (shell == "zsh") return zsh_completion(app, program, function);
  if (shell == "fish") return fish_completion(app, program);
  return bash_completion(app, program, function);
}

void add_manual(CLI::App& app) {
  // The name that users type, whatever the file is called.
  const auto program = [&app] { return std::string(app.get_name()); };
  CLI::App* completion = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback(
      [&app, shell, program] { std::cout << completion_script(app, program(), *shell); });
  CLI::App* manual = app.add_subcommand("manual", "Print the manual page, for man -l -");
  auto format = std::make_shared<std::string>("man");
  manual->add_option("--format", *format, "Output format; default: man (roff)")
      ->check(CLI::IsMember({"man", "markdown"}));
  manual->callback([&app, program, format] {
    std::cout << (*format == "man" ? manual_page(app, program())
                                   : markdown_reference(app, program()));
  });
}

}  // namespace vitrine::cli
