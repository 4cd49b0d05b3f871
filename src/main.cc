// introspectd: arguments → configuration → server → run → exit code.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/process.h"
#include "config/load.h"
#include "config/print.h"
#include "log/log.h"
#include "net/loop.h"
#include "server/server.h"
#include "server/version.h"

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUnusable = 2;

struct Arguments {
  std::string config_file;
  bool check_config = false;
  bool print_config = false;
};

int Complain(const absl::Status& status, int exit_code) {
  std::fprintf(stderr, "introspectd: %s\n", std::string(status.message()).c_str());
  return exit_code;
}

// A gateway that goes away must not end it, and there may be many.
void PrepareProcess() {
  introspectd::base::KeepSecretsInside();
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

int Serve(introspectd::Config& config, const std::string& config_file) {
  if (absl::Status status = introspectd::log::Open(config.log); !status.ok()) {
    return Complain(status, kUnusable);
  }
  // They begin with the first secret to be verified; a reload may let more of them work.
  introspectd::net::SetSlowThreads(introspectd::kSecretVerificationsMost);
  auto server = introspectd::server::Server::Create(config, config_file);
  introspectd::config::CleanseSecrets(config);
  if (!server.ok()) return Complain(server.status(), kFailed);
  const absl::Status ran = (*server)->Run();
  return ran.ok() ? kDone : Complain(ran, kFailed);
}

int Run(const Arguments& arguments) {
  auto config = introspectd::config::LoadFile(arguments.config_file);
  if (!config.ok()) return Complain(config.status(), kUnusable);
  if (arguments.print_config) std::fputs(introspectd::config::ToToml(*config).c_str(), stdout);
  if (arguments.check_config || arguments.print_config) return kDone;
  return Serve(*config, arguments.config_file);
}

}  // namespace

int main(int argc, char** argv) {
  PrepareProcess();
  Arguments arguments;
  CLI::App app("OAuth 2.0 Token Introspection (RFC 7662) from memory", "introspectd");
  app.set_version_flag("--version", introspectd::server::kVersion);
  app.add_option("--config", arguments.config_file, "Configuration file (TOML)")->required();
  app.add_flag("--check-config", arguments.check_config, "Check the configuration and exit");
  app.add_flag("--print-config", arguments.print_config,
               "Print the configuration with every default, without secrets, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusable;
  }
  return Run(arguments);
}
