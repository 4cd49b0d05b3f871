// introspect-cli push: a few lines, or a stream of them, in one request.

#include <memory>
#include <string>
#include <vector>

#include "answer.h"
#include "commands.h"
#include "input.h"

namespace introspectd::cli {

namespace {

using Lines = std::vector<std::string>;

ExitCode PushLines(fetch::Client& client, const Lines& lines) {
  std::string body;
  for (const std::string& line : lines) body += line + "\n";
  return TellPush(Push(client, body));
}

ExitCode PushStandardInput(fetch::Client& client) {
  absl::StatusOr<Input> input = Input::Open("-");
  if (!input.ok()) return Fail(input.status());
  return TellPush(Push(client, kTokensTarget,
                       [&input](std::span<char> buffer) { return input->ReadSome(buffer); }));
}

ExitCode RunPush(const AdminOptions& admin, const Lines& lines) {
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return Fail(client.status());
  const bool from_input = lines.empty() || (lines.size() == 1 && lines.front() == "-");
  return from_input ? PushStandardInput(*client) : PushLines(*client, lines);
}

}  // namespace

void AddPush(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub =
      app.add_subcommand("push", "Push lines of updates in one request, without repeating it");
  const auto lines = std::make_shared<Lines>();
  sub->add_option("LINE", *lines, "JSON lines; none or -: standard input")->type_name("");
  sub->callback(
      [&admin, &command, lines] { command = [&admin, lines] { return RunPush(admin, *lines); }; });
}

}  // namespace introspectd::cli
