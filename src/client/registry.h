// The registry: who may ask, and what proves it. Made from a configuration, replaced as a whole.
//
// Threads: immutable; shared by all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/certificate_rule.h"
#include "crypto/digest.h"
#include "crypto/secret_hash.h"
#include "introspectd/config.h"
#include "introspectd/introspection.h"
#include "introspectd/update.h"

namespace introspectd::client {

// One client's or admin token's secret, however it is configured. A plain one is kept as its
// digest.
class Secret {
 public:
  // `config` was checked: its hashes can be parsed.
  explicit Secret(const SecretConfig& config);

  // Cost: one slow hash for each that is configured, none for a plain secret.
  bool Matches(std::string_view presented) const;
  bool MatchesPlain(std::string_view presented) const;
  const std::vector<crypto::SecretHash>& hashes() const { return hashes_; }

 private:
  std::vector<crypto::SecretHash> hashes_;
  std::optional<crypto::Sha256> plain_;
};

struct Client {
  Caller caller;
  std::vector<AuthMethod> auth;
  Secret secret;
  CertificateRule certificate;

  bool Allows(AuthMethod method) const;
};

struct AdminToken {
  std::string name;
  Secret secret;
  std::vector<AdminScope> scopes;
  Pusher pusher;

  bool Allows(AdminScope scope) const;
};

// What is to be verified: for clients the readings of what was presented (presented.h), for admin
// tokens one pair with an empty id.
using Pairs = std::vector<std::pair<std::string, std::string>>;  // id, secret

class Registry {
 public:
  Registry(const Config& config, std::uint64_t generation);

  std::uint64_t generation() const { return generation_; }
  const std::vector<Client>& clients() const { return clients_; }
  // The place of one of clients().
  std::size_t IndexOf(const Client& client) const {
    return static_cast<std::size_t>(&client - clients_.data());
  }
  const Client* FindClient(std::string_view id) const;  // null: there is none
  // Whether anybody at all may authenticate so.
  bool has(AuthMethod method) const { return (methods_ >> static_cast<int>(method) & 1) != 0; }
  const std::vector<AdminToken>& admin_tokens() const { return admin_tokens_; }

  // Slow: off the loops. Which of clients() the pairs prove, and which of the pairs did. A wrong
  // secret costs the same number of slow hashes, whoever's it is, and whether there is such a
  // client.
  struct Proof {
    std::uint32_t index = 0;
    std::uint32_t pair = 0;
  };
  std::optional<Proof> VerifyClient(const Pairs& pairs) const;
  std::optional<Proof> VerifyAdmin(const Pairs& pairs) const;

  // Quick: the same for what needs no slow hash. Nothing says nothing: then they must be verified.
  std::optional<Proof> VerifyPlainClient(const Pairs& pairs) const;
  std::optional<Proof> VerifyPlainAdmin(const Pairs& pairs) const;

 private:
  struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
  };

  const std::uint64_t generation_;
  std::vector<Client> clients_;
  std::vector<AdminToken> admin_tokens_;
  absl::flat_hash_map<std::string, std::uint32_t, IdHash, std::equal_to<>> index_of_;
  std::uint32_t methods_ = 0;                   // a bit each
  std::size_t hashes_max_ = 0;                  // of any one client
  std::vector<crypto::SecretHash> impossible_;  // hashes_max_ many
};

}  // namespace introspectd::client
