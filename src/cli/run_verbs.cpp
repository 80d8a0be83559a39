#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/verbs.h"

namespace vitrine {
namespace {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::bad_input:
    case ErrorKind::malformed:
      return 3;
    case ErrorKind::bad_model:
      return 4;
  }
  return 1;
}

int report(const Error& error) {
  std::cerr << "error: " << error.message << "\n  where: " << error.where
            << "\n  mend: " << error.hint << "\n";
  return exit_code(error.kind);
}

/// A mapped file that another program cuts off ends in SIGBUS: say so.
void file_was_cut(int) {
  constexpr std::string_view kMessage =
      "error: a file became shorter while it was read\n  where: an input file\n"
      "  mend: let the program that writes it finish first\n";
  [[maybe_unused]] const auto written = ::write(2, kMessage.data(), kMessage.size());
  ::_exit(3);
}

/// CLI11's own message for a slip in a verb's name says little.
void check_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  if (std::ranges::contains(names, argv[1])) return;
  throw Error(ErrorKind::usage, "there is no verb '" + shown(argv[1]) + "'", "the command line",
              did_you_mean(argv[1], names) + "the verbs are " + listed(names, 20));
}

/// Where the options are listed: of the verb, where one was named.
std::string help_of(int argc, char** argv) {
  const std::string program(argv[0]);
  return program.substr(program.rfind('/') + 1) +
         (argc > 1 && argv[1][0] != '-' ? " " + std::string(argv[1]) : "") +
         " --help shows what there is";
}

/// An option that is not there, or a word too many: the nearest option is named.
Error unexpected(const CLI::App& app, const std::string& help) {
  const auto parsed = app.get_subcommands();
  const CLI::App& verb = parsed.empty() ? app : *parsed.front();
  const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  const auto option = std::ranges::find_if(rest, [](const auto& r) { return r.starts_with("-"); });
  const std::string word = option != rest.end() ? *option : rest.empty() ? "" : rest.front();
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* one : verb.get_options()) {
    if (!one->get_lnames().empty()) names.push_back("--" + one->get_lnames().front());
  }
  return {ErrorKind::usage,
          (option != rest.end() ? "there is no option '" + shown(name)
                                : "there is no place for '" + shown(word)) +
              "'",
          "the command line", (option != rest.end() ? did_you_mean(name, names) : "") + help};
}

/// Whoever read the answer has gone, as `head` does when it has enough: no fault, and nobody to
/// tell.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/// Threads of OpenMP wait for each other in a loop that burns a core. Where others want that core,
/// training took five times as long (two trainings on two cores, libtorch 2.6), and a server's
/// event loops are such others; a short wait costs nothing alone. Modules bring libgomp, which
/// reads this when the first of them is loaded.
void wait_briefly() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "2000", 0);
}

}  // namespace

int run_verbs(int argc, char** argv, const char* program, std::span<const AddVerb> verbs) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), not the end
  std::signal(SIGBUS, file_was_cut);
  wait_briefly();
  CLI::App app("Vitrine: a table or a folder of photos becomes a model that people can call.",
               program);
  app.set_version_flag("--version", std::string("vitrine ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough(false);
  for (const AddVerb add : verbs) add(app);
  try {
    check_verb(app, argc, argv);
    app.parse(argc, argv);
    std::cout.flush();
    if (!std::cout && reader_has_gone()) return 128 + SIGPIPE;
    if (!std::cout) {
      throw Error(ErrorKind::failed, "the answer could not be written", "standard output",
                  "check the disk or the program that reads it");
    }
    return 0;
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ExtrasError&) {
    return report(unexpected(app, help_of(argc, argv)));
  } catch (const CLI::ParseError& problem) {
    return report({ErrorKind::usage, problem.what(), "the command line", help_of(argc, argv)});
  } catch (const Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    return report({ErrorKind::failed, "there is not enough memory", "this machine",
                   "use fewer rows or a larger machine"});
  } catch (const std::exception& problem) {
    return report({ErrorKind::failed, std::string("an internal error: ") + problem.what(),
                   "vitrine", "please report it with the command and the shape of the data"});
  }
}

}  // namespace vitrine
