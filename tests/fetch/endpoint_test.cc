#include "fetch/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace introspectd::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EndpointTest, TakesServersAndUnixSockets) {
  EXPECT_EQ(Endpoint::Parse("http://127.0.0.1:8081")->base, "http://127.0.0.1:8081");
  EXPECT_EQ(Endpoint::Parse("http://127.0.0.1:8081/")->base, "http://127.0.0.1:8081");
  EXPECT_EQ(Endpoint::Parse("http://[::1]:8081")->base, "http://[::1]:8081");
  EXPECT_EQ(Endpoint::Parse("http://node.example/admin/")->base, "http://node.example/admin");
  EXPECT_EQ(Endpoint::Parse("https://node.example:8443")->base, "https://node.example:8443");
  EXPECT_EQ(Endpoint::Parse("http://node.example")->ToString(), "http://node.example");
  EXPECT_EQ(Endpoint::Parse("unix:/run/admin.sock")->socket_path, "/run/admin.sock");
  EXPECT_EQ(Endpoint::Parse("unix:/run/admin.sock")->ToString(), "unix:/run/admin.sock");
}

TEST(EndpointTest, RefusesTheRestAndDoesNotRepeatIt) {
  for (const char* const text :
       {"", "127.0.0.1:8081", "wss://node.example", "ftp://node.example", "unix:admin.sock",
        "http://", "http://user:hunter22@node.example", "http://hunter22@node.example",
        "http://node.example/?token=hunter22", "http://node.example/#hunter22",
        "http://node.example:99999"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_EQ(endpoint.status().code(), absl::StatusCode::kInvalidArgument) << text;
    const std::string message(endpoint.status().message());
    EXPECT_THAT(message, HasSubstr("http[s]://HOST[:PORT][/PREFIX] or unix:/PATH"));
    EXPECT_THAT(message, Not(HasSubstr("hunter22")));
  }
}

}  // namespace
}  // namespace introspectd::fetch
