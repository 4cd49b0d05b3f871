#include "jwt_options.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>

#include "crypto/digest.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"
#include "output_file.h"
#include "population/catalogue.h"
#include "secret_input.h"

namespace introspectd::cli {

namespace {

using crypto::SignatureAlgorithm;

absl::Status Unusable(const std::string& why) { return absl::InvalidArgumentError(why); }

std::string_view MakingOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return "EC -pkeyopt ec_paramgen_curve:P-256";
    case SignatureAlgorithm::kEs384:
      return "EC -pkeyopt ec_paramgen_curve:P-384";
    case SignatureAlgorithm::kEs512:
      return "EC -pkeyopt ec_paramgen_curve:P-521";
    case SignatureAlgorithm::kEdDsa:
      return "ED25519";
    default:
      return "RSA -pkeyopt rsa_keygen_bits:2048";
  }
}

// A key that is there is not to be written over by who follows the hint.
std::string Hint(SignatureAlgorithm algorithm, const std::string& key_file) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(key_file, ignored);
  return fmt::format("; to make a key for {}: openssl genpkey -algorithm {} -out {}",
                     crypto::NameOf(algorithm), MakingOf(algorithm),
                     is_there ? "ANOTHER_FILE" : key_file);
}

absl::StatusOr<population::JwtMinter> MinterFromPem(SignatureAlgorithm algorithm,
                                                    std::string_view pem) {
  auto key = crypto::PrivateKey::FromPem(pem);
  if (!key.ok()) return key.status();
  return population::JwtMinter::Create(algorithm, *std::move(key));
}

// A file that is renamed into its place would take the place of the key, or of none.
absl::Status CheckPlace(const JwtOptions& options) {
  if (options.jwks_file == "-") return Unusable("--jwks: standard output is for the updates");
  std::error_code ignored;
  if (std::filesystem::equivalent(options.jwks_file, options.key_file, ignored)) {
    return Unusable("--jwks: that is the file of the private key");
  }
  return absl::OkStatus();
}

std::string Footer() {
  return fmt::format(
      R"(With --jwt the tokens are JWT access tokens. A node verifies them, whatever was pushed, and the
updates tell it the revoked ones, once its configuration has
  [[issuers]]
  issuer = "{}"
  jwks_file = "FILE"      # of --jwks
  algorithms = ["ALG"]
  audiences = ["{}"]
With RS* and EdDSA they depend on the seed, --now and the key alone. Signatures of PS* and ES* are
random: every run makes other tokens, so keep what it wrote.)",
      population::kIssuer, population::kAudience);
}

}  // namespace

void AddJwtOptions(CLI::App& sub, JwtOptions& options) {
  CLI::Option* const algorithm =
      sub.add_option("--jwt", options.algorithm, "Make JWT access tokens, signed with this")
          ->check(CLI::IsMember({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                                 "ES384", "ES512", "EdDSA"}))
          ->type_name("ALG");
  CLI::Option* const key =
      sub.add_option("--key", options.key_file,
                     "Their private key, in PEM without a password, as openssl genpkey writes it")
          ->type_name("FILE");
  algorithm->needs(key);
  key->needs(algorithm);
  sub.add_option("--jwks", options.jwks_file,
                 "Write the public key there, as a set for jwks_file of [[issuers]]")
      ->type_name("FILE")
      ->needs(algorithm);
  sub.footer(Footer());
}

absl::StatusOr<population::JwtMinter> MakeMinter(const JwtOptions& options) {
  const SignatureAlgorithm algorithm = crypto::SignatureAlgorithmOf(options.algorithm).value();
  absl::StatusOr<std::string> pem = ReadSecret("@" + options.key_file, "the key");
  if (!pem.ok()) {
    return Unusable(fmt::format("--key: {}{}", std::string(pem.status().message()),
                                Hint(algorithm, options.key_file)));
  }
  auto minter = MinterFromPem(algorithm, *pem);
  crypto::Cleanse(*pem);
  if (minter.ok()) return minter;
  return Unusable(fmt::format("--key: {}: {}{}", options.key_file,
                              std::string(minter.status().message()),
                              Hint(algorithm, options.key_file)));
}

absl::Status WriteJwks(const JwtOptions& options, const population::JwtMinter& minter) {
  if (options.jwks_file.empty()) return absl::OkStatus();
  if (absl::Status good = CheckPlace(options); !good.ok()) return good;
  absl::StatusOr<OutputFile> output = OutputFile::Create(options.jwks_file, OutputFile::kForAll);
  if (!output.ok()) return output.status();
  static_cast<void>(output->Write(minter.JwkSet() + '\n'));
  return output->Commit();
}

}  // namespace introspectd::cli
