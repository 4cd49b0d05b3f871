// Slow hashes of client secrets: verified off the loops, remembered, and never in the way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "crypto/secret_hash.h"
#include "fmt/format.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "text/form.h"

namespace introspectd::system_test {
namespace {

using crypto::SecretHash;
using crypto::SecretHashCost;
using support::Basic;
using support::SteadyClock;

constexpr std::string_view kSecret = "a secret + that is 100% hashed";
constexpr std::string_view kNext = "the-next-secret-in-a-rotation";

std::string Hash(std::string_view secret, const SecretHashCost& cost = {.scrypt_log2_n = 12}) {
  return SecretHash::Make(secret, cost).ToString();
}

std::string HashedClient(std::string_view id, std::string_view hashes) {
  return support::ClientTable(id, fmt::format("secret_hash = {}", hashes),
                              "audiences = [\"*\"]\nissuers = [\"*\"]");
}

// Clients "scrypt", "pbkdf2" and, in the middle of a rotation, "two".
ConfigText Config() {
  const std::string pbkdf2 =
      Hash(kSecret, {.kdf = SecretHashCost::Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 20'000});
  ConfigText config;
  config.tables = HashedClient("scrypt", fmt::format("\"{}\"", Hash(kSecret))) +
                  HashedClient("pbkdf2", fmt::format("\"{}\"", pbkdf2)) +
                  HashedClient("two", fmt::format("[\"{}\", \"{}\"]", Hash(kSecret), Hash(kNext)));
  return config;
}

class SecretTest : public testing::Test {
 protected:
  SecretTest() {
    node_.KeepSecret("the hashed secret", kSecret);
    node_.KeepSecret("the next secret", kNext);
    node_.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  Response AskAs(std::string_view id, std::string_view secret) {
    return node_.Ask({.authorization = Basic(id, secret)});
  }

  Node node_{Config()};
};

TEST_F(SecretTest, HashedSecretsAreAccepted) {
  for (const std::string_view id : {"scrypt", "pbkdf2", "two"}) {
    EXPECT_EQ(AskAs(id, kSecret).body, support::ExampleAnswer()) << id;
    EXPECT_EQ(AskAs(id, kSecret).body, support::ExampleAnswer()) << id << ", remembered";
    EXPECT_EQ(AskAs(id, text::EncodeForm(kSecret)).status, 200) << id << ", form-encoded";
  }
  EXPECT_EQ(AskAs("two", kNext).status, 200);
}

TEST_F(SecretTest, WrongOnesAreNot) {
  const std::string hash = Hash(kSecret);
  for (const std::string_view id : {"scrypt", "pbkdf2", "two", "nobody"}) {
    for (const std::string_view wrong : {std::string_view("wrong"), std::string_view(hash),
                                         kSecret.substr(1), std::string_view("")}) {
      EXPECT_EQ(AskAs(id, wrong).status, 401) << id;
    }
  }
  EXPECT_EQ(AskAs("scrypt", kNext).status, 401);
  EXPECT_EQ(AskAs("scrypt", kSecret).status, 200);
}

TEST_F(SecretTest, PostWorksToo) {
  const std::string body = "client_id=scrypt&client_secret=" + text::EncodeForm(kSecret) +
                           "&token=" + std::string(support::kExampleToken);
  EXPECT_EQ(node_.Ask({.authorization = "", .body = body}).body, support::ExampleAnswer());
  EXPECT_EQ(node_.Ask({.authorization = "", .body = body + "x"}).body, support::kInactive);
  EXPECT_EQ(node_.Ask({.authorization = "", .body = "x=&" + body + "&client_id=a"}).status, 400);
}

// The answer comes late; those behind it must not overtake it.
TEST_F(SecretTest, PipelinedRequestsKeepTheirOrder) {
  const std::string late = Request{.authorization = Basic("scrypt", kSecret)}.Bytes();
  const std::string wrong = Request{.authorization = Basic("scrypt", "wrong")}.Bytes();
  const std::string quick = Request{.body = "token=x"}.Bytes();
  Connection connection = node_.Connect();
  connection.Send(late + quick + wrong + late + quick);
  EXPECT_EQ(connection.Read().body, support::ExampleAnswer());
  EXPECT_EQ(connection.Read().body, support::kInactive);
  EXPECT_EQ(connection.Read().status, 401);
  EXPECT_EQ(connection.Read().body, support::ExampleAnswer());
  EXPECT_EQ(connection.Read().body, support::kInactive);
  EXPECT_TRUE(connection.StaysOpen());
}

TEST_F(SecretTest, RequestsMayBeCutAnywhere) {
  const std::string request = Request{.authorization = Basic("pbkdf2", kSecret)}.Bytes();
  for (std::size_t cut = 1; cut < request.size(); cut += 7) {
    Connection connection = node_.Connect();
    connection.Send(request.substr(0, cut));
    std::this_thread::sleep_for(support::milliseconds(1));
    connection.Send(request.substr(cut));
    ASSERT_EQ(connection.Read().body, support::ExampleAnswer()) << cut;
  }
}

TEST_F(SecretTest, AClientThatHasSaidEverythingGetsItsLateAnswers) {
  const std::string late = Request{.authorization = Basic("scrypt", kSecret)}.Bytes();
  Connection connection = node_.Connect();
  connection.Send(late + late);
  connection.ShutdownSending();
  EXPECT_EQ(connection.Read().body, support::ExampleAnswer());
  EXPECT_EQ(connection.Read().body, support::ExampleAnswer());
  EXPECT_TRUE(connection.EndsSilently());
}

TEST_F(SecretTest, AClientThatGoesAwayHarmsNobody) {
  for (int i = 0; i < 50; ++i) {
    Connection connection = node_.Connect();
    connection.Send(Request{.authorization = Basic("scrypt", fmt::format("guess-{}", i))}.Bytes());
  }
  // Its first request on a worker may find the pool full of guesses, and then be told so.
  EXPECT_TRUE(support::WaitUntil([&] { return node_.Ask({}).body == support::ExampleAnswer(); },
                                 support::seconds(20)));
}

TEST_F(SecretTest, AHashedAdminTokenWorks) {
  const std::string token = "a-hashed-admin-token-8Wq";
  ConfigText config;
  config.tables = fmt::format(
      "[[admin.tokens]]\nname = \"hashed\"\ntoken_hash = \"{}\"\nscopes = [\"status\"]\n",
      Hash(token));
  Node node(config);
  node.KeepSecret("the hashed admin token", token);
  EXPECT_EQ(node.AdminAs(token).Get("/v1/status").status, 200);
  EXPECT_EQ(node.AdminAs(token).Get("/v1/status").status, 200);
  EXPECT_EQ(node.AdminAs(token + "x").Get("/v1/status").status, 401);
}

TEST(SlowSecretTest, GuessesDelayNobodyElse) {
  ConfigText config;
  config.tables = HashedClient("slow", fmt::format("\"{}\"", Hash(kSecret, {.scrypt_log2_n = 15})));
  config.server = "workers = 1";
  config.limits = "secret_queue_max = 4\nsecret_verifications_max = 1\npending_ms_max = 20000";
  Node node(config);
  node.KeepSecret("the hashed secret", kSecret);

  EXPECT_EQ(node.Ask({.body = "token=x"}).body, support::kInactive);  // remembered from here on

  // More guesses than the pool and its queue hold: the rest are told so at once (A07). One address
  // gets half of the places.
  std::vector<Connection> guesses;
  for (int i = 0; i < 12; ++i) {
    guesses.push_back(node.Connect(i % 2 == 0 ? "127.0.0.2" : "127.0.0.3"));
    guesses.back().SetDeadline(support::seconds(30));
    guesses.back().Send(
        Request{.authorization = Basic("slow", fmt::format("guess-number-{}", i))}.Bytes());
  }
  const auto begin = SteadyClock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(node.Ask({.body = "token=x"}).body, support::kInactive);
  }
  EXPECT_LT(SteadyClock::now() - begin, support::seconds(2));
  int refused = 0;
  int unavailable = 0;
  for (Connection& guess : guesses) {
    const Response response = guess.Read();
    refused += response.status == 401;
    unavailable += response.status == 503 && response.Header("retry-after").has_value();
  }
  EXPECT_EQ(refused + unavailable, 12);
  EXPECT_GE(refused, 4);
  EXPECT_GE(unavailable, 1);
}

}  // namespace
}  // namespace introspectd::system_test
