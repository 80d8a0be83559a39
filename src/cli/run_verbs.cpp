#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "app/exit_code.h"
#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "cli/terminal_style.h"
#include "cli/usage_error.h"
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

/// Throws an error for a verb that does not exist; CLI11's own message has no suggestion.
void check_verb(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || words[0].starts_with("-")) return;
  const auto verbs =
      app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == words[0]; });
  if (verbs.empty()) throw unknown_verb(app, words[0]);
}

/// The arguments; `help VERB` becomes `VERB --help`.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

/// Verbs that print data for programs, or have a layout of their own.
bool prints_data(const std::string& verb) {
  constexpr std::string_view kVerbs[] = {"predict", "completion", "manual", "lambda"};
  return std::ranges::contains(kVerbs, verb);
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
  CLI::App app(
      "Vitrine turns a table or a folder of photos into a model that people can call: train it, "
      "save it as one file, serve it over HTTP.",
      program);
  app.set_version_flag("--version", std::string("vitrine ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough(false);
  app.formatter(std::make_shared<HelpFormatter>());  // verbs inherit it
  for (const AddVerb add : verbs) add(app);
  std::vector<std::string> words = words_of(argc, argv);
  const bool help = std::ranges::contains(words, "--help") || std::ranges::contains(words, "-h");
  const TerminalStyle style(!words.empty() && !help && !prints_data(words[0]));
  try {
    check_verb(app, words);
    std::ranges::reverse(words);  // CLI11 takes them from the end
    app.parse(std::move(words));
    std::cout.flush();
    if (!std::cout && reader_has_gone()) return 128 + SIGPIPE;
    if (!std::cout) {
      throw Error(ErrorKind::failed, "the output could not be written", "standard output",
                  "check the disk or the program that reads it");
    }
    return 0;
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& problem) {
    return report(usage_error(app, problem, program));
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
