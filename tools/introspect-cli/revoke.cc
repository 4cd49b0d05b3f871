// introspect-cli revoke: ends one token, or every token that a rule matches.

#include <fmt/core.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "answer.h"
#include "commands.h"
#include "introspectd/time.h"
#include "introspectd/token.h"
#include "secret_input.h"
#include "text/json_writer.h"
#include "update_line.h"

namespace introspectd::cli {

namespace {

struct RevokeOptions {
  std::string token;
  std::string digest;
  std::string jti;
  std::string sub;
  std::string client;
  std::string sid;
  std::string issuer;
  std::optional<UnixSeconds> issued_before;

  bool has_rule() const { return !sub.empty() || !client.empty() || !sid.empty(); }
};

absl::Status CheckForm(const RevokeOptions& options) {
  const int forms = static_cast<int>(!options.token.empty()) +
                    static_cast<int>(!options.digest.empty()) +
                    static_cast<int>(!options.jti.empty()) + static_cast<int>(options.has_rule());
  if (forms != 1) {
    return absl::InvalidArgumentError(
        "revoke takes exactly one form: --token, --digest, --jti with --iss, or a rule of --sub, "
        "--client, --sid");
  }
  if (!options.jti.empty() && options.issuer.empty()) {
    return absl::InvalidArgumentError("--jti needs --iss: a jti is unique within its issuer only");
  }
  if (!options.issuer.empty() && options.jti.empty() && !options.has_rule()) {
    return absl::InvalidArgumentError("--iss goes with --jti or with a rule");
  }
  if (options.issued_before && !options.has_rule()) {
    return absl::InvalidArgumentError("--issued-before goes with a rule");
  }
  return absl::OkStatus();
}

// The token itself is not sent.
absl::StatusOr<std::string> DigestToSend(const RevokeOptions& options) {
  if (!options.token.empty()) {
    const absl::StatusOr<std::string> token = ReadSecret(options.token, "the token (--token)");
    if (!token.ok()) return token.status();
    return DigestText(TokenDigest::Of(*token));
  }
  const std::optional<TokenDigest> digest = TokenDigest::Parse(options.digest);
  if (!digest) {
    return absl::InvalidArgumentError(
        "--digest must be the SHA-256 of the token as 43 base64url characters without padding, or "
        "its first 16 bytes as 22");
  }
  return DigestText(*digest);
}

absl::StatusOr<std::string> MakeLine(const RevokeOptions& options) {
  std::string line;
  text::JsonWriter json(line);
  json.BeginObject().Key("op").String("revoke");
  if (!options.token.empty() || !options.digest.empty()) {
    const absl::StatusOr<std::string> digest = DigestToSend(options);
    if (!digest.ok()) return digest.status();
    json.Key("token_sha256").String(*digest);
  }
  const std::array<std::pair<const char*, const std::string*>, 5> members = {
      {{"iss", &options.issuer},
       {"jti", &options.jti},
       {"sub", &options.sub},
       {"client_id", &options.client},
       {"sid", &options.sid}}};
  for (const auto& [name, value] : members) {
    if (!value->empty()) json.Key(name).String(*value);
  }
  if (options.issued_before) json.Key("issued_before").Integer(*options.issued_before);
  json.EndObject();
  return line + "\n";
}

ExitCode Revoke(const AdminOptions& admin, const RevokeOptions& options) {
  if (const absl::Status status = CheckForm(options); !status.ok()) return Fail(status);
  const absl::StatusOr<std::string> line = MakeLine(options);
  if (!line.ok()) return Fail(line.status());
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return Fail(client.status());
  return TellPush(Push(*client, *line));
}

}  // namespace

void AddRevoke(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "revoke",
      "Revoke one token, or all that a rule matches, for good. Exactly one of: --token, --digest, "
      "--jti with --iss, a rule of --sub, --client, --sid (all that are given must match)");
  const auto options = std::make_shared<RevokeOptions>();
  sub->add_option("--token", options->token,
                  "The token: @FILE, - or itself; only its digest is sent. (The control plane's "
                  "token is --admin-token here)")
      ->type_name("TOKEN");
  sub->add_option("--digest", options->digest, "base64url of the token's SHA-256");
  sub->add_option("--jti", options->jti, "The token's jti");
  sub->add_option("--sub", options->sub, "Rule: tokens of this subject");
  sub->add_option("--client", options->client, "Rule: tokens of this client_id");
  sub->add_option("--sid", options->sid, "Rule: tokens of this session");
  sub->add_option("--iss", options->issuer, "The issuer");
  sub->add_option("--issued-before", options->issued_before,
                  "Rule: only tokens issued until then, in seconds since 1970 (default: now)");
  sub->callback([&admin, &command, options] {
    command = [&admin, options] { return Revoke(admin, *options); };
  });
}

}  // namespace introspectd::cli
