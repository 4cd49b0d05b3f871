// Tokens by their claims, and callers who ask about them.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "introspectd/introspection.h"
#include "introspectd/update.h"

namespace introspectd {

class IntrospectionFixture : public ::testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'700'000'000;
  static constexpr const char* kIssuer = "https://server.example.com/";

  void Line(const std::string& line) {
    const Pusher anybody{.any_issuer = true};
    EXPECT_EQ(updater_.Apply(line, anybody, {.wall_us = kNow * kMicrosPerSecond}), "") << line;
    updater_.Publish();
  }
  // `claims` without braces and exp.
  void Upsert(const std::string& token, const std::string& claims) {
    Line(R"({"op":"upsert","token":")" + token + R"(","claims":{"exp":1700000100)" +
         (claims.empty() ? "" : "," + claims) + "}}");
  }

  Verdict Ask(std::string_view token, const ClientConfig& client, std::string_view scope = "",
              UnixSeconds now = kNow) {
    const Caller caller(client, kIssuer);
    const Store::Visit visit(reader_);
    Verdict verdict =
        introspector_.Ask({.token = TokenDigest::Of(token), .scope = scope}, caller, now);
    body_ = verdict.body;
    verdict.body = body_;
    return verdict;
  }
  std::string Answer(std::string_view token, const ClientConfig& client,
                     std::string_view scope = "") {
    const Verdict verdict = Ask(token, client, scope);
    return verdict.kind == Verdict::Kind::kActive ? std::string(verdict.body) : "not active";
  }
  bool IsActive(std::string_view token, const ClientConfig& client, std::string_view scope = "") {
    return Ask(token, client, scope).kind == Verdict::Kind::kActive;
  }

  Store store_{{.issuer = kIssuer}};
  Updater updater_{store_};
  Store::Reader reader_{store_};
  Introspector introspector_{reader_};
  std::string body_;
  const ClientConfig anybody_{.id = "gateway", .audiences = {"*"}, .issuers = {"*"}};
};

}  // namespace introspectd
