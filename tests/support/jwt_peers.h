// Who signs the JWTs of the tests: a mint, which signs anything, and an issuer with keys that
// change.
//
// Threads: one owner each, as Peer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/peer.h"

namespace introspectd::support {

// The algorithms that both know (tests/peers/mint.mjs).
const std::vector<std::string>& JwtAlgorithms();

class JwtMint {
 public:
  JwtMint() : peer_("mint.mjs", {jwks_file()}) {}

  std::string jwks_file() const { return (directory_.path() / "jwks.json").string(); }

  // `request` as mint.mjs takes it; times as WithTimes.
  std::string Token(std::string_view request);
  // `header` and `claims` are objects; the key is the one that jwks_file() publishes for `alg`.
  std::string Signed(std::string_view alg, std::string_view claims, std::string_view header = "{}");
  // Of what is published, or of the attacker, who has others under the same names.
  std::string Pem(std::string_view alg);
  std::string AttackersJwk(std::string_view alg);

 private:
  TempDir directory_;
  Peer peer_;
};

class JwtIssuer {
 public:
  JwtIssuer() : peer_("issuer.mjs") {}

  std::string issuer() const { return MemberOf(peer_.greeting(), "issuer"); }
  std::string jwks_uri() const { return MemberOf(peer_.greeting(), "jwks_uri"); }
  Peer& peer() { return peer_; }

  // A new key signs, and is the only one, or joins those that are published. Drop: only the newest
  // stays.
  void Rotate() { peer_.Ask("rotate"); }
  void Add() { peer_.Ask("add"); }
  void Drop() { peer_.Ask("drop"); }

  // How often its keys were asked for.
  std::int64_t Fetches() { return std::stoll(MemberOf(peer_.Ask("count"), "count")); }

  // Each time another one, signed with the newest key.
  std::string AccessToken() { return Token("access"); }
  // The answer to any command that is {"token":...}.
  std::string Token(std::string_view command) { return MemberOf(peer_.Ask(command), "token"); }

 private:
  Peer peer_;
};

}  // namespace introspectd::support
