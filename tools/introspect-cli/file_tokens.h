// The tokens that a file says are alive: what `warm --replace` compares a replica with.
//
// Threads: one owner.
// Cost:    about 20 bytes of memory a token; the tokens themselves are not kept.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "introspectd/token.h"
#include "update_line.h"

namespace introspectd::cli {

class FileTokens {
 public:
  // `update` is what was read of `line`; none when it could not be read.
  void Note(std::string_view line, const std::optional<UpdateLine>& update);

  bool Contains(const TokenDigest& digest) const { return digests_.contains(digest); }

  // The issuer whose other tokens may be revoked: `wanted`, or else the one that all tokens of the
  // file have. FailedPrecondition when revoking would be a guess: no token, a line that could not
  // be read and might be one, or several issuers.
  absl::StatusOr<std::string> IssuerToReplace(const std::string& wanted) const;

 private:
  struct Hash {
    std::size_t operator()(const TokenDigest& digest) const { return digest.Bits(); }
  };

  absl::flat_hash_set<TokenDigest, Hash> digests_;
  std::size_t unreadable_ = 0;
  std::optional<std::string> issuer_;
  bool several_issuers_ = false;
};

}  // namespace introspectd::cli
