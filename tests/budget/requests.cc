// Whole requests, from their bytes to those of the answer, but for the system calls.

#include <string>
#include <utility>
#include <vector>

#include "api/data_plane.h"
#include "base/check.h"
#include "budget/operation.h"
#include "jose/minter.h"
#include "population/population.h"
#include "support/request.h"

namespace introspectd::budget {
namespace {

constexpr std::size_t kTokens = 64;
constexpr std::size_t kDeep = 16;
constexpr std::size_t kWarmUp = 128;
constexpr std::size_t kMeasured = 256;

// The same requests again and again on one connection, `depth` in each read: their head is known,
// and so are the credentials.
class Requests : public Operation {
 public:
  void Do(std::size_t i) override { plane_.Turn(reads_[i % reads_.size()], out_); }
  bool Did(std::size_t times) override {
    return plane_.counters.Get(expected_) - before_ == times * depth_ && !plane_.session->closing();
  }

 protected:
  Requests(std::string_view config, api::Count expected, std::size_t depth)
      : plane_(config), expected_(expected), depth_(depth) {
    plane_.now.wall_us = kStart * kMicrosPerSecond;
  }

  void Ask(const std::vector<std::string>& tokens) {
    CHECK(tokens.size() % depth_ == 0);
    std::string read;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      read += support::Request{.body = "token=" + tokens[i]}.Bytes();
      if ((i + 1) % depth_ == 0) reads_.push_back(std::exchange(read, {}));
    }
    plane_.AskAnew(support::Request{.body = "token=" + tokens[0]}.Bytes());
    plane_.Reconnect();
    before_ = plane_.counters.Get(expected_);
  }

  api::DataPlane plane_;

 private:
  const api::Count expected_;
  const std::size_t depth_;
  std::vector<std::string> reads_;
  std::string out_;
  std::uint64_t before_ = 0;
};

// Opaque tokens of the sample population.
class Opaque final : public Requests {
 public:
  Opaque(std::size_t depth, bool known)
      : Requests(support::ConfigText{}.Text(), known ? api::Count::kActive : api::Count::kInactive,
                 depth) {
    const population::Population population({.seed = 1, .now = kStart});
    std::string lines;
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < kTokens; ++i) {
      population.AppendUpdates(i, lines);
      tokens.push_back(population.Token(known ? i : kTokens + i));
    }
    plane_.Push(lines);
    Ask(tokens);
  }
};

// A JWT that was verified before.
class RememberedJwt final : public Requests {
 public:
  RememberedJwt() : Requests(Config(), api::Count::kActive, 1) {
    const jose::Minter minter(crypto::SignatureAlgorithm::kEdDsa);
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const jose::Issuers>(plane_.config.issuers);
    const jose::JwkSet set{.keys = {minter.jwk()}, .ignored = {}};
    trust->keys.push_back({.ring = std::make_shared<jose::KeyRing>(
                               std::make_shared<crypto::Library>(), trust->issuers->all()[0], set),
                           .stale_at_ms = INT64_MAX});
    plane_.jwts.SetTrust(trust);
    std::string claims;
    population::Population({.seed = 1, .now = kStart}).AppendClaims(0, claims);
    Ask({minter.Mint(claims)});
  }

 private:
  static std::string Config() {
    return support::ConfigText{.tables =
                                   "[[issuers]]\nissuer = \"https://server.example.com/\"\n"
                                   "audiences = [\"*\"]\njwks_file = \"keys\"\n"}
        .Text();
  }
};

template <std::size_t kDepth, bool kKnown>
std::unique_ptr<Operation> MakeOpaque(std::size_t /*times*/) {
  return std::make_unique<Opaque>(kDepth, kKnown);
}

std::unique_ptr<Operation> MakeJwt(std::size_t /*times*/) {
  return std::make_unique<RememberedJwt>();
}

constexpr Named kRequestOperations[] = {
    {"request", kWarmUp, kMeasured, MakeOpaque<1, true>},
    {"sixteen-requests", kWarmUp, kMeasured / 4, MakeOpaque<kDeep, true>},
    {"request-of-unknown-token", kWarmUp, kMeasured, MakeOpaque<1, false>},
    {"request-of-remembered-jwt", kWarmUp, kMeasured, MakeJwt},
};

}  // namespace

std::span<const Named> RequestOperations() { return kRequestOperations; }

}  // namespace introspectd::budget
