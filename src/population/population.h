// A seeded population of tokens, as an issuer would push them (NDJSON, contract section 5). They
// are opaque, or claims for a JwtMinter to make tokens of. Token i and what is said of it are a
// function of (seed, i), its times of `now` too; nothing is stored, so that a population may be of
// any size.
//
// Threads: immutable. Cost: well under a microsecond a call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "introspectd/time.h"
#include "population/catalogue.h"

namespace introspectd::population {

struct Options {
  std::uint64_t seed = 0;
  UnixSeconds now = 0;       // every token was issued before and expires after it
  double revoked_share = 0;  // 0..1 of the tokens are revoked
};

class Population {
 public:
  explicit Population(const Options& options);

  // 43 characters of base64url.
  std::string Token(std::uint64_t i) const;
  bool IsRevoked(std::uint64_t i) const;

  // The claims of token `i`, an object of about 350 bytes.
  void AppendClaims(std::uint64_t i, std::string& out) const;

  // The line that upserts token `i`, and the line that revokes it when it is a revoked one.
  void AppendUpdates(std::uint64_t i, std::string& out) const;
  // The same of another token that stands for it and has these claims. It must be one that JSON
  // takes as it is.
  void AppendUpdates(std::uint64_t i, std::string_view token, std::string_view claims,
                     std::string& out) const;

 private:
  Options options_;
  Catalogue catalogue_;
};

}  // namespace introspectd::population
