// What a JWT costs, from its bytes to a verdict: the first time beside OpenSSL alone with the same
// signature, and again; by one thread and by two.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bare_openssl.h"
#include "crypto/private_key.h"
#include "jose/verifier.h"
#include "text/base64.h"

namespace introspectd::jose {
namespace {

using crypto::Require;
using Algorithm = crypto::SignatureAlgorithm;

constexpr UnixSeconds kIssuedAt = 1'700'000'000;
constexpr Now kNow{.wall_us = (kIssuedAt + 10) * kMicrosPerSecond, .boot_ms = 1};
constexpr int kTokens = 512;
// Fewer verdicts than there are tokens: each of them comes for the first time.
constexpr std::size_t kFewBytes = 100'000;
constexpr std::size_t kManyBytes = 64 << 20;

struct Token {
  std::string text;
  std::string signed_part;
  std::string prepared;  // the signature, for OpenSSL alone
};

struct Issued {
  explicit Issued(Algorithm of);

  crypto::PrivateKey key;
  crypto::PkeyPtr bare_key;
  std::vector<Token> tokens;
};

std::string Encoded(std::string_view text) { return text::EncodeBase64Url(text); }

// As RFC 9068 wants them, with a few members more.
std::string ClaimsOf(int i) {
  return fmt::format(
      R"({{"iss":"https://server.example.com/","aud":["https://api.example/"],)"
      R"("client_id":"storefront-web","sub":"5ba552d67-{:08x}-Z5O3upPC88QrAjx00dis","exp":{},)"
      R"("iat":{},"auth_time":{},"jti":"dbe39bf3a3ba4238a513f51d6e1691c4-{:06x}",)"
      R"("scope":"openid profile orders:read orders:write","acr":"urn:mace:incommon:iap:silver",)"
      R"("roles":["customer","beta"],"tenant":"eu-west-1"}})",
      i * 7919, kIssuedAt + 3600, kIssuedAt, kIssuedAt - 5, i);
}

Issued::Issued(Algorithm of) : key(crypto::PrivateKey::Generate(of)), bare_key(crypto::KeyOf(key)) {
  const std::string header =
      fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"2024-01-key"}})", crypto::NameOf(of));
  for (int i = 0; i < kTokens; ++i) {
    Token token;
    token.signed_part = Encoded(header) + "." + Encoded(ClaimsOf(i));
    const std::string signature = *key.Sign(of, token.signed_part);
    token.text = token.signed_part + "." + Encoded(signature);
    token.prepared = crypto::BareOpenssl::Prepared(of, signature);
    tokens.push_back(std::move(token));
  }
}

const Issued& IssuedWith(Algorithm algorithm) {
  static std::map<Algorithm, Issued> all;  // made before there are threads
  return all.try_emplace(algorithm, algorithm).first->second;
}

// As a worker's: with an instance of OpenSSL of its own.
std::shared_ptr<const Trust> TrustIn(Algorithm algorithm) {
  const crypto::PublicKey key = IssuedWith(algorithm).key.public_key();
  auto trust = std::make_shared<Trust>();
  trust->issuers = std::make_shared<const Issuers>(
      std::vector<IssuerConfig>{{.issuer = "https://server.example.com/",
                                 .algorithms = {"RS256", "ES256", "EdDSA"},
                                 .audiences = {"https://api.example/"},
                                 .types = {"at+jwt"}}});
  JwkSet set;
  set.keys.push_back({"2024-01-key", algorithm, key, ThumbprintOf(key)});
  trust->keys.push_back({.ring = std::make_shared<KeyRing>(std::make_shared<crypto::Library>(),
                                                           trust->issuers->all()[0], set),
                         .stale_at_ms = INT64_MAX});
  return trust;
}

void Openssl(benchmark::State& state, Algorithm algorithm) {
  const Issued& issued = IssuedWith(algorithm);
  crypto::BareOpenssl bare(algorithm, issued.bare_key.get());
  std::size_t i = 0;
  for (auto _ : state) {
    const Token& token = issued.tokens[i++ % kTokens];
    Require(bare.Verify(token.signed_part, token.prepared));
  }
  state.SetItemsProcessed(state.iterations());
}

void Verify(benchmark::State& state, Algorithm algorithm, std::size_t verdict_bytes) {
  const Issued& issued = IssuedWith(algorithm);
  Verifier verifier({.verdict_bytes_max = verdict_bytes});
  verifier.SetTrust(TrustIn(algorithm), true);
  std::size_t i = 0;
  for (auto _ : state) {
    const auto outcome = verifier.Verify(issued.tokens[i++ % kTokens].text, kNow, {});
    Require(outcome.kind == Verifier::Outcome::Kind::kGood);
    verifier.EndTurn();
  }
  state.counters["bytes"] = static_cast<double>(issued.tokens[0].text.size());
  state.SetItemsProcessed(state.iterations());
}

void First(benchmark::State& state, Algorithm algorithm) { Verify(state, algorithm, kFewBytes); }
void Again(benchmark::State& state, Algorithm algorithm) { Verify(state, algorithm, kManyBytes); }

#define INTROSPECTD_BENCHMARKS(function)                                                        \
  BENCHMARK_CAPTURE(function, RS256, Algorithm::kRs256)->Threads(1)->Threads(2)->UseRealTime(); \
  BENCHMARK_CAPTURE(function, ES256, Algorithm::kEs256)->Threads(1)->Threads(2)->UseRealTime(); \
  BENCHMARK_CAPTURE(function, EdDSA, Algorithm::kEdDsa)->Threads(1)->Threads(2)->UseRealTime()

INTROSPECTD_BENCHMARKS(Openssl);
INTROSPECTD_BENCHMARKS(First);
INTROSPECTD_BENCHMARKS(Again);

}  // namespace

void Issue() {
  for (const auto algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    IssuedWith(algorithm);
  }
}

}  // namespace introspectd::jose

int main(int argc, char** argv) {
  introspectd::jose::Issue();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  benchmark::RunSpecifiedBenchmarks();
}
