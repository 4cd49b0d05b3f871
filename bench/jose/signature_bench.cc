// What verifying a signature costs, beside OpenSSL alone with the same one; by one thread and by
// two, with what each of them has to itself or shares.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>

#include "bare_openssl.h"
#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"

namespace introspectd::crypto {
namespace {

using Algorithm = SignatureAlgorithm;

// As long as "header.payload" of an access token often is.
const std::string kMessage(600, 'm');

struct Signed {
  explicit Signed(Algorithm of)
      : algorithm(of), key(PrivateKey::Generate(of)), signature(*key.Sign(of, kMessage)) {}

  Algorithm algorithm;
  PrivateKey key;
  std::string signature;
};

const Signed& SignedWith(Algorithm algorithm) {
  static const Signed rs256(Algorithm::kRs256);
  static const Signed es256(Algorithm::kEs256);
  static const Signed ed_dsa(Algorithm::kEdDsa);
  if (algorithm == Algorithm::kRs256) return rs256;
  return algorithm == Algorithm::kEs256 ? es256 : ed_dsa;
}

EVP_PKEY* SharedKey(const Signed& what) {
  static std::array<PkeyPtr, kSignatureAlgorithms> keys;
  PkeyPtr& key = keys[static_cast<std::size_t>(what.algorithm)];
  if (key == nullptr) key = KeyOf(what.key);
  return key.get();
}

void Openssl(benchmark::State& state, Algorithm algorithm) {
  const Signed& what = SignedWith(algorithm);
  BareOpenssl bare(algorithm, SharedKey(what));
  const std::string signature = BareOpenssl::Prepared(algorithm, what.signature);
  for (auto _ : state) Require(bare.Verify(kMessage, signature));
  state.SetItemsProcessed(state.iterations());
}

void Ours(benchmark::State& state, Algorithm algorithm) {
  const Signed& what = SignedWith(algorithm);
  const Library library;
  auto verifier = SignatureVerifier::Create(library, what.key.public_key(), algorithm);
  Require(verifier.ok());
  for (auto _ : state) {
    Require(verifier->Verify(kMessage, Sha256Of(kMessage), what.signature));
  }
  state.SetItemsProcessed(state.iterations());
}

// As it is usually written: the algorithm is looked up for each signature.
void OpensslLookingUp(benchmark::State& state, Algorithm algorithm) {
  const Signed& what = SignedWith(algorithm);
  EVP_PKEY* key = SharedKey(what);
  const std::string signature = BareOpenssl::Prepared(algorithm, what.signature);
  const EVP_MD* hash = algorithm == Algorithm::kEdDsa ? nullptr : EVP_sha256();
  for (auto _ : state) {
    const MdCtxPtr context(EVP_MD_CTX_new());
    Require(EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1);
    Require(EVP_DigestVerify(context.get(), Unsigned(signature.data()), signature.size(),
                             Unsigned(kMessage.data()), kMessage.size()) == 1);
  }
  state.SetItemsProcessed(state.iterations());
}

void Create(benchmark::State& state, Algorithm algorithm) {
  const PublicKey key = SignedWith(algorithm).key.public_key();
  const Library library;
  for (auto _ : state) Require(SignatureVerifier::Create(library, key, algorithm).ok());
}

void CreateLibrary(benchmark::State& state) {
  for (auto _ : state) Library();
}

#define INTROSPECTD_BENCHMARKS(function)                                                        \
  BENCHMARK_CAPTURE(function, RS256, Algorithm::kRs256)->Threads(1)->Threads(2)->UseRealTime(); \
  BENCHMARK_CAPTURE(function, ES256, Algorithm::kEs256)->Threads(1)->Threads(2)->UseRealTime(); \
  BENCHMARK_CAPTURE(function, EdDSA, Algorithm::kEdDsa)->Threads(1)->Threads(2)->UseRealTime()

INTROSPECTD_BENCHMARKS(Openssl);
INTROSPECTD_BENCHMARKS(Ours);
INTROSPECTD_BENCHMARKS(OpensslLookingUp);
BENCHMARK_CAPTURE(Create, RS256, Algorithm::kRs256);
BENCHMARK_CAPTURE(Create, ES256, Algorithm::kEs256);
BENCHMARK_CAPTURE(Create, EdDSA, Algorithm::kEdDsa);
BENCHMARK(CreateLibrary);

}  // namespace

// Before there are threads: keys are made once.
void MakeKeys() {
  for (const auto algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    SharedKey(SignedWith(algorithm));
  }
}

}  // namespace introspectd::crypto

int main(int argc, char** argv) {
  introspectd::crypto::MakeKeys();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  benchmark::RunSpecifiedBenchmarks();
}
