#include <algorithm>

#include "introspectd/introspection.h"

namespace introspectd {

namespace {

constexpr std::string_view kAny = "*";

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Caller::Caller(const ClientConfig& client, const std::string& issuer)
    : id_(client.id),
      audiences_(client.audiences),
      issuers_(client.issuers.empty() ? std::vector{issuer} : client.issuers),
      members_(client.members),
      any_audience_(Contains(audiences_, kAny)),
      any_issuer_(Contains(issuers_, kAny)),
      own_tokens_(client.own_tokens),
      unknown_token_(client.unknown_token),
      unsupported_hint_(client.unsupported_hint) {}

bool Caller::IsIssuer(const TokenView& token, std::string_view default_issuer) const {
  return any_issuer_ || Contains(issuers_, token.issuer().value_or(default_issuer));
}

bool Caller::IsConcerned(const TokenView& token) const {
  return any_audience_ || IsAudience(token) || (own_tokens_ && token.client_id() == id_);
}

bool Caller::IsAudience(const TokenView& token) const {
  for (std::size_t i = 0; i < token.audience_count(); ++i) {
    if (Contains(audiences_, token.audience(i))) return true;
  }
  return false;
}

bool Caller::Sees(std::string_view member) const { return Contains(members_, member); }

}  // namespace introspectd
