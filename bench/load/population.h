// The tokens that are asked about, from a file of token updates.
//
// Threads: immutable once read.
// Limits:  tokens of one length only, kept end to end: 43 bytes each for those of `generate`.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace introspectd::load {

class Population {
 public:
  // NDJSON of upserts that carry their `token`; every other line is an error, since each answer is
  // expected to be active.
  static absl::StatusOr<Population> Read(const std::string& file);

  std::size_t size() const { return tokens_.size() / token_bytes_; }
  std::size_t token_bytes() const { return token_bytes_; }

  // As it stands in a form body.
  std::string_view token(std::size_t i) const {
    return {tokens_.data() + i * token_bytes_, token_bytes_};
  }

 private:
  Population() = default;

  std::string tokens_;
  std::size_t token_bytes_ = 0;
};

}  // namespace introspectd::load
