#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace introspectd::net {
namespace {

using Step = ProxyHeader::Step;
using std::string_literals::operator""s;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kTcp4 = "\xC0\0\2\1\xC0\0\2\x9\xDC\4\1\xBB"s;  // 192.0.2.1 → 192.0.2.9
const std::string kAll = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

std::string Tcp6() {
  std::string addresses(32, '\0');
  addresses.replace(0, 4, "\x20\1\x0d\xb8"s);
  addresses[15] = 7;
  return addresses + "\xDC\4\1\xBB"s;
}

std::string Version2(char command, char family, const std::string& rest) {
  const auto size = static_cast<std::uint16_t>(rest.size());
  return kSignature + command + family + static_cast<char>(size >> 8) +
         static_cast<char>(size & 0xff) + rest;
}

std::string Extra(char type, const std::string& value) {
  return type +
         std::string{static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xff)} +
         value;
}

// A good header with a checksum, between two other extras.
std::string Checked() {
  std::string header =
      Version2('\x21', '\x11', kTcp4 + Extra(4, "pad") + Extra(3, "\0\0\0\0"s) + Extra(5, "id"));
  const std::uint32_t crc = Crc32c(0, header);
  const std::size_t at = 16 + 12 + 6 + 3;
  for (std::size_t i = 0; i < 4; ++i) header[at + i] = static_cast<char>(crc >> (24 - 8 * i));
  return header;
}

// "192.0.2.1", "2001:db8::7", or "" for nobody.
std::string Spoken(const std::optional<AddressBytes>& source) {
  if (!source) return "";
  std::string text(INET6_ADDRSTRLEN, '\0');
  inet_ntop(AF_INET6, source->data(), text.data(), INET6_ADDRSTRLEN);
  text.resize(text.find('\0'));
  return text.starts_with("::ffff:") ? text.substr(7) : text;
}

struct Good {
  std::string header, source;
};

std::vector<Good> GoodHeaders() {
  std::vector<Good> good{
      {"PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n", "192.0.2.1"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0"},
      {"PROXY TCP6 2001:DB8::7 ::1 1 2\r\n", "2001:db8::7"},
      {"PROXY TCP6 " + kAll + " " + kAll + " 65535 65535\r\n", kAll},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"},
      {"PROXY UNKNOWN\r\n", ""},
      {"PROXY UNKNOWN " + kAll + " " + kAll + " 65535 65535\r\n", ""},
      {"PROXY UNKNOWN \x80 whatever\r\n", ""},
      {Version2('\x20', '\x00', ""), ""},
      {Version2('\x20', '\x7f', "whatever"), ""},
      {Version2('\x21', '\x00', ""), ""},
      {Version2('\x21', '\x00', "whatever"), ""},
      {Version2('\x21', '\x11', kTcp4), "192.0.2.1"},
      {Version2('\x21', '\x11', kTcp4 + Extra(1, "h2") + Extra(2, "")), "192.0.2.1"},
      {Version2('\x21', '\x11', kTcp4 + Extra(4, std::string(2048 - 12 - 3, 'x'))), "192.0.2.1"},
      {Version2('\x21', '\x21', Tcp6()), "2001:db8::7"},
      {Version2('\x21', '\x31', std::string(216, 'x')), ""},
      {Checked(), "192.0.2.1"},
  };
  return good;
}

std::vector<std::string> BadHeaders() {
  std::string wrong_sum = Checked();
  wrong_sum.back() = 'D';
  return {
      // not even the beginning of one
      "GET / HTTP/1.1\r\n",
      "\r\n\r\nGET",
      "\x16\x03\x01",
      "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY\r\n",
      "PROXY \r\n",
      "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
      // the words
      "PROXY TCP 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP44 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY UNKNOWNS\r\n",
      "PROXY unknown\r\n",
      // addresses
      "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4\0x 1.2.3.4 1 2\r\n"s,
      "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP6 [::1] ::1 1 2\r\n",
      "PROXY TCP6 ::1%lo ::1 1 2\r\n",
      "PROXY TCP4 1.2.3.4 x 1 2\r\n",
      // ports
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1  2\r\n",
      "PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n",
      // the end of the line
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx\n",
      "PROXY UNKNOWN " + std::string(200, 'x'),
      "PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n",  // 108 bytes
      // version 2
      Version2('\x11', '\x11', kTcp4),
      Version2('\x22', '\x11', kTcp4),
      Version2('\x21', '\x12', kTcp4),
      Version2('\x21', '\x41', kTcp4),
      Version2('\x21', '\x11', kTcp4.substr(1)),
      Version2('\x21', '\x21', kTcp4),
      Version2('\x21', '\x31', std::string(215, 'x')),
      Version2('\x21', '\x11', kTcp4 + "\4"),
      Version2('\x21', '\x11', kTcp4 + "\4\0\2x"s),
      Version2('\x21', '\x11', kTcp4 + Extra(3, "\0\0\0"s)),
      Version2('\x21', '\x11', kTcp4 + Extra(3, "\0\0\0\0"s)),
      Version2('\x20', '\x00', std::string(2049, 'x')),
      wrong_sum,
  };
}

TEST(ProxyHeaderTest, EndsWhereItEndsHoweverTheBytesCome) {
  for (const auto& [header, source] : GoodHeaders()) {
    SCOPED_TRACE(testing::PrintToString(header));
    for (std::size_t size = 0; size < header.size(); ++size) {
      EXPECT_EQ(ReadProxyHeader(header.substr(0, size)).step, Step::kNeedMore) << size;
    }
    for (const std::string behind : {"", "G", "GET / HTTP/1.1\r\n\r\n", "\0\0"}) {
      const ProxyHeader read = ReadProxyHeader(header + behind);
      EXPECT_EQ(read.step, Step::kDone);
      EXPECT_EQ(read.size, header.size());
      EXPECT_EQ(Spoken(read.source), source);
    }
  }
}

// Once it is malformed it stays so, and until then more is asked for.
TEST(ProxyHeaderTest, RefusesWhatIsNotWrittenAsItMustBe) {
  for (const std::string& header : BadHeaders()) {
    SCOPED_TRACE(testing::PrintToString(header));
    bool malformed = false;
    for (std::size_t size = 0; size <= header.size(); ++size) {
      const Step step = ReadProxyHeader(header.substr(0, size)).step;
      EXPECT_EQ(step, malformed || step == Step::kMalformed ? Step::kMalformed : Step::kNeedMore);
      malformed |= step == Step::kMalformed;
    }
    EXPECT_TRUE(malformed);
    EXPECT_EQ(ReadProxyHeader(header + "GET / HTTP/1.1\r\n\r\n").step, Step::kMalformed);
  }
}

TEST(ProxyHeaderTest, NoBitOfACheckedHeaderMayBeAnother) {
  const std::string header = Checked();
  for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
    std::string other = header;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
    const ProxyHeader read = ReadProxyHeader(other);
    // Other types of extras are not known, and the command LOCAL says nothing of anybody.
    const bool other_type = bit / 8 == 34;
    EXPECT_FALSE(read.step == Step::kDone && read.source && !other_type) << bit;
  }
}

TEST(ProxyHeaderTest, ChecksumsAreThoseOfTheRfc) {  // RFC 3720 B.4
  EXPECT_EQ(Crc32c(0, std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Crc32c(0, "1234"), "56789"), 0xe3069283u);
}

}  // namespace
}  // namespace introspectd::net
