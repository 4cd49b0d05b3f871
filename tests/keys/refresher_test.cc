#include "keys/refresher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "keys/refresher_rig.h"
#include "support/temp_dir.h"

namespace introspectd::keys {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using RefresherTest = RefresherRig;

TEST_F(RefresherTest, FetchesAtOnce) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  EXPECT_EQ(refresher_.known(0).set, nullptr);
  ASSERT_TRUE(UntilRefreshed(1));
  const KnownKeys& known = refresher_.known(0);
  ASSERT_EQ(known.set->keys.size(), 1u);
  EXPECT_EQ(known.set->keys[0].kid, "a");
  EXPECT_EQ(known.asked_us, now_.wall_us);
  EXPECT_EQ(known.stale_at_ms, now_.boot_ms + 86'400'000);
  EXPECT_EQ(known.cooldown_until_ms, now_.boot_ms + 5'000);
  EXPECT_THAT(asked_, IsEmpty()) << "nobody did";
}

TEST_F(RefresherTest, TimesCountFromWhenTheRequestWasSent) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  site.held = true;
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(Until([&] { return site.Asked() == 1; }));
  const Now sent = now_;
  Advance(3000);
  site.held = false;
  ASSERT_TRUE(UntilRefreshed(1));
  EXPECT_EQ(refresher_.known(0).asked_us, sent.wall_us);
  EXPECT_EQ(refresher_.known(0).stale_at_ms, sent.boot_ms + 86'400'000);
  EXPECT_EQ(refresher_.known(0).cooldown_until_ms, sent.boot_ms + 5'000);
}

TEST_F(RefresherTest, RefreshesBeforeTheAnswerIsStale) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA), {"Cache-Control: max-age=100"});
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  site.AnswerKeys(KeyJson("a", kKeyA));
  ExpectNextAfter(site, 80'000);
  site.AnswerKeys(KeyJson("a", kKeyA), {"Cache-Control: no-store"});
  ExpectNextAfter(site, 300'000);
  site.AnswerKeys(KeyJson("a", kKeyA), {"Cache-Control: max-age=999999999"});
  ExpectNextAfter(site, 5'000);
  ExpectNextAfter(site, 12 * 3'600'000);
}

TEST_F(RefresherTest, RefreshesBeforeTheKeysAreTooOld) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  Owner config = OwnerOf(site);
  config.jwks_max_stale_s = 60;
  refresher_.SetOwners({config});
  ASSERT_TRUE(UntilRefreshed(1));
  ExpectNextAfter(site, 48'000);
}

TEST_F(RefresherTest, TheCooldownDoesNotLetTheKeysGetTooOld) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  Owner config = OwnerOf(site);
  config.jwks_max_stale_s = 10;
  config.jwks_cooldown_s = 20;
  refresher_.SetOwners({config});
  ASSERT_TRUE(UntilRefreshed(1));
  ExpectNextAfter(site, 8'000);
}

TEST_F(RefresherTest, AFileIsReadBeforeItsKeysAreTooOld) {
  const support::TempDir directory;
  const std::string path = directory.Write("jwks", SetJson(KeyJson("a", kKeyA))).string();
  refresher_.SetOwners({{.name = "anything", .jwks_file = path, .jwks_max_stale_s = 5}});
  Advance(3'999);
  TurnForAWhile();
  EXPECT_THAT(refreshed_, IsEmpty());
  Advance(1);
  EXPECT_TRUE(UntilRefreshed(1));
}

TEST_F(RefresherTest, TheSameKeysStayTheSameSet) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  const auto first = refresher_.known(0).set;
  site.Answer("/jwks", {.body = "\n" + SetJson(KeyJson("a", kKeyA)) + "\n"});
  Advance(300'000);
  ASSERT_TRUE(UntilRefreshed(2));
  EXPECT_EQ(refresher_.known(0).set, first);
  EXPECT_EQ(refresher_.known(0).asked_us, now_.wall_us);
  EXPECT_EQ(refresher_.known(0).stale_at_ms, now_.boot_ms + 86'400'000);
  site.AnswerKeys(KeyJson("a", kKeyB));
  Advance(300'000);
  ASSERT_TRUE(UntilRefreshed(3));
  EXPECT_NE(refresher_.known(0).set, first);
  EXPECT_EQ(first->keys.size(), 1u) << "whoever holds it may go on";
}

TEST_F(RefresherTest, TenThousandAsksInASecondAreOneFetch) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  Advance(5'000);
  site.AnswerKeys(KeyJson("a", kKeyA) + "," + KeyJson("b", kKeyB));
  for (int i = 0; i < 10'000; ++i) {
    refresher_.Ask(0);
    if (i % 10 == 0) {
      Advance(1);
      Turn();
    }
  }
  ASSERT_TRUE(Until([this] { return !asked_.empty(); }));
  TurnForAWhile();
  EXPECT_EQ(site.Asked(), 2);
  EXPECT_THAT(asked_.front(), Pair(0, true));
  EXPECT_EQ(refreshed_.size(), 2u);
  EXPECT_EQ(refresher_.known(0).set->keys.size(), 2u);
}

TEST_F(RefresherTest, AskWaitsForTheFetchThatIsUnderWay) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  site.held = true;
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(Until([&] { return site.Asked() == 1; }));
  refresher_.Ask(0);
  refresher_.Ask(0);
  TurnForAWhile();
  EXPECT_THAT(asked_, IsEmpty());
  site.held = false;
  ASSERT_TRUE(Until([this] { return !asked_.empty(); }));
  TurnForAWhile();
  EXPECT_THAT(asked_, ElementsAre(Pair(0, true)));
  EXPECT_EQ(site.Asked(), 1);
}

TEST_F(RefresherTest, WithinTheCooldownThereIsNoFetchToBeHad) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  Advance(4'999);
  refresher_.Ask(0);
  EXPECT_THAT(asked_, IsEmpty()) << "never from within Ask";
  ASSERT_TRUE(Until([this] { return !asked_.empty(); }));
  EXPECT_THAT(asked_, ElementsAre(Pair(0, false)));
  EXPECT_EQ(site.Asked(), 1);
  Advance(1);
  refresher_.Ask(0);
  EXPECT_EQ(refresher_.known(0).cooldown_until_ms, now_.boot_ms + 5'000);
  ASSERT_TRUE(Until([this] { return asked_.size() == 2; }));
  EXPECT_THAT(asked_[1], Pair(0, true));
  EXPECT_EQ(site.Asked(), 2);
}

TEST_F(RefresherTest, AFailureKeepsTheLastGoodSetAndBacksOff) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  const KnownKeys good = refresher_.known(0);
  site.Answer("/jwks", {.status = 500});
  ExpectNextAfter(site, 300'000);
  for (const std::int64_t ms : {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000}) {
    ExpectNextAfter(site, ms);
  }
  EXPECT_EQ(refresher_.known(0).set, good.set);
  EXPECT_EQ(refresher_.known(0).asked_us, good.asked_us);
  EXPECT_EQ(refresher_.known(0).stale_at_ms, good.stale_at_ms);
  EXPECT_THAT(Describe(), HasSubstr("it answered 500"));
  EXPECT_EQ(refreshed_.size(), 1u);
  site.AnswerKeys(KeyJson("a", kKeyA));
  ExpectNextAfter(site, 60'000);
  EXPECT_THAT(Describe(), HasSubstr(R"("error":"")"));
  ExpectNextAfter(site, 300'000);
}

TEST_F(RefresherTest, AskIsToldOfAFailure) {
  Site site;
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(Until([this] { return Count("failed") == 1; }));
  Advance(5'000);
  refresher_.Ask(0);
  ASSERT_TRUE(Until([this] { return !asked_.empty(); }));
  EXPECT_THAT(asked_, ElementsAre(Pair(0, false)));
  EXPECT_EQ(refresher_.known(0).set, nullptr);
}

TEST_F(RefresherTest, ASetThatIsRefusedIsAFailure) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  const auto good = refresher_.known(0).set;
  Advance(300'000);
  std::uint64_t failed = 0;
  const std::string with_private =
      R"({"kty":"OKP","crv":"Ed25519","kid":"a","x":")" + std::string(kKeyA) + R"(","d":"AA"})";
  for (const std::string& body : {std::string("<html>"), std::string(), SetJson(""),
                                  SetJson(with_private), std::string(300 << 10, ' ')}) {
    site.Answer("/jwks", {.body = body});
    Advance(60'000);
    ++failed;
    ASSERT_TRUE(Until([&] { return Count("failed") == failed; })) << body.substr(0, 80);
    EXPECT_EQ(refresher_.known(0).set, good);
  }
  EXPECT_EQ(refreshed_.size(), 1u);
}

TEST_F(RefresherTest, FindsTheKeysByTheMetadata) {
  constexpr const char* kOauth = "/.well-known/oauth-authorization-server";
  constexpr const char* kOpenId = "/.well-known/openid-configuration";
  for (const char* place : {kOauth, kOpenId}) {
    Site site;
    refreshed_.clear();
    site.AnswerKeys(KeyJson("a", kKeyA));
    site.AnswerMetadata(place, site.url());
    refresher_.SetOwners({{.name = site.url()}});
    ASSERT_TRUE(UntilRefreshed(1)) << place;
    EXPECT_EQ(site.Asked(kOauth), 1);
    EXPECT_EQ(site.Asked(kOpenId), place == kOpenId ? 1 : 0);
    Advance(300'000);
    ASSERT_TRUE(UntilRefreshed(2));
    EXPECT_EQ(site.Asked(kOauth), 1) << "what was found is kept";
    site.Answer("/jwks", {.status = 404});
    ExpectNextAfter(site, 300'000);
    site.AnswerKeys(KeyJson("a", kKeyA));
    ExpectNextAfter(site, 1'000);
    EXPECT_EQ(site.Asked(kOauth), 2) << "it may have moved";
    // Once an hour, too; when there is none then, the old one is as good as before.
    site.Answer(place, {.status = 503});
    Advance(3'600'000);
    ASSERT_TRUE(UntilRefreshed(4));
    EXPECT_EQ(site.Asked(kOauth), 3);
  }
}

TEST_F(RefresherTest, MetadataOfAnotherIssuerIsNone) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  site.AnswerMetadata("/.well-known/oauth-authorization-server", site.url() + "/");
  site.AnswerMetadata("/.well-known/openid-configuration", "https://server.example.com");
  refresher_.SetOwners({{.name = site.url()}, {.name = "not-a-url"}});
  ASSERT_TRUE(Until([this] { return Describe().find("another issuer") != std::string::npos; }));
  EXPECT_EQ(site.Asked(), 0);
  EXPECT_THAT(Describe(), HasSubstr("the issuer has no metadata"));
}

TEST_F(RefresherTest, ReadsAFileAgain) {
  const support::TempDir directory;
  const std::string path = directory.Write("jwks", SetJson(KeyJson("a", kKeyA))).string();
  const Owner config{.name = "anything", .jwks_file = path};
  refresher_.SetOwners({config});
  const auto first = refresher_.known(0).set;
  ASSERT_NE(first, nullptr) << "it is there at once";
  Advance(10'000);
  ASSERT_TRUE(UntilRefreshed(1));
  EXPECT_EQ(refresher_.known(0).set, first);
  EXPECT_EQ(refresher_.known(0).stale_at_ms, now_.boot_ms + 86'400'000);

  directory.Write("jwks", SetJson(KeyJson("b", kKeyB)));
  Advance(5'000);
  refresher_.Ask(0);
  EXPECT_EQ(refreshed_.size(), 1u) << "never from within Ask";
  ASSERT_TRUE(Until([this] { return !asked_.empty(); }));
  EXPECT_THAT(asked_, ElementsAre(Pair(0, true)));
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "b");

  directory.Write("jwks", SetJson(KeyJson("c", kKeyA)));
  refresher_.SetOwners({config});
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "c") << "no reload is over before";
}

TEST_F(RefresherTest, KeysOfTheConfigurationAreThereAtOnceAndForEver) {
  const Owner client{.name = "gateway", .jwks = SetJson(KeyJson("a", kKeyA)), .is_client = true};
  refresher_.SetOwners({client});
  ASSERT_NE(refresher_.known(0).set, nullptr);
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "a");
  EXPECT_EQ(Describe(), R"([{"client":"gateway","keys":1,"kids":["a"],"age_s":0,)"
                        R"("next_refresh_s":null,"refreshes":{"good":1,"failed":0},"error":""}])");
  const std::int64_t year_ms = 365LL * 86'400'000;
  Advance(year_ms);
  TurnForAWhile();
  EXPECT_THAT(refreshed_, IsEmpty()) << "nothing is read again";
  EXPECT_GT(refresher_.known(0).stale_at_ms, now_.boot_ms);
  EXPECT_GT(refresher_.known(0).cooldown_until_ms, now_.boot_ms) << "nobody need ask";
  EXPECT_GT(refresher_.known(0).asked_us, now_.wall_us) << "no key can have come since";

  Owner changed = client;
  changed.jwks = SetJson(KeyJson("b", kKeyB));
  refresher_.SetOwners({changed});
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "b");
}

TEST_F(RefresherTest, AnIssuerAndAClientOfOneNameAreTwo) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA));
  Owner client = OwnerOf(site);
  client.is_client = true;
  refresher_.SetOwners({OwnerOf(site)});
  ASSERT_TRUE(UntilRefreshed(1));
  refresher_.SetOwners({client});
  EXPECT_EQ(refresher_.known(0).set, nullptr);
  ASSERT_TRUE(UntilRefreshed(2));
  EXPECT_EQ(site.Asked(), 2);
}

TEST_F(RefresherTest, WhatIsNoFileOfKeysHoldsNothingUp) {
  const support::TempDir directory;
  const std::string path = directory.Write("jwks", SetJson(KeyJson("a", kKeyA))).string();
  refresher_.SetOwners({{.name = "anything", .jwks_file = path}});
  const auto good = refresher_.known(0).set;
  ASSERT_NE(good, nullptr);
  const auto expect_failure = [&](const char* why) {
    const std::uint64_t failed = Count("failed");
    Advance(10'000);
    ASSERT_TRUE(Until([&] { return Count("failed") == failed + 1; })) << why;
    EXPECT_THAT(Describe(), HasSubstr(why));
    EXPECT_EQ(refresher_.known(0).set, good);
  };
  std::filesystem::remove(path);
  expect_failure("No such file");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expect_failure("is not a regular file");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  expect_failure("is not a regular file");
  std::filesystem::remove(path);
  directory.Write("jwks", std::string(300 << 10, ' '));
  expect_failure("has more than 262144 bytes");
}

TEST_F(RefresherTest, IssuersThatStayKeepTheirKeys) {
  Site one;
  Site two;
  one.AnswerKeys(KeyJson("a", kKeyA));
  two.AnswerKeys(KeyJson("b", kKeyB));
  refresher_.SetOwners({OwnerOf(one), OwnerOf(two)});
  ASSERT_TRUE(UntilRefreshed(2));
  EXPECT_THAT(refreshed_, UnorderedElementsAre(0, 1));
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "a");
  const KnownKeys kept = refresher_.known(1);

  Owner changed = OwnerOf(two);
  changed.jwks_max_stale_s = 100;
  Owner elsewhere = OwnerOf(one);
  elsewhere.jwks_uri += "?other";
  Advance(1'000);
  refresher_.SetOwners({changed, elsewhere});
  EXPECT_EQ(refresher_.known(0).set, kept.set);
  EXPECT_EQ(refresher_.known(0).asked_us, kept.asked_us);
  EXPECT_EQ(refresher_.known(0).stale_at_ms, now_.boot_ms + 99'000);
  EXPECT_EQ(refresher_.known(1).set, nullptr);
  ASSERT_TRUE(Until([&] { return one.Asked("/jwks?other") == 1; }));
  EXPECT_EQ(two.Asked(), 1);
}

TEST_F(RefresherTest, KeysThatAReloadMakesTooOldAreFetchedAtOnce) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA), {"Cache-Control: max-age=36000"});
  Owner config = OwnerOf(site);
  refresher_.SetOwners({config});
  ASSERT_TRUE(UntilRefreshed(1));
  Advance(100'000);
  config.jwks_max_stale_s = 60;
  refresher_.SetOwners({config});
  ASSERT_TRUE(UntilRefreshed(2));
  EXPECT_EQ(refresher_.known(0).stale_at_ms, now_.boot_ms + 60'000);
}

TEST_F(RefresherTest, FetchesOfOldIssuersAreForgotten) {
  Site one;
  Site two;
  one.AnswerKeys(KeyJson("a", kKeyA));
  two.AnswerKeys(KeyJson("b", kKeyB));
  one.held = true;
  refresher_.SetOwners({OwnerOf(one)});
  ASSERT_TRUE(Until([&] { return one.Asked() == 1; }));
  refresher_.Ask(0);
  refresher_.SetOwners({OwnerOf(two)});
  one.held = false;
  ASSERT_TRUE(UntilRefreshed(1));
  TurnForAWhile();
  EXPECT_EQ(refreshed_.size(), 1u);
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_EQ(refresher_.known(0).set->keys[0].kid, "b");
}

TEST_F(RefresherTest, AFetchMovesWithItsIssuer) {
  Site one;
  Site two;
  one.AnswerKeys(KeyJson("a", kKeyA));
  one.held = true;
  refresher_.SetOwners({OwnerOf(one)});
  ASSERT_TRUE(Until([&] { return one.Asked() == 1; }));
  refresher_.SetOwners({OwnerOf(two), OwnerOf(one)});
  one.held = false;
  ASSERT_TRUE(UntilRefreshed(1));
  EXPECT_THAT(refreshed_, ElementsAre(1));
  EXPECT_EQ(one.Asked(), 1);
}

TEST_F(RefresherTest, WhoIsToldMayChangeTheIssuersOrClose) {
  Site one;
  Site two;
  one.AnswerKeys(KeyJson("a", kKeyA));
  two.AnswerKeys(KeyJson("b", kKeyB));
  on_refreshed_ = [&](std::size_t) {
    if (refreshed_.size() == 1) {
      refresher_.SetOwners({OwnerOf(two)});
    } else {
      refresher_.Close();
    }
  };
  refresher_.SetOwners({OwnerOf(one)});
  refresher_.Ask(0);
  ASSERT_TRUE(UntilRefreshed(2));
  TurnForAWhile();
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RefresherTest, ClosesWithFetchesUnderWay) {
  Site one;
  Site two;
  one.held = two.held = true;
  refresher_.SetOwners({OwnerOf(one), {.name = two.url()}});
  refresher_.Ask(0);
  const char* const metadata = "/.well-known/oauth-authorization-server";
  ASSERT_TRUE(Until([&] { return one.Asked() == 1 && two.Asked(metadata) == 1; }));
  refresher_.Close();
  refresher_.Ask(0);
  refresher_.Tick(now_);
  loop_.Run();
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(refreshed_, IsEmpty());
}

TEST_F(RefresherTest, DescribesItself) {
  Site site;
  site.AnswerKeys(KeyJson("a", kKeyA) + R"(,{"kty":"what","kid":"z"},)" + KeyJson("b", kKeyB));
  refresher_.SetOwners({OwnerOf(site)});
  EXPECT_EQ(Describe(), fmt::format(R"([{{"issuer":"{}","keys":0,"kids":[],"age_s":null,)"
                                    R"("next_refresh_s":0,"refreshes":{{"good":0,"failed":0}},)"
                                    R"("error":""}}])",
                                    site.url()));
  ASSERT_TRUE(UntilRefreshed(1));
  Advance(2'000);
  EXPECT_EQ(Describe(), fmt::format(R"([{{"issuer":"{}","keys":2,"kids":["a","b"],"age_s":2,)"
                                    R"("next_refresh_s":298,"refreshes":{{"good":1,"failed":0}},)"
                                    R"("error":""}}])",
                                    site.url()));
}

}  // namespace
}  // namespace introspectd::keys
