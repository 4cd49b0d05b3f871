#include "jose/trust.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "text/ascii.h"

namespace introspectd::jose {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), text::ToLower);
  return lower;
}

}  // namespace

AlgorithmSet AlgorithmsOf(const std::vector<std::string>& names) {
  AlgorithmSet algorithms;
  for (const std::string& name : names) {
    const auto algorithm = crypto::SignatureAlgorithmOf(name);
    CHECK(algorithm);  // the configuration was checked
    algorithms.set(static_cast<std::size_t>(*algorithm));
  }
  return algorithms;
}

Issuer::Issuer(const IssuerConfig& from) : config(from), algorithms(AlgorithmsOf(from.algorithms)) {
  any_audience = std::ranges::find(config.audiences, "*") != config.audiences.end();
  for (const std::string& type : config.types) {
    if (type.empty()) {
      needs_no_type = true;
    } else if (!IsTypeOfAnotherJwt(type)) {
      types.push_back(Lower(ShortType(type)));
    }
  }
}

bool Issuer::Accepts(std::optional<std::string_view> type) const {
  if (!type) return needs_no_type;
  return std::ranges::any_of(types, [&](const std::string& accepted) {
    return text::EqualsIgnoreCase(ShortType(*type), accepted);
  });
}

Issuers::Issuers(const std::vector<IssuerConfig>& configs) {
  for (const IssuerConfig& config : configs) {
    places_.emplace(config.issuer, all_.size());
    all_.emplace_back(config);
  }
}

std::optional<std::size_t> Issuers::Find(std::string_view issuer) const {
  const auto found = places_.find(issuer);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

AssertionClient::AssertionClient(const ClientConfig& config, const IntrospectionConfig& server,
                                 std::uint32_t place)
    : id(config.id),
      index(place),
      algorithms(AlgorithmsOf(config.assertion_algorithms)),
      audiences(config.assertion_audiences) {
  audiences.push_back(server.issuer);
  if (!server.endpoint.empty()) audiences.push_back(server.endpoint);
}

bool AssertionClient::IsAudience(std::string_view audience) const {
  return std::ranges::find(audiences, audience) != audiences.end();
}

AssertionClients::AssertionClients(const Config& config) {
  for (std::uint32_t i = 0; i < config.clients.size(); ++i) {
    const ClientConfig& client = config.clients[i];
    if (std::ranges::find(client.auth, AuthMethod::kPrivateKeyJwt) == client.auth.end()) continue;
    places_.emplace(client.id, all_.size());
    all_.emplace_back(client, config.introspection, i);
  }
}

std::optional<std::size_t> AssertionClients::Find(std::string_view id) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

KeyRing::KeyRing(std::shared_ptr<const crypto::Library> library, const AlgorithmSet& algorithms,
                 const JwkSet& set)
    : library_(std::move(library)) {
  for (const Jwk& jwk : set.keys) {
    Key key{.kid = jwk.kid, .thumbprint = jwk.thumbprint, .verifiers = {}};
    for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
      const auto algorithm = static_cast<crypto::SignatureAlgorithm>(i);
      if (!Allows(algorithms, algorithm) || !jwk.Allows(algorithm)) continue;
      auto verifier = crypto::SignatureVerifier::Create(*library_, jwk.key, algorithm);
      if (verifier.ok()) key.verifiers.push_back(*std::move(verifier));
    }
    keys_.push_back(std::move(key));
  }
}

bool KeyRing::HasKid(std::string_view kid) const {
  return std::ranges::any_of(keys_, [&](const Key& key) { return key.kid == kid; });
}

bool KeyRing::Has(const crypto::Sha256& thumbprint, crypto::SignatureAlgorithm algorithm) const {
  return std::ranges::any_of(keys_, [&](const Key& key) {
    return key.thumbprint == thumbprint &&
           std::ranges::any_of(key.verifiers, [&](const crypto::SignatureVerifier& verifier) {
             return verifier.algorithm() == algorithm;
           });
  });
}

std::size_t KeyRing::Find(const Header& header, std::array<Candidate, kTriedMax>& out) {
  std::size_t count = 0;
  for (Key& key : keys_) {
    if (header.kid && key.kid != *header.kid) continue;
    for (crypto::SignatureVerifier& verifier : key.verifiers) {
      if (verifier.algorithm() != header.algorithm || count == out.size()) continue;
      out[count++] = {&verifier, &key};
    }
  }
  return count;
}

}  // namespace introspectd::jose
