#include "config/text_checks.h"

#include <algorithm>
#include <vector>

#include "config/listen.h"
#include "config/options.h"
#include "crypto/certificate.h"
#include "crypto/distinguished_name.h"
#include "crypto/secret_hash.h"
#include "crypto/signature.h"
#include "fetch/check_url.h"
#include "fmt/format.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "net/network.h"

namespace introspectd::config {

namespace {

absl::Status Refuse(std::string_view why) { return absl::InvalidArgumentError(std::string(why)); }

absl::Status RefuseMask() {
  return Refuse(fmt::format("\"{}\" only stands for a secret in printed configurations", kMask));
}

// RFC 3986 3.3, without the escapes: the path is compared byte by byte.
bool IsPathCharacter(char c) {
  constexpr std::string_view kPunctuation = "-._~!$&'()*+,;=:@/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPunctuation.find(c) != std::string_view::npos;
}

}  // namespace

absl::Status CheckListenAddress(std::string_view text) { return ParseListenAddress(text).status(); }

absl::Status CheckNetwork(std::string_view network) {
  return net::Network::Parse(network).status();
}

absl::Status CheckRequestPath(std::string_view path) {
  if (path == "/healthz" || path == "/readyz") {
    return Refuse(fmt::format("\"{}\" is taken; allowed: any other path", path));
  }
  if (!path.starts_with('/') || !std::ranges::all_of(path, IsPathCharacter)) {
    return Refuse(fmt::format(
        "\"{}\" is no path; allowed: \"/\", then characters of a URL's path, none escaped", path));
  }
  return absl::OkStatus();
}

absl::Status CheckAlgorithm(std::string_view name) {
  if (crypto::SignatureAlgorithmOf(name)) return absl::OkStatus();
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
    names.push_back(crypto::NameOf(static_cast<crypto::SignatureAlgorithm>(i)));
  }
  return Refuse(fmt::format("\"{}\" is no algorithm for the signature of a public key; allowed: {}",
                            name, fmt::join(names, ", ")));
}

absl::Status CheckTokenType(std::string_view type) {
  if (!jose::IsTypeOfAnotherJwt(type)) return absl::OkStatus();
  return Refuse(fmt::format(
      "\"{}\" is the type of another kind of JWT; allowed: at+jwt, JWT, an issuer's own, or \"\"",
      type));
}

absl::Status CheckJwkSet(std::string_view json) {
  return absl::Status(jose::ParseJwkSet(json).status());
}

absl::Status CheckDistinguishedName(std::string_view name) {
  return crypto::CanonicalName(name).status();
}

absl::Status CheckIpAddress(std::string_view address) {
  if (crypto::CanonicalAddress(address)) return absl::OkStatus();
  return Refuse(
      fmt::format("\"{}\" is no address; allowed: IPv4 or IPv6, such as 2001:db8::1", address));
}

absl::Status CheckThumbprint(std::string_view sha256) {
  if (crypto::ParseThumbprint(sha256)) return absl::OkStatus();
  return Refuse(fmt::format(
      "\"{}\" is no SHA-256; allowed: 43 characters of base64url without padding", sha256));
}

absl::Status CheckProxy(std::string_view url) {
  if (url.empty() || fetch::CheckProxy(url).ok()) return absl::OkStatus();
  return Refuse("is no proxy; allowed: http://HOST:PORT without a user name");
}

absl::Status CheckSecret(std::string_view secret) {
  if (secret == kMask) return RefuseMask();
  // Taken for a secret, a hash would work as a password that the configuration shows.
  if (crypto::SecretHash::Parse(secret).ok()) {
    return Refuse("is a hash, not a secret; a hash belongs in secret_hash or token_hash");
  }
  return absl::OkStatus();
}

absl::Status CheckSecretHash(std::string_view hash) {
  if (hash == kMask) return RefuseMask();
  return absl::Status(crypto::SecretHash::Parse(hash).status());
}

}  // namespace introspectd::config
