// introspect-cli hash-secret: what stands in the configuration instead of a secret.

#include <fmt/core.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "commands.h"
#include "crypto/digest.h"
#include "crypto/secret_hash.h"
#include "secret_input.h"

namespace introspectd::cli {

namespace {

using crypto::SecretHashCost;

struct HashSecretOptions {
  std::string secret = "-";
  std::string kdf = "scrypt";
  SecretHashCost cost;
};

ExitCode HashSecret(const HashSecretOptions& options) {
  if (const absl::Status status = crypto::CheckCost(options.cost); !status.ok()) {
    return Fail(status);
  }
  const bool typed = options.secret != "-" && !options.secret.starts_with('@');
  if (typed && isatty(STDERR_FILENO) != 0) {
    Complain(
        "the secret was an argument: it stays in the shell's history and was visible to "
        "other users; better: no argument, or @FILE");
  }
  absl::StatusOr<std::string> secret = ReadSecret(options.secret, "the secret");
  if (!secret.ok()) return Fail(secret.status());
  fmt::print("{}\n", crypto::SecretHash::Make(*secret, options.cost).ToString());
  crypto::Cleanse(*secret);
  return kDone;
}

void AddCostOptions(CLI::App& sub, HashSecretOptions& options) {
  SecretHashCost& cost = options.cost;
  sub.add_option("--kdf", options.kdf, "The key derivation; pbkdf2 is with SHA-256")
      ->check(CLI::IsMember({"scrypt", "pbkdf2"}))
      ->capture_default_str();
  sub.add_option("--log2-n", cost.scrypt_log2_n, "scrypt: 2^this * r * 128 bytes of memory, 1..20")
      ->capture_default_str();
  sub.add_option("--block-size", cost.scrypt_r, "scrypt: r, 1..32")->capture_default_str();
  sub.add_option("--parallel", cost.scrypt_p, "scrypt: p, 1..16")->capture_default_str();
  sub.add_option("--iterations", cost.pbkdf2_iterations, "pbkdf2: 1000..10000000")
      ->capture_default_str();
}

}  // namespace

void AddHashSecret(CLI::App& app, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "hash-secret",
      "Print the slow hash of a client secret or admin token, for the configuration");
  const auto options = std::make_shared<HashSecretOptions>();
  sub->add_option("secret", options->secret, "@FILE, - (default: standard input) or the secret")
      ->type_name("SECRET");
  AddCostOptions(*sub, *options);
  sub->callback([&command, options] {
    if (options->kdf == "pbkdf2") options->cost.kdf = SecretHashCost::Kdf::kPbkdf2Sha256;
    command = [options] { return HashSecret(*options); };
  });
}

}  // namespace introspectd::cli
