// Two threads that verify, each with a Library of its own.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "crypto/signature.h"
#include "crypto/vectors.h"

namespace introspectd::crypto {
namespace {

constexpr int kThreads = 2;
constexpr int kRounds = 20;

bool VerifiesAll(const std::vector<Vector>& vectors) {
  const Library library;
  for (const Vector& vector : vectors) {
    auto verifier = SignatureVerifier::Create(library, vector.key, vector.algorithm);
    if (!verifier.ok()) return false;
    const Sha256 good = Sha256Of(vector.message);
    const Sha256 bad = Sha256Of("another");
    for (int i = 0; i < kRounds; ++i) {
      if (!verifier->Verify(vector.message, good, vector.signature)) return false;
      if (verifier->Verify("another", bad, vector.signature)) return false;
    }
  }
  return true;
}

TEST(SignatureRaceTest, TwoLibrariesDoNotMeet) {
  const std::vector<Vector> vectors = {Rs256Vector(), Es256Vector(), Es512Vector(), EdDsaVector()};
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&vectors, &good] { good += VerifiesAll(vectors) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads);
}

}  // namespace
}  // namespace introspectd::crypto
