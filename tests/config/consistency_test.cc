#include "config/consistency.h"

#include <gtest/gtest.h>

#include "config/sample.h"

namespace introspectd::config {
namespace {

std::string Listening(std::string_view server, std::string_view admin, std::string_view more = "") {
  return Join("[server]\nlisten = [", server, "]\n", more, "[admin]\nlisten = [", admin, "]\n",
              kMinimal);
}

TEST(ConsistencyTest, RefusesAnAddressTwice) {
  EXPECT_EQ(ErrorOf(Listening(R"("127.0.0.1:80")", R"("127.0.0.1:80")")),
            "gateway.toml:4: admin.listen[0]: \"127.0.0.1:80\" is the address of server.listen[0] "
            "already");
  EXPECT_EQ(ErrorOf(Listening("\"[::1]:80\",\n\"[0::1]:80\"", R"("127.0.0.1:81")")),
            "gateway.toml:3: server.listen[1]: \"[0::1]:80\" is the address of server.listen[0] "
            "already");
  EXPECT_EQ(ErrorOf(Listening(R"("unix:/a")", R"("unix:/a?mode=0600")")),
            "gateway.toml:4: admin.listen[0]: \"unix:/a?mode=0600\" is the address of "
            "server.listen[0] already");
  // The default of one plane may be the choice of the other.
  EXPECT_EQ(ErrorOf(Join("[server]\nlisten = [\"127.0.0.1:8081\"]\n", kMinimal)),
            "gateway.toml: admin.listen[0]: \"127.0.0.1:8081\" is the address of server.listen[0] "
            "already");
}

TEST(ConsistencyTest, AllowsAnyFreePortTwice) {
  EXPECT_EQ(ErrorOf(Listening(R"("127.0.0.1:0", "127.0.0.1:0")", R"("127.0.0.1:0")")), "");
  EXPECT_EQ(ErrorOf(Listening(R"("127.0.0.1:80", "[::1]:80")", R"("127.0.0.2:80")")), "");
}

// Whether it is local only shows when it is there.
TEST(ConsistencyTest, TakesASocketThatIsPassedOnAtItsWord) {
  EXPECT_EQ(ErrorOf(Listening(R"("fd:data")", R"("fd:admin")")), "");
  EXPECT_EQ(ErrorOf(Listening(R"("fd:data")", R"("fd:data")")),
            "gateway.toml:4: admin.listen[0]: \"fd:data\" is the address of server.listen[0] "
            "already");
}

TEST(ConsistencyTest, NeedsConsentForPlaintextOnTheNetwork) {
  constexpr std::string_view kRest =
      "would take secrets and tokens from the network without TLS; allowed: a loopback address, a "
      "unix socket, or anything with server.plaintext = true";
  EXPECT_EQ(ErrorOf(Listening(R"("0.0.0.0:80")", R"("127.0.0.1:81")")),
            Join("gateway.toml:2: server.listen[0]: \"0.0.0.0:80\" ", kRest));
  EXPECT_EQ(ErrorOf(Listening(R"("unix:/a")", R"("127.0.0.1:81", "[::]:82")")),
            Join("gateway.toml:4: admin.listen[1]: \"[::]:82\" ", kRest));
  EXPECT_EQ(ErrorOf(Listening(R"("0.0.0.0:80")", R"("[::]:82")", "plaintext = true\n")), "");
}

TEST(ConsistencyTest, RefusesNamesTwice) {
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, kClient)),
            "gateway.toml:8: clients[1].id: \"gateway\" is the id of clients[0] already");
  EXPECT_EQ(ErrorOf(Join(kMinimal, kAdminToken,
                         "[[admin.tokens]]\nname = \"issuer\"\ntoken = \"another\"\n"
                         "scopes = [\"sync\"]\n")),
            "gateway.toml:8: admin.tokens[1].name: \"issuer\" is the name of admin.tokens[0] "
            "already");
}

TEST(ConsistencyTest, RefusesOneAdminTokenForTwoNames) {
  EXPECT_EQ(ErrorOf(Join(kMinimal, kAdminToken, "[[admin.tokens]]\nname = \"b\"\ntoken = \"",
                         kToken, "\"\nscopes = [\"sync\"]\n")),
            "gateway.toml:7: admin.tokens[1]: is the same token as admin.tokens[0]; every one "
            "needs its own");
}

TEST(ConsistencyTest, AllStandsAlone) {
  constexpr std::string_view kRest =
      "\"*\" must stand alone; allowed: [\"*\"], or names without it";
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, "issuers = [\"*\", \"https://a.example/\"]\n")),
            Join("gateway.toml:7: clients[0].issuers: ", kRest));
  EXPECT_EQ(ErrorOf(Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret = \"", kSampleSecret,
                         "\"\naudiences = [\"b\", \"*\"]\n")),
            Join("gateway.toml:6: clients[0].audiences: ", kRest));
  EXPECT_EQ(ErrorOf(Join(kMinimal, kAdminToken, "issuers = [\"*\", \"*\"]\n")),
            Join("gateway.toml:7: admin.tokens[0].issuers: ", kRest));
}

UnknownToken UnknownTokenOf(std::string_view toml) {
  const Config config = Load(toml);
  return config.clients.empty() ? UnknownToken{} : config.clients[0].unknown_token;
}

TEST(ConsistencyTest, ClientsInheritWhatTheyDoNotOverride) {
  const std::string base = Join(kMinimal,
                                "unknown_token = \"error\"\n"
                                "unsupported_hint = \"ignore\"\n",
                                kClient);
  const std::string all = Join(base, "issuers = [\"*\"]\n");
  EXPECT_EQ(UnknownTokenOf(all), UnknownToken::kError);
  EXPECT_EQ(UnknownTokenOf(Join(all, "unknown_token = \"inactive\"\n")), UnknownToken::kInactive);
  EXPECT_EQ(Load(all).clients[0].unsupported_hint, UnsupportedHint::kIgnore);
  EXPECT_EQ(Load(Join(all, "unsupported_hint = \"reject\"\n")).clients[0].unsupported_hint,
            UnsupportedHint::kReject);
  // [] is one issuer only: a limited client.
  EXPECT_EQ(UnknownTokenOf(base), UnknownToken::kInactive);
  EXPECT_EQ(
      UnknownTokenOf(Join(kMinimal, kClient, "issuers = [\"*\"]\nunknown_token = \"error\"\n")),
      UnknownToken::kError);
}

TEST(ConsistencyTest, LimitedClientsCannotAskForErrors) {
  constexpr std::string_view kRest =
      "\"error\" needs audiences = [\"*\"] and issuers = [\"*\"]: others would learn which tokens "
      "exist; allowed here: inactive";
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, "unknown_token = \"error\"\n")),
            Join("gateway.toml:7: clients[0].unknown_token: ", kRest));
  EXPECT_EQ(
      ErrorOf(Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret = \"", kSampleSecret,
                   "\"\naudiences = [\"b\"]\nissuers = [\"*\"]\nunknown_token = \"error\"\n")),
      Join("gateway.toml:8: clients[0].unknown_token: ", kRest));
}

TEST(ConsistencyTest, LimitsFitIntoEachOther) {
  const auto limits = [](std::string_view keys) { return ErrorOf(Join(kMinimal, keys)); };
  EXPECT_EQ(limits("[limits]\nheader_line_bytes_max = 20000\n"),
            "gateway.toml:4: limits.header_line_bytes_max: 20000 does not fit in "
            "limits.head_bytes_max, 16384; allowed: up to 16384");
  EXPECT_EQ(limits("[limits]\nheader_line_bytes_max = 16384\n"), "");
  EXPECT_EQ(limits("[limits.admin]\ntarget_bytes_max = 16384\n"),
            "gateway.toml:4: limits.admin.target_bytes_max: 16384 does not fit in "
            "limits.admin.head_bytes_max, 16384; allowed: up to 16383");
  EXPECT_EQ(limits("[limits]\ntarget_bytes_max = 16383\n"), "");
  EXPECT_EQ(limits("[limits]\nupdate_batch_bytes_max = 4096\n"),
            "gateway.toml:4: limits.update_batch_bytes_max: 4096 leaves no room for "
            "limits.update_line_bytes_max, 16384; allowed: 16384 or more");
  // The bound is what was given: the limit that it meets is a default.
  EXPECT_EQ(limits("[limits]\nconnections_max = 10\n"),
            "gateway.toml:4: limits.connections_max: 10 leaves no room for "
            "limits.connections_per_address_max, 2000; allowed: 2000 or more");
  EXPECT_EQ(limits("[limits]\nconnections_max = 10\nconnections_per_address_max = 10\n"), "");
}

TEST(ConsistencyTest, ThePathFitsIntoATarget) {
  EXPECT_EQ(ErrorOf(Join("[server]\npath = \"/a-path-of-this-length\"\n", kMinimal,
                         "[limits]\ntarget_bytes_max = 16\n")),
            "gateway.toml:2: server.path: is longer than limits.target_bytes_max, 16 bytes");
}

}  // namespace
}  // namespace introspectd::config
