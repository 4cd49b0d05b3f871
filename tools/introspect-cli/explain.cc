// introspect-cli explain: why a token is active or not.

#include <fmt/core.h>

#include <memory>
#include <string>

#include "answer.h"
#include "commands.h"
#include "introspectd/token.h"
#include "printer.h"
#include "secret_input.h"
#include "text/form.h"
#include "update_line.h"

namespace introspectd::cli {

namespace {

struct ExplainOptions {
  std::string token;
  std::string digest;
  std::string client;
  bool raw = false;
};

absl::StatusOr<std::string> MakeForm(const ExplainOptions& options) {
  if (options.token.empty() == options.digest.empty()) {
    return absl::InvalidArgumentError("explain takes exactly one of --token and --digest");
  }
  std::string form;
  if (options.token.empty()) {
    const auto digest = TokenDigest::Parse(options.digest);
    if (!digest) {
      return absl::InvalidArgumentError(
          "--digest must be the SHA-256 of the token as 43 base64url characters without padding, "
          "or its first 16 bytes as 22");
    }
    form = "token_sha256=" + DigestText(*digest);
  } else {
    // A JWT is judged by what stands in it, so the token itself is sent, on the control plane.
    const absl::StatusOr<std::string> token = ReadSecret(options.token, "the token (--token)");
    if (!token.ok()) return token.status();
    form = "token=" + text::EncodeForm(*token);
  }
  if (!options.client.empty()) form += "&client=" + text::EncodeForm(options.client);
  return form;
}

ExitCode Explain(const AdminOptions& admin, const ExplainOptions& options) {
  const absl::StatusOr<std::string> form = MakeForm(options);
  if (!form.ok()) return Fail(form.status());
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return Fail(client.status());
  const auto response = client->Perform({.method = "POST",
                                         .target = "/v1/explain",
                                         .content_type = "application/x-www-form-urlencoded",
                                         .body = *form});
  if (!response.ok()) return Fail(response.status());
  if (const absl::Status status = Judge(*client, *response); !status.ok()) return Fail(status);
  return PrintObject(response->body, options.raw);
}

}  // namespace

void AddExplain(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand("explain", "Say why a token is active or not");
  const auto options = std::make_shared<ExplainOptions>();
  sub->add_option(
         "--token", options->token,
         "The token: @FILE, - or itself. (The control plane's token is --admin-token here)")
      ->type_name("TOKEN");
  sub->add_option("--digest", options->digest, "base64url of the token's SHA-256");
  sub->add_option("--client", options->client, "As this client would be answered");
  sub->add_flag("--json", options->raw, "As it came");
  sub->callback([&admin, &command, options] {
    command = [&admin, options] { return Explain(admin, *options); };
  });
}

}  // namespace introspectd::cli
