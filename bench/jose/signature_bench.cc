// What verifying a signature costs, beside OpenSSL alone with the same one; by one thread and by
// two, with what each of them has to itself or shares.

#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"

namespace introspectd::crypto {
namespace {

using Algorithm = SignatureAlgorithm;

// As long as "header.payload" of an access token often is.
const std::string kMessage(600, 'm');

void Require(bool condition) {
  if (condition) return;
  std::cerr << "a signature was not verified, or a key not made\n";
  std::exit(1);
}

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

std::string ToDer(std::string_view raw) {
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  const int half = static_cast<int>(raw.size() / 2);
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(Unsigned(raw.data()), half, nullptr),
                 BN_bin2bn(Unsigned(raw.data()) + half, half, nullptr));
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
  unsigned char* to = Unsigned(der.data());
  i2d_ECDSA_SIG(signature.get(), &to);
  return der;
}

// OpenSSL alone, as well as it can be used: the context is prepared, and DER is there already. It
// uses the default library context, and a key that all threads may share.
class Bare {
 public:
  Bare(const Signed& what, EVP_PKEY* key) : what_(what), signature_(what.signature) {
    if (what.algorithm == Algorithm::kEdDsa) {
      message_context_.reset(EVP_MD_CTX_new());
      Require(EVP_DigestVerifyInit(message_context_.get(), nullptr, nullptr, nullptr, key) == 1);
      return;
    }
    if (what.algorithm == Algorithm::kEs256) signature_ = ToDer(what.signature);
    context_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    Require(EVP_PKEY_verify_init(context_.get()) == 1);
    if (what.algorithm == Algorithm::kRs256) {
      Require(EVP_PKEY_CTX_set_rsa_padding(context_.get(), RSA_PKCS1_PADDING) == 1);
    }
    Require(EVP_PKEY_CTX_set_signature_md(context_.get(), EVP_sha256()) == 1);
  }

  bool Verify() {
    if (what_.algorithm == Algorithm::kEdDsa) {
      return EVP_DigestVerify(message_context_.get(), Unsigned(signature_.data()),
                              signature_.size(), Unsigned(kMessage.data()), kMessage.size()) == 1;
    }
    const Sha256 hash = Sha256Of(kMessage);
    return EVP_PKEY_verify(context_.get(), Unsigned(signature_.data()), signature_.size(),
                           hash.data(), hash.size()) == 1;
  }

 private:
  const Signed& what_;
  std::string signature_;
  PkeyCtxPtr context_;
  MdCtxPtr message_context_;
};

EVP_PKEY* SharedKey(const Signed& what) {
  static std::array<PkeyPtr, kSignatureAlgorithms> keys;
  PkeyPtr& key = keys[static_cast<std::size_t>(what.algorithm)];
  if (key == nullptr) {
    const std::string pem = what.key.ToPem();
    const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  }
  Require(key != nullptr);
  return key.get();
}

void Openssl(benchmark::State& state, Algorithm algorithm) {
  const Signed& what = SignedWith(algorithm);
  Bare bare(what, SharedKey(what));
  for (auto _ : state) Require(bare.Verify());
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
  const bool is_ec = algorithm == Algorithm::kEs256;
  const std::string signature = is_ec ? ToDer(what.signature) : what.signature;
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
