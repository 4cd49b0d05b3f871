// A flood of wrong credentials: it is limited, and nobody else notices.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "crypto/secret_hash.h"
#include "fmt/format.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::Basic;

constexpr std::string_view kSecret = "a-secret-that-is-hashed-5Wq";

std::string HashedClient(std::string_view id) {
  const std::string hash = crypto::SecretHash::Make(kSecret, {.scrypt_log2_n = 12}).ToString();
  return support::ClientTable(id, fmt::format("secret_hash = \"{}\"", hash),
                              "audiences = [\"*\"]\nissuers = [\"*\"]");
}

// Ten failures at once of a client from an address, then one a second; a pool of one thread.
ConfigText Config() {
  ConfigText config;
  config.server = "workers = 1";
  config.limits = "auth_failures_per_s = 1\nsecret_verifications_max = 1\nsecret_queue_max = 4";
  config.tables = HashedClient("victim") + HashedClient("newcomer");
  return config;
}

class FailureFloodTest : public testing::Test {
 protected:
  FailureFloodTest() {
    node_.KeepSecret("the hashed secret", kSecret);
    node_.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  int StatusFor(std::string_view id, std::string_view secret,
                const std::string& from = "127.0.0.1") {
    Connection connection = node_.Connect(from);
    connection.Send(Request{.authorization = Basic(id, secret)}.Bytes());
    return connection.Read().status;
  }

  Node node_{Config()};
};

// Rows A02 and A07 of the bad inputs.
TEST_F(FailureFloodTest, WhoeverIsKnownGetsEveryAnswer) {
  ASSERT_EQ(StatusFor("victim", kSecret), 200);
  std::atomic<bool> over{false};
  std::atomic<int> good{0};
  std::atomic<int> asked{0};
  std::thread gateway([&] {
    Connection connection = node_.Connect();
    const std::string request = Request{.authorization = Basic("victim", kSecret)}.Bytes();
    while (!over || asked < 50) {
      connection.Send(request);
      good += connection.Read().body == support::ExampleAnswer() ? 1 : 0;
      ++asked;
    }
  });
  constexpr int kGuesses = 1000;
  int refused = 0;
  int limited = 0;
  Connection flood = node_.Connect();
  for (int i = 0; i < kGuesses; ++i) {
    flood.Send(Request{.authorization = Basic("victim", fmt::format("guess-{}", i))}.Bytes());
    const Response response = flood.Read();
    refused += response.status == 401 ? 1 : 0;
    limited += response.status == 429 && response.Header("retry-after") == "1" ? 1 : 0;
  }
  over = true;
  gateway.join();
  EXPECT_EQ(good, asked);
  EXPECT_EQ(refused + limited, kGuesses);
  EXPECT_GE(refused, 10);
  EXPECT_GE(limited, kGuesses / 2);
  // The pool has room: others are verified for the first time, and so is the victim elsewhere.
  EXPECT_EQ(StatusFor("newcomer", kSecret), 200);
  EXPECT_EQ(StatusFor("victim", kSecret, "127.0.0.2"), 200);
  EXPECT_EQ(StatusFor("victim", "guess", "127.0.0.2"), 401);
}

// Row A16: what is logged of it is one line each, and nothing that was sent. The client may be a
// secret in the wrong place.
TEST_F(FailureFloodTest, AFailureIsOneLineOfTheLog) {
  const auto lines = [this](std::string_view event) {
    const std::string log = node_.process().log();
    int count = 0;
    for (std::size_t at = 0; (at = log.find(event, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  const std::string nasty = "client_id=a%0d%0alevel%3dfatal%1b%5b31m&client_secret=x&token=y";
  ASSERT_EQ(node_.Ask({.authorization = "", .body = nasty}).status, 401);
  ASSERT_EQ(StatusFor("victim", "wrong"), 401);
  ASSERT_EQ(StatusFor(kSecret, "victim"), 401);
  EXPECT_EQ(lines("authentication of an unknown client failed"), 2);
  EXPECT_EQ(lines("client authentication failed"), 1);
  EXPECT_EQ(lines("victim"), 1);
  EXPECT_EQ(lines("level=fatal"), 0);
  EXPECT_EQ(lines("\x1b"), 0);
}

}  // namespace
}  // namespace introspectd::system_test
