// The verbs of the command line, one file each: cli/<verb>.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <span>

namespace vitrine::cli {

/// Adds a verb: its options, and the callback that runs it once they are parsed.
using AddVerb = void (*)(CLI::App& app);

void add_describe(CLI::App& app);
void add_train(CLI::App& app);
void add_predict(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_inspect(CLI::App& app);
void add_serve(CLI::App& app);
void add_sample(CLI::App& app);
void add_import(CLI::App& app);
void add_pull(CLI::App& app);
void add_doctor(CLI::App& app);
void add_sign(CLI::App& app);
void add_tune(CLI::App& app);
void add_key(CLI::App& app);
void add_compile(CLI::App& app);
void add_compare(CLI::App& app);
void add_package(CLI::App& app);
void add_healthcheck(CLI::App& app);
void add_lambda(CLI::App& app);
void add_version(CLI::App& app);
/// `completion` and `manual`; they describe all verbs of `app` when they run.
void add_manual(CLI::App& app);

/// Reads the command line, runs the verb and turns errors into messages of three
/// parts and exit codes: 0 done, 1 the job failed, 2 wrong usage, 3 bad input,
/// 4 bad model file. `program`: the name for messages and help. Call it once, from main(): it sets
/// signal handlers.
int run_verbs(int argc, char** argv, const char* program, std::span<const AddVerb> verbs);

}  // namespace vitrine::cli
