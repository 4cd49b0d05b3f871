// introspect-cli status: what a node says of itself.

#include <memory>

#include "answer.h"
#include "commands.h"
#include "printer.h"

namespace introspectd::cli {

namespace {

ExitCode Status(const AdminOptions& admin, bool raw) {
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return Fail(client.status());
  const auto response = client->Perform({.target = "/v1/status"});
  if (!response.ok()) return Fail(response.status());
  if (const absl::Status status = Judge(*client, *response); !status.ok()) return Fail(status);
  return PrintObject(response->body, raw);
}

}  // namespace

void AddStatus(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand("status", "Show what a node says of itself");
  const auto raw = std::make_shared<bool>(false);
  sub->add_flag("--json", *raw, "As it came");
  sub->callback(
      [&admin, &command, raw] { command = [&admin, raw] { return Status(admin, *raw); }; });
}

}  // namespace introspectd::cli
