#include "client/registry.h"

#include <algorithm>

#include "base/check.h"

namespace introspectd::client {

namespace {

template <class Value>
bool Contains(const std::vector<Value>& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Pusher PusherOf(const AdminTokenConfig& token, const std::string& issuer) {
  Pusher pusher;
  pusher.may_upsert = Contains(token.scopes, AdminScope::kUpsert);
  pusher.may_revoke = Contains(token.scopes, AdminScope::kRevoke);
  pusher.any_issuer = Contains(token.issuers, std::string("*"));
  pusher.issuers = token.issuers.empty() ? std::vector{issuer} : token.issuers;
  return pusher;
}

}  // namespace

Secret::Secret(const SecretConfig& config) {
  if (!config.plain.empty()) plain_ = crypto::Sha256Of(config.plain);
  for (const std::string& text : config.hashes) {
    auto hash = crypto::SecretHash::Parse(text);
    CHECK(hash.ok());
    hashes_.push_back(*std::move(hash));
  }
}

bool Secret::Matches(std::string_view presented) const {
  return MatchesPlain(presented) ||
         std::any_of(hashes_.begin(), hashes_.end(),
                     [presented](const auto& hash) { return hash.Matches(presented); });
}

// Digests are compared, so that the time tells nothing of the length either.
bool Secret::MatchesPlain(std::string_view presented) const {
  return plain_ && crypto::Sha256Of(presented) == *plain_;
}

bool Client::Allows(AuthMethod method) const { return Contains(auth, method); }
bool AdminToken::Allows(AdminScope scope) const { return Contains(scopes, scope); }

Registry::Registry(const Config& config, std::uint64_t generation) : generation_(generation) {
  crypto::SecretHashCost cost;
  for (const ClientConfig& client : config.clients) {
    index_of_.emplace(client.id, static_cast<std::uint32_t>(clients_.size()));
    clients_.push_back({Caller(client, config.introspection.issuer), client.auth,
                        Secret(client.secret), CertificateRule(client)});
    for (const AuthMethod method : client.auth) methods_ |= 1u << static_cast<int>(method);
    const auto& hashes = clients_.back().secret.hashes();
    if (hashes.size() > hashes_max_) {
      hashes_max_ = hashes.size();
      cost = hashes.front().cost();
    }
  }
  for (std::size_t i = 0; i < hashes_max_; ++i) {
    impossible_.push_back(crypto::SecretHash::Impossible(cost));
  }
  for (const AdminTokenConfig& token : config.admin.tokens) {
    admin_tokens_.push_back({token.name, Secret(token.secret), token.scopes,
                             PusherOf(token, config.introspection.issuer)});
  }
}

const Client* Registry::FindClient(std::string_view id) const {
  const auto found = index_of_.find(id);
  return found == index_of_.end() ? nullptr : &clients_[found->second];
}

std::optional<Registry::Proof> Registry::VerifyClient(const Pairs& pairs) const {
  for (std::uint32_t i = 0; i < pairs.size(); ++i) {
    const auto& [id, secret] = pairs[i];
    const auto found = index_of_.find(id);
    std::size_t hashed = 0;
    if (found != index_of_.end()) {
      const Client& client = clients_[found->second];
      if (client.secret.Matches(secret)) return Proof{found->second, i};
      hashed = client.secret.hashes().size();
    }
    for (; hashed < hashes_max_; ++hashed) impossible_[hashed].Matches(secret);
  }
  return std::nullopt;
}

std::optional<Registry::Proof> Registry::VerifyAdmin(const Pairs& pairs) const {
  for (std::uint32_t i = 0; i < admin_tokens_.size(); ++i) {
    if (admin_tokens_[i].secret.Matches(pairs.front().second)) return Proof{i, 0};
  }
  return std::nullopt;
}

std::optional<Registry::Proof> Registry::VerifyPlainClient(const Pairs& pairs) const {
  for (std::uint32_t i = 0; i < pairs.size(); ++i) {
    const auto found = index_of_.find(pairs[i].first);
    if (found != index_of_.end() && clients_[found->second].secret.MatchesPlain(pairs[i].second)) {
      return Proof{found->second, i};
    }
  }
  return std::nullopt;
}

std::optional<Registry::Proof> Registry::VerifyPlainAdmin(const Pairs& pairs) const {
  for (std::uint32_t i = 0; i < admin_tokens_.size(); ++i) {
    if (admin_tokens_[i].secret.MatchesPlain(pairs.front().second)) return Proof{i, 0};
  }
  return std::nullopt;
}

}  // namespace introspectd::client
