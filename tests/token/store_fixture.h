// A small store with short lives, for tests that say what happens to it by hand.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "introspectd/store.h"
#include "token/said.h"
#include "token/sweep.h"
#include "token/writer.h"

namespace introspectd::token {

class StoreFixture : public ::testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'000'000;
  static constexpr std::int64_t kLifetimeMax = 1000;
  static constexpr std::int64_t kLongestLife = kLifetimeMax + 300;
  static constexpr std::string_view kIssuer = "https://server.example.com/";

  Outcome Upsert(std::string_view token, std::uint64_t sequence, const Said& said,
                 UnixSeconds now = kNow) {
    return Do(UpsertOf(TokenDigest::Of(token), sequence, said), now);
  }
  void Revoke(std::string_view token, std::uint64_t sequence, Record::Memory memory,
              UnixSeconds now = kNow) {
    Do(RevokeToken{TokenDigest::Of(token), sequence, memory}, now);
  }
  void Revoke(std::string_view token, UnixSeconds now = kNow) {
    Revoke(token, 1, {.known = false, .end = now + kLongestLife}, now);
  }
  void RevokeJti(std::string_view iss, std::string_view jti, UnixSeconds end,
                 UnixSeconds now = kNow) {
    Do(token::RevokeJti{JtiKey(iss, jti), 1, end}, now);
  }
  void Rule(const RuleMembers& members, UnixSeconds issued_before, UnixSeconds end,
            UnixSeconds now = kNow) {
    Do(AddRule{{RuleKey(members)}, 1, issued_before, end}, now);
  }

  // Stages and makes visible.
  Outcome Do(Update update, UnixSeconds now) {
    const Outcome outcome = writer_.Stage(std::move(update), now);
    writer_.PublishAndSettle();
    return outcome;
  }

  void SweepAll(UnixSeconds now) {
    StageWholeSweep(writer_, now);
    writer_.PublishAndSettle();
  }

  TokenState StateOf(std::string_view token, UnixSeconds now = kNow) {
    reader_.Enter();
    const TokenState state = reader_.Find(TokenDigest::Of(token), now).state;
    reader_.Leave();
    return state;
  }
  std::string AnswerOf(std::string_view token, UnixSeconds now = kNow) {
    reader_.Enter();
    const Store::Finding found = reader_.Find(TokenDigest::Of(token), now);
    const std::string answer(found.state == TokenState::kActive ? found.token.answer() : "none");
    reader_.Leave();
    return answer;
  }

  Store store_{{.issuer = std::string(kIssuer), .token_lifetime_max_s = kLifetimeMax}};
  Writer& writer_ = store_.writer();
  Store::Reader reader_{store_};
};

}  // namespace introspectd::token
