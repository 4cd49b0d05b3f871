#include "config/listen.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::config {
namespace {

ListenAddress Parse(std::string_view text) {
  auto address = ParseListenAddress(text);
  EXPECT_TRUE(address.ok()) << text << ": " << std::string(address.status().message());
  return address.ok() ? *address : ListenAddress{};
}

TEST(ListenTest, ReadsTcpAddresses) {
  const ListenAddress v4 = Parse("192.0.2.1:8080");
  EXPECT_EQ(v4.kind, ListenAddress::Kind::kTcp);
  EXPECT_EQ(v4.host, "192.0.2.1");
  EXPECT_EQ(v4.port, 8080);
  EXPECT_EQ(v4.text, "192.0.2.1:8080");
  EXPECT_EQ(Parse("127.0.0.1:0").port, 0);
  EXPECT_EQ(Parse("[2001:db8::1]:65535").host, "2001:db8::1");
  EXPECT_EQ(Parse("[2001:db8::1]:65535").port, 65535);
}

TEST(ListenTest, GivesHostsInTheirCanonicalSpelling) {
  EXPECT_EQ(Parse("[0:0:0:0:0:0:0:1]:1").host, "::1");
  EXPECT_EQ(Parse("[2001:DB8::0]:1").host, "2001:db8::");
  EXPECT_EQ(Parse("[2001:DB8::0]:1").text, "[2001:DB8::0]:1");
}

TEST(ListenTest, ReadsUnixSockets) {
  const ListenAddress plain = Parse("unix:/run/introspectd.sock");
  EXPECT_EQ(plain.kind, ListenAddress::Kind::kUnix);
  EXPECT_EQ(plain.path, "/run/introspectd.sock");
  EXPECT_EQ(plain.mode, 0660u);
  EXPECT_EQ(Parse("unix:/run/a?mode=0600").path, "/run/a");
  EXPECT_EQ(Parse("unix:/run/a?mode=0600").mode, 0600u);
  EXPECT_EQ(Parse("unix:/run/a?mode=777").mode, 0777u);
  EXPECT_EQ(Parse("unix:/" + std::string(106, 'a')).path.size(), 107u);
}

TEST(ListenTest, ReadsNamesOfSocketsThatArePassedOn) {
  const ListenAddress address = Parse("fd:introspectd.socket");
  EXPECT_EQ(address.kind, ListenAddress::Kind::kFd);
  EXPECT_EQ(address.name, "introspectd.socket");
  EXPECT_EQ(address.text, "fd:introspectd.socket");
  EXPECT_EQ(Parse("fd:" + std::string(255, 'a')).name.size(), 255u);
}

TEST(ListenTest, SaysWhatIsWrongAndWhatIsAllowed) {
  constexpr std::string_view kFdName =
      "the name of a socket that is passed on has 1 to 255 visible ASCII characters, and no colon";
  const struct {
    std::string text;
    std::string_view why;
  } cases[] = {
      {"", "the port is missing"},
      {"127.0.0.1", "the port is missing"},
      {"127.0.0.1:", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:http", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:65536", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:-1", "the port must be a number from 0 to 65535"},
      {":8080", "the host must be an IPv4 address, or an IPv6 address in brackets"},
      {"localhost:8080", "the host must be an IPv4 address, or an IPv6 address in brackets"},
      {"127.0.0.256:80", "the host must be an IPv4 address, or an IPv6 address in brackets"},
      {"::1:8080", "the host must be an IPv4 address, or an IPv6 address in brackets"},
      {"[127.0.0.1]:80", "the host must be an IPv4 address, or an IPv6 address in brackets"},
      {"[::1]", "the port must be a number from 0 to 65535"},
      {"unix:run/a", "the path of the socket must be absolute"},
      {"unix:", "the path of the socket must be absolute"},
      {"unix:/" + std::string(107, 'a'), "the path of a socket has at most 107 bytes"},
      {"unix:/a?mode=", "after \"?\" comes mode= with octal permission bits up to 0777"},
      {"unix:/a?mode=0980", "after \"?\" comes mode= with octal permission bits up to 0777"},
      {"unix:/a?mode=1777", "after \"?\" comes mode= with octal permission bits up to 0777"},
      {"unix:/a?owner=me", "after \"?\" comes mode= with octal permission bits up to 0777"},
      {"fd:", kFdName},
      {"fd:a b", kFdName},
      {"fd:a:b", kFdName},
      {"fd:" + std::string(256, 'a'), kFdName},
  };
  for (const auto& [text, why] : cases) {
    const auto address = ParseListenAddress(text);
    EXPECT_EQ(std::string(address.status().message()),
              "\"" + text + "\": " + std::string(why) +
                  "; allowed: host:port, [v6]:port, unix:/path?mode=0660, fd:NAME");
  }
}

TEST(ListenTest, KnowsWhatStaysOnThisMachine) {
  for (const char* local : {"127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1",
                            "unix:/run/introspectd.sock"}) {
    EXPECT_TRUE(IsLocal(Parse(local))) << local;
  }
  for (const char* reachable : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "12.7.0.1:1", "[::2]:1",
                                "[fe80::1]:1", "[::ffff:10.0.0.1]:1"}) {
    EXPECT_FALSE(IsLocal(Parse(reachable))) << reachable;
  }
}

}  // namespace
}  // namespace introspectd::config
