// introspect-cli: the operator's and the cache warmer's client of introspectd's control plane.

#include <fmt/core.h>

#include <string>

#include "admin.h"
#include "base/process.h"
#include "commands.h"

namespace introspectd::cli {
namespace {

// What the user typed wrongly may be a secret in the wrong place, so only names of options are
// repeated.
std::string UnknownArguments(const CLI::App& app) {
  std::string names;
  for (const std::string& argument : app.remaining(true)) {
    if (!argument.starts_with('-')) continue;
    names += " " + argument.substr(0, argument.find('='));
  }
  return names.empty() ? "there are arguments too many" : "unknown options:" + names;
}

ExitCode TellParseError(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {  // --help, --version
    app.exit(error);
    return kDone;
  }
  const bool extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  Complain(extras ? UnknownArguments(app) : std::string(error.what()));
  fmt::print(stderr,
             "introspect-cli --help, or introspect-cli COMMAND --help, says what there is\n");
  return kUnusable;
}

int Main(int argc, char** argv) {
  base::KeepSecretsInside();
  CLI::App app("Fills, changes and inspects introspectd nodes by their control plane",
               "introspect-cli");
  AdminOptions admin;
  Command command;
  app.set_version_flag("--version", "introspect-cli " INTROSPECTD_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // the options that all commands share may follow the command
  AddAdminOptions(app, admin);
  AddWarm(app, admin, command);
  AddPush(app, admin, command);
  AddRevoke(app, admin, command);
  AddExport(app, admin, command);
  AddExplain(app, admin, command);
  AddStatus(app, admin, command);
  AddHashSecret(app, command);
  AddGenerate(app, command);
  AddSchema(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return TellParseError(app, error);
  }
  return command();
}

}  // namespace
}  // namespace introspectd::cli

// An exception that gets here is a bug, and may end the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return introspectd::cli::Main(argc, argv); }
