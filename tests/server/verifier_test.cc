#include "server/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/secret_hash.h"

namespace introspectd::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// As cheap as they may be: how long a hash takes is not what is tested.
std::string HashOf(std::string_view secret) {
  return crypto::SecretHash::Make(
             secret, {.kdf = crypto::SecretHashCost::Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 1000})
      .ToString();
}

Config Clients() {
  Config config;
  config.introspection.issuer = "https://server.example.com/";
  config.clients.push_back({.id = "hashed", .secret = {.hashes = {HashOf("a b")}}});
  config.clients.push_back({.id = "plain", .secret = {.plain = "open"}});
  config.admin.tokens.push_back({.name = "issuer", .secret = {.hashes = {HashOf("admin")}}});
  config.admin.tokens.push_back({.name = "cli", .secret = {.plain = "shell"}});
  return config;
}

class VerifierTest : public testing::Test {
 protected:
  VerifierTest()
      : verifier_(loop_, key_, Limits{.secret_verifications_max = 1, .secret_queue_max = 2},
                  [this](const Verifier::Result& result) { results_.push_back(result); }) {
    verifier_.SetRegistry(registry_);
  }

  // From an address of its own, unless one is given.
  void Ask(std::uint32_t worker, std::uint32_t request, client::Pairs pairs,
           Verifier::Realm realm = Verifier::Realm::kClients, std::uint64_t address = 0) {
    api::VerificationRequest asked{.ticket = {.request = request}, .pairs = std::move(pairs)};
    asked.address = address != 0 ? address : 1000 + request;
    asked.digest = crypto::KeyedDigest(key_, asked.pairs[0].first, asked.pairs[0].second);
    verifier_.Ask(realm, worker, std::move(asked));
  }
  std::vector<Verifier::Result> Finish() {
    loop_.Run();  // until nothing runs any more
    return std::exchange(results_, {});
  }
  std::vector<std::uint32_t> RequestsOf(const Verifier::Result& result) {
    std::vector<std::uint32_t> requests;
    for (const auto& asker : result.askers) requests.push_back(asker.ticket.request);
    return requests;
  }

  net::Loop loop_;
  const crypto::ProcessKey key_ = crypto::NewProcessKey();
  std::shared_ptr<const client::Registry> registry_ =
      std::make_shared<const client::Registry>(Clients(), 7);
  std::vector<Verifier::Result> results_;
  Verifier verifier_;
};

TEST_F(VerifierTest, SaysWhoseASecretIs) {
  Ask(3, 1, {{"hashed", "a b"}});
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_EQ(results[0].realm, Verifier::Realm::kClients);
  EXPECT_EQ(results[0].verified.generation, 7u);
  EXPECT_EQ(results[0].verified.index, 0u);
  EXPECT_EQ(results[0].verified.digest, crypto::KeyedDigest(key_, "hashed", "a b"));
  EXPECT_EQ(results[0].verified.resumption, http::Resumption::kRetry);
  ASSERT_THAT(results[0].askers, SizeIs(1));
  EXPECT_EQ(results[0].askers[0].worker, 3u);
}

// Of two readings of one header it is the good one that is remembered.
TEST_F(VerifierTest, NamesThePairThatIsGood) {
  Ask(0, 1, {{"hashed", "a+b"}, {"hashed", "a b"}});
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_EQ(results[0].verified.digest, crypto::KeyedDigest(key_, "hashed", "a b"));
}

TEST_F(VerifierTest, RefusesWhatIsWrong) {
  for (const client::Pairs& pairs : std::vector<client::Pairs>{{{"hashed", "wrong"}},
                                                               {{"nobody", "a b"}},
                                                               {{"plain", "wrong"}},
                                                               {{"plain", "a b"}},
                                                               {{"hashed", ""}}}) {
    Ask(0, 1, pairs);
    const auto results = Finish();
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_FALSE(results[0].verified.index.has_value());
    EXPECT_EQ(results[0].verified.resumption, http::Resumption::kRefused);
  }
}

TEST_F(VerifierTest, EqualCredentialsAreVerifiedOnce) {
  for (std::uint32_t request = 1; request <= 10; ++request) {
    Ask(request % 2, request, {{"hashed", "wrong"}});
  }
  EXPECT_THAT(results_, IsEmpty());
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_THAT(RequestsOf(results[0]), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(results[0].askers[1].worker, 0u);
}

TEST_F(VerifierTest, OneThatHasEndedIsNotJoined) {
  Ask(0, 1, {{"hashed", "a b"}});
  Finish();
  Ask(0, 2, {{"hashed", "a b"}});
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_THAT(RequestsOf(results[0]), ElementsAre(2));
}

// The first reading is the same, but one of them has a second: what refutes the one does not refute
// the other.
TEST_F(VerifierTest, OnlyEqualReadingsAreOneVerification) {
  Ask(0, 1, {{"hashed", "a+b"}});
  Ask(0, 2, {{"hashed", "a+b"}, {"hashed", "a b"}});
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(2));
  for (const auto& result : results) {
    const bool both = RequestsOf(result).front() == 2;
    EXPECT_EQ(result.verified.index.has_value(), both);
  }
}

TEST_F(VerifierTest, WhatDoesNotFitIsUnavailableAtOnce) {
  for (std::uint32_t request = 1; request <= 3; ++request) {  // one thread, two that wait
    Ask(0, request, {{"hashed", "wrong " + std::to_string(request)}});
  }
  EXPECT_THAT(results_, IsEmpty());
  Ask(0, 4, {{"hashed", "a b"}});
  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].verified.resumption, http::Resumption::kUnavailable);
  EXPECT_FALSE(results_[0].verified.index.has_value());
  EXPECT_THAT(RequestsOf(results_[0]), ElementsAre(4));
  Ask(0, 5, {{"hashed", "wrong 2"}});  // joins one that waits
  const auto results = Finish();
  EXPECT_THAT(results, SizeIs(4));
  Ask(0, 6, {{"hashed", "a b"}});
  EXPECT_EQ(Finish()[0].verified.index, 0u) << "there is room again";
}

TEST_F(VerifierTest, LimitsChangeForThoseWhoWait) {
  for (std::uint32_t request = 1; request <= 3; ++request) {
    Ask(0, request, {{"hashed", "wrong " + std::to_string(request)}});
  }
  verifier_.SetLimits({.secret_verifications_max = 3, .secret_queue_max = 1});
  Ask(0, 4, {{"hashed", "a b"}});
  EXPECT_THAT(results_, IsEmpty()) << "there is room for a fourth";
  verifier_.SetLimits({.secret_verifications_max = 1, .secret_queue_max = 0});
  Ask(0, 5, {{"hashed", "wrong 5"}});
  EXPECT_THAT(results_, SizeIs(1)) << "not for a fifth";
  EXPECT_THAT(Finish(), SizeIs(5)) << "those who are in stay in";
  Ask(0, 6, {{"hashed", "a b"}});
  EXPECT_EQ(Finish()[0].verified.index, 0u);
}

// Whoever floods from one place leaves room for others.
TEST_F(VerifierTest, AnAddressHasHalfOfThePlaces) {
  constexpr std::uint64_t kFlood = 7;
  for (std::uint32_t request = 1; request <= 3; ++request) {
    Ask(0, request, {{"hashed", "wrong " + std::to_string(request)}}, Verifier::Realm::kClients,
        kFlood);
  }
  ASSERT_THAT(results_, SizeIs(1)) << "of three places it has two";
  EXPECT_THAT(RequestsOf(results_[0]), ElementsAre(3));
  EXPECT_EQ(results_[0].verified.resumption, http::Resumption::kUnavailable);
  Ask(0, 4, {{"hashed", "a b"}});
  EXPECT_THAT(results_, SizeIs(1));
  EXPECT_THAT(Finish(), SizeIs(4));
  Ask(0, 5, {{"hashed", "wrong 3"}}, Verifier::Realm::kClients, kFlood);
  EXPECT_THAT(results_, IsEmpty()) << "there is room again";
  Finish();
}

// Anybody may send wrong secrets to the data plane; the issuer must still get in.
TEST_F(VerifierTest, ClientsDoNotKeepAdminsOut) {
  for (std::uint32_t request = 1; request <= 3; ++request) {
    Ask(0, request, {{"hashed", "wrong " + std::to_string(request)}});
  }
  Ask(0, 4, {{"", "admin"}}, Verifier::Realm::kAdmin);
  EXPECT_THAT(results_, IsEmpty());
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(4));
  const auto admin = std::ranges::find(results, Verifier::Realm::kAdmin, &Verifier::Result::realm);
  ASSERT_NE(admin, results.end());
  EXPECT_EQ(admin->verified.index, 0u);
}

TEST_F(VerifierTest, PlainSecretsNeedNoQueue) {
  for (std::uint32_t request = 1; request <= 3; ++request) {
    Ask(0, request, {{"hashed", "wrong " + std::to_string(request)}});
  }
  Ask(0, 4, {{"plain", "open"}});
  Ask(0, 5, {{"", "shell"}}, Verifier::Realm::kAdmin);
  ASSERT_THAT(results_, SizeIs(2));
  EXPECT_EQ(results_[0].verified.index, 1u);
  EXPECT_EQ(results_[1].verified.index, 1u);
  Finish();
}

TEST_F(VerifierTest, RealmsAreNotMixedUp) {
  Ask(0, 1, {{"", "a b"}}, Verifier::Realm::kAdmin);
  Ask(0, 2, {{"", "admin"}});
  for (const auto& result : Finish()) EXPECT_FALSE(result.verified.index.has_value());
}

// What an older registry said is told as such; what is asked now is asked of the new one.
TEST_F(VerifierTest, ARegistryMayChangeWhileSecretsAreVerified) {
  Ask(0, 1, {{"hashed", "a b"}});
  Config without = Clients();
  without.clients.erase(without.clients.begin());
  verifier_.SetRegistry(std::make_shared<const client::Registry>(without, 8));
  Ask(0, 2, {{"hashed", "a b"}});
  const auto results = Finish();
  ASSERT_THAT(results, SizeIs(2));
  for (const auto& result : results) {
    const bool old = RequestsOf(result).front() == 1;
    EXPECT_EQ(result.verified.generation, old ? 7u : 8u);
    EXPECT_EQ(result.verified.index.has_value(), old);
  }
}

}  // namespace
}  // namespace introspectd::server
