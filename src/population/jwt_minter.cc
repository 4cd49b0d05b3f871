#include "population/jwt_minter.h"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "crypto/digest.h"
#include "jose/jwk.h"
#include "text/base64.h"

namespace introspectd::population {

namespace {

std::string_view KindOf(const crypto::PublicKey& key) {
  constexpr std::array<std::string_view, 3> kCurves = {"P-256", "P-384", "P-521"};
  if (std::holds_alternative<crypto::RsaPublicKey>(key)) return "RSA";
  const auto* const ec = std::get_if<crypto::EcPublicKey>(&key);
  return ec != nullptr ? kCurves[static_cast<std::size_t>(ec->curve)] : "Ed25519";
}

std::string KidOf(const crypto::PublicKey& key) {
  const crypto::Sha256 thumbprint = jose::ThumbprintOf(key);
  return text::EncodeBase64Url(
      {reinterpret_cast<const char*>(thumbprint.data()), thumbprint.size()});
}

}  // namespace

absl::StatusOr<JwtMinter> JwtMinter::Create(crypto::SignatureAlgorithm algorithm,
                                            crypto::PrivateKey key) {
  const crypto::PublicKey public_key = key.public_key();
  if (const absl::Status good = crypto::CheckPublicKey(public_key); !good.ok()) return good;
  if (!crypto::Fits(algorithm, public_key)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is not for a key of {}", crypto::NameOf(algorithm), KindOf(public_key)));
  }
  return JwtMinter(algorithm, std::move(key));
}

JwtMinter::JwtMinter(crypto::SignatureAlgorithm algorithm, crypto::PrivateKey key)
    : algorithm_(algorithm), key_(std::move(key)), kid_(KidOf(key_.public_key())) {
  header_ = text::EncodeBase64Url(fmt::format(R"({{"typ":"at+jwt","alg":"{}","kid":"{}"}})",
                                              crypto::NameOf(algorithm_), kid_)) +
            '.';
}

JwtMinter JwtMinter::Clone() const {
  std::string pem = key_.ToPem();
  auto key = crypto::PrivateKey::FromPem(pem);
  crypto::Cleanse(pem);
  return {algorithm_, *std::move(key)};
}

std::string JwtMinter::Mint(std::string_view claims) const {
  std::string token = header_ + text::EncodeBase64Url(claims);
  const std::string signature = key_.Sign(algorithm_, token).value();
  token += '.';
  token += text::EncodeBase64Url(signature);
  return token;
}

std::string JwtMinter::JwkSet() const {
  return fmt::format(R"({{"keys":[{}]}})", jose::WriteJwk(key_.public_key(), kid_, algorithm_));
}

}  // namespace introspectd::population
