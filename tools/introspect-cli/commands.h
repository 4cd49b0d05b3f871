// The commands: each Add* describes one on the command line, and makes `command` its body when it
// is the one that was chosen.
//
// Threads: the main thread. `app`, `admin` and `command` are borrowed for the run of the program.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "admin.h"
#include "outcome.h"

namespace introspectd::cli {

using Command = std::function<ExitCode()>;

void AddExplain(CLI::App& app, const AdminOptions& admin, Command& command);
void AddExport(CLI::App& app, const AdminOptions& admin, Command& command);
void AddGenerate(CLI::App& app, Command& command);
void AddHashSecret(CLI::App& app, Command& command);
void AddPush(CLI::App& app, const AdminOptions& admin, Command& command);
void AddRevoke(CLI::App& app, const AdminOptions& admin, Command& command);
void AddSchema(CLI::App& app, Command& command);
void AddStatus(CLI::App& app, const AdminOptions& admin, Command& command);
void AddWarm(CLI::App& app, const AdminOptions& admin, Command& command);

}  // namespace introspectd::cli
