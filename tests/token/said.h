// What an issuer says of a token, for tests that speak to the store below the parser.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "introspectd/token.h"
#include "token/record.h"
#include "token/update.h"

namespace introspectd::token {

struct Said {
  UnixSeconds exp = 0;
  UnixSeconds nbf = kNever;
  UnixSeconds iat = kNever;
  std::optional<std::string> iss;
  std::optional<std::string> sub;
  std::optional<std::string> client_id;
  std::optional<std::string> sid;
  std::optional<std::string> jti;
  std::optional<std::string> scope;
  std::vector<std::string> aud;
  std::string answer = R"({"active":true})";
  bool fields_in_answer = false;  // otherwise they stand behind it
};

// With an answer that says all of it, and `more`, some members as JSON without a comma before.
Said WithAnswer(Said said, std::string_view more = {});

Claims ClaimsOf(const Said& said);
Upsert UpsertOf(const TokenDigest& digest, std::uint64_t sequence, const Said& said);

// A digest in `shard` with `tag` as its slot's bits; `unique` keeps it apart from others of those.
TokenDigest DigestOf(std::uint16_t shard, std::uint32_t tag, std::uint32_t unique);

}  // namespace introspectd::token
