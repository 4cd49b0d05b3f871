// Dependent look-ups: which token is asked next depends on the bytes of the answer before, as
// nothing that a processor does ahead of time can hide.
//
// Threads: one Chain, one thread; what is asked is shared and immutable.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "introspectd/store.h"
#include "scale/tokens.h"

namespace introspectd::scale {

// As simple as it gets: one thread, one table, one string a token. A digest is its own hash.
struct DigestHash {
  std::size_t operator()(const TokenDigest& digest) const { return digest.Bits(); }
};
using PlainMap = absl::flat_hash_map<TokenDigest, std::string, DigestHash>;

// Digests in a random order, many more than any cache holds the answers of. They are read from
// their beginning to their end, so that finding the next one costs no more than a cycle or two.
class Asked {
 public:
  static constexpr std::size_t kCount = std::size_t{1} << 21;

  explicit Asked(std::uint64_t tokens) {
    const Tokens population;
    std::mt19937_64 random(kSeed);
    digests_.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      digests_.push_back(population.DigestOf(random() % tokens));
    }
  }

  const TokenDigest& At(std::uint64_t i) const { return digests_[i % kCount]; }

 private:
  std::vector<TokenDigest> digests_;
};

class Chain {
 public:
  static constexpr std::uint64_t kLookupsPerVisit = 16;  // what a worker finds ready in one turn

  Chain(const Asked& asked, std::uint64_t start) : asked_(asked), at_(start) {
    const volatile std::uint64_t nothing = 0;  // the compiler does not know
    nothing_ = nothing;
  }

  void Ask(Store::Reader& reader) {
    const Store::Finding found = reader.Find(next(), kNow);
    CHECK(found.state == TokenState::kActive);
    Took(CopyAnswer(found.token, Room()));
  }

  void Ask(const PlainMap& map) {
    const auto found = map.find(next());
    CHECK(found != map.end());
    Took(found->second.copy(Room(), found->second.size()));
  }

  void AskSome(Store::Reader& reader) {
    const Store::Visit visit(reader);
    for (std::uint64_t i = 0; i < kLookupsPerVisit; ++i) Ask(reader);
  }
  void AskSome(const PlainMap& map) {
    for (std::uint64_t i = 0; i < kLookupsPerVisit; ++i) Ask(map);
  }

 private:
  static constexpr std::size_t kOutputBytes = 64 * 1024;  // answers are appended, as workers do
  static constexpr std::size_t kAnswerBytesMax = 16 * 1024;
  static constexpr std::size_t kLine = 64;

  const TokenDigest& next() const { return asked_.At(at_ + (folded_ & nothing_)); }

  char* Room() {
    if (used_ + kAnswerBytesMax > kOutputBytes) used_ = 0;
    return output_.data() + used_;
  }

  // A word of every cache line of the copy.
  void Took(std::size_t size) {
    CHECK(size >= sizeof(std::uint64_t) && size <= kAnswerBytesMax);
    const char* const answer = output_.data() + used_;
    for (std::size_t at = 0; at + sizeof folded_ <= size; at += kLine) Fold(answer + at);
    Fold(answer + size - sizeof folded_);
    used_ += size;
    ++at_;
  }

  void Fold(const char* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    folded_ ^= word;
  }

  const Asked& asked_;
  std::uint64_t at_;
  std::uint64_t nothing_;
  std::uint64_t folded_ = 0;
  std::vector<char> output_ = std::vector<char>(kOutputBytes);
  std::size_t used_ = 0;
};

}  // namespace introspectd::scale
