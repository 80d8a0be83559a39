#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>

#include "app/exit_code.h"
#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

int report(const Error& error) {
  std::cerr << error_text(error);
  return app::exit_code(error.kind);
}

/// SIGBUS handler: another program truncated a file that is mapped. Async-signal-safe.
void file_was_cut(int) {
  constexpr std::string_view kMessage =
      "error: a file became shorter while it was read\n  where: an input file\n"
      "  hint: let the program that writes it finish first\n";
  [[maybe_unused]] const auto written = ::write(2, kMessage.data(), kMessage.size());
  ::_exit(3);
}

/// Reports a misspelt verb with suggestions; CLI11's own message has none.
void check_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  if (std::ranges::contains(names, argv[1])) return;
  throw Error(ErrorKind::usage, "there is no verb '" + shown(argv[1]) + "'", "the command line",
              did_you_mean(argv[1], names) + "the verbs are " + listed(names, 20));
}

/// The hint that names the --help of the verb, or of the program if no verb was given.
std::string help_of(int argc, char** argv) {
  const std::string program(argv[0]);
  return program.substr(program.rfind('/') + 1) +
         (argc > 1 && argv[1][0] != '-' ? " " + std::string(argv[1]) : "") +
         " --help lists the options";
}

/// The error for an unknown option (it suggests the closest one) or for a surplus argument.
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
                                : "unexpected argument '" + shown(word)) +
              "'",
          "the command line", (option != rest.end() ? did_you_mean(name, names) : "") + help};
}

/// Whether the reader of standard output closed the pipe, as `head` does once it has enough lines.
/// That is not an error.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/// OpenMP threads wait for each other by spinning. When other threads need the same core, training
/// took five times as long (two trainings on two cores, libtorch 2.6); a server's event loops are
/// such threads. A short spin costs nothing otherwise. libgomp, which comes with modules, reads the
/// variable when the first module is loaded.
void wait_briefly() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "2000", 0);
}

}  // namespace

int run_verbs(int argc, char** argv, const char* program, std::span<const AddVerb> verbs) {
  std::signal(SIGPIPE, SIG_IGN);  // write() to a closed pipe returns an error instead
  std::signal(SIGBUS, file_was_cut);
  wait_briefly();
  CLI::App app("Vitrine trains classifiers of tables and photos and serves them over HTTP.",
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
      throw Error(ErrorKind::failed, "the output could not be written", "standard output",
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

}  // namespace vitrine::cli
