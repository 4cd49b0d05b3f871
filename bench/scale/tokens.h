// The tokens of the bench, and what happens to them: the sample population, parsed as a server
// parses it.
//
// Threads: one Tokens, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "introspectd/store.h"
#include "population/population.h"
#include "token/update.h"
#include "token/writer.h"
#include "update/parser.h"

namespace introspectd::scale {

inline constexpr UnixSeconds kNow = 1'800'000'000;              // every token is good then
inline constexpr UnixSeconds kAllIsOver = kNow + 86'400 + 300;  // the longest life, and 300 s
inline constexpr std::uint64_t kSeed = 1;

class Tokens {
 public:
  Tokens() : population_({.seed = kSeed, .now = kNow}), parser_({.issuer = "https://i.example/"}) {}

  TokenDigest DigestOf(std::uint64_t i) const { return TokenDigest::Of(population_.Token(i)); }

  // The later of two upserts of one token wins: `sequence` must grow for it to be work.
  token::Update Upsert(std::uint64_t i, std::uint64_t sequence);
  // With the sequence that `writer` would give it.
  void StageUpsert(std::uint64_t i, token::Writer& writer);

  // Of a token that nobody has pushed, the same one for the same `i`.
  token::Update RevokeStranger(std::uint64_t i, std::uint64_t sequence) const;
  TokenDigest Stranger(std::uint64_t i) const { return DigestOf((std::uint64_t{1} << 40) + i); }

 private:
  population::Population population_;
  update::Parser parser_;
  std::string line_;
};

// The only places that know how an answer is kept.
std::string AnswerOf(const token::Update& upsert);
inline std::size_t CopyAnswer(const TokenView& token, char* out) {
  const std::string_view answer = token.answer();
  return answer.copy(out, answer.size());
}

}  // namespace introspectd::scale
