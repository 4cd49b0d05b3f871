#include "net/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace introspectd::net {
namespace {

AddressBytes AddressOf(const std::string& text) {
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return BytesOf(v4);
  in6_addr v6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6), 1) << text;
  return BytesOf(v6);
}

bool Contains(std::string_view network, const std::string& address) {
  const auto parsed = Network::Parse(network);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Contains(AddressOf(address));
}

TEST(NetworkTest, ContainsWhatSharesItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("10.32.0.0/11", "10.63.255.255"));
  EXPECT_FALSE(Contains("10.32.0.0/11", "10.64.0.0"));
  EXPECT_TRUE(Contains("fd00::/8", "fdff::1"));
  EXPECT_FALSE(Contains("fd00::/8", "fe00::1"));
  EXPECT_TRUE(Contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(Contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.9"));
}

TEST(NetworkTest, NetworksOfIPv4AndOfIPv6ContainNothingOfEachOther) {
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("2001:db8::/32", "10.0.0.1"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "::ffff:10.0.0.1"));  // an IPv4 address on an IPv6 socket
}

TEST(NetworkTest, RefusesWhatLeavesOpenWhatIsMeant) {
  for (const char* text :
       {"", "10.0.0.0/33", "10.0.0.1/8", "fd00::/129", "fd00::1/8", "10.0.0/8", "10.0.0.0/",
        "10.0.0.0/-1", "10.0.0.0/8/8", "example.com", "[fd00::]/8"}) {
    EXPECT_FALSE(Network::Parse(text).ok()) << text;
  }
}

TEST(NetworkTest, NumbersTellAddressesApartAndNetworksOf64Bits) {
  const auto number = [](const char* text) { return NumberOf(AddressOf(text)); };
  EXPECT_EQ(number("192.0.2.1"), number("192.0.2.1"));
  EXPECT_NE(number("192.0.2.1"), number("192.0.2.2"));
  EXPECT_EQ(number("192.0.2.1"), number("::ffff:192.0.2.1"));
  EXPECT_EQ(number("2001:db8::1"), number("2001:db8:0:0:ffff::2"));
  EXPECT_NE(number("2001:db8::1"), number("2001:db8:0:1::1"));
  EXPECT_NE(number("::1"), 0u);
  EXPECT_NE(number("0.0.0.0"), 0u);
}

}  // namespace
}  // namespace introspectd::net
