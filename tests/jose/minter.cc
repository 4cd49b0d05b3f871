#include "jose/minter.h"

#include "fmt/format.h"
#include "text/base64.h"

namespace introspectd::jose {

std::string Claims(std::string_view more, UnixSeconds lifetime_s) {
  return fmt::format(R"({{"iss":"{}","aud":"https://api.example/","exp":{},"iat":{}{}}})", kIssuer,
                     kMintedAt + lifetime_s, kMintedAt, more);
}

Minter::Minter(crypto::SignatureAlgorithm algorithm, std::string kid)
    : algorithm_(algorithm), kid_(std::move(kid)), key_(crypto::PrivateKey::Generate(algorithm)) {}

const Minter& Rsa() {
  static const Minter minter(crypto::SignatureAlgorithm::kRs256, "rsa");
  return minter;
}

const Minter& Ec() {
  static const Minter minter(crypto::SignatureAlgorithm::kEs256, "ec");
  return minter;
}

std::string Minter::Header(std::string_view more) const {
  return fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"{}"{}}})", crypto::NameOf(algorithm_),
                     kid_, more);
}

std::string Join(std::string_view header, std::string_view claims, std::string_view signature) {
  return fmt::format("{}.{}.{}", text::EncodeBase64Url(header), text::EncodeBase64Url(claims),
                     text::EncodeBase64Url(signature));
}

std::string Minter::Sign(std::string_view header, std::string_view claims) const {
  const std::string signed_part =
      text::EncodeBase64Url(header) + "." + text::EncodeBase64Url(claims);
  return signed_part + "." + text::EncodeBase64Url(key_.Sign(algorithm_, signed_part).value());
}

Jwk Minter::jwk() const {
  const crypto::PublicKey key = key_.public_key();
  return {.kid = kid_, .algorithm = algorithm_, .key = key, .thumbprint = ThumbprintOf(key)};
}

std::string Minter::jwk_text() const { return WriteJwk(key_.public_key(), kid_, algorithm_); }

IssuerConfig TakesAll() {
  return {.issuer = std::string(kIssuer),
          .algorithms = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                         "ES512", "EdDSA"},
          .audiences = {"https://api.example/"},
          .types = {"at+jwt"}};
}

}  // namespace introspectd::jose
