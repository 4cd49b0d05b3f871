// Header fields: their syntax, those that may be there once, those that nobody reads.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

Request With(std::string lines) { return {.extra = std::move(lines)}; }
Request WithHost(const std::string& value) { return {.host = "Host: " + value + "\r\n"}; }

// What a smuggler hides behind a header field: a request that must never be answered.
std::string Hidden(std::string_view before) { return std::string(before) + Request{}.Bytes(); }

// The whole head by hand, up to where the headers may be bent.
const std::string kTop = "POST /introspect HTTP/1.1\r\nHost: a\r\n";

}  // namespace

Cases HeaderCases() {
  return {
      // Folded lines.
      {"folded value", "RFC 9112 5.2", With("X: y\r\n z\r\n"), Malformed()},
      {"folded value with a tab", "H11", With("X: y\r\n\tz\r\n"), Malformed()},
      {"length hidden in a fold", "H10, CVE-2024-27982", With("X: y\r\n Content-Length: 40\r\n"),
       Malformed()},
      {"a request hidden behind a folded length", "H10, CVE-2024-27982",
       Hidden(kTop + "X: y\r\n Content-Length: 900\r\n\r\n"), Malformed()},
      {"Transfer-Encoding in a fold", "H11, CVE-2022-32215",
       Hidden(kTop + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), Malformed()},
      {"Transfer-Encoding over two lines", "CVE-2022-32215",
       Hidden(kTop + "Transfer-Encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n"), Malformed()},
      {"Transfer-Encoding in a tab fold", "H11",
       Hidden(kTop + "Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n"), Malformed()},
      {"fold after Host", "H11", WithHost("a\r\n b"), Malformed()},
      {"space before the first field", "RFC 9112 2.2", Request{.host = " Host: a\r\n"},
       Malformed()},
      {"tab before the first field", "Garden 4", Request{.host = "\tHost: a\r\n"}, Malformed()},
      {"a line of one space", "RFC 9112 5.2", With(" \r\n"), Malformed()},
      {"name on one line, colon on the next", "llhttp invalid.md", With("name\r\n : value\r\n"),
       Malformed()},
      {"name over two lines", "Garden 37", With("Transfer-\r\nEncoding: chunked\r\n"), Malformed()},

      // Bare CR and LF.
      {"bare CR in a value", "H13, Garden 34", With("X: a\rb\r\n"), Malformed()},
      {"field behind a bare CR", "H13, Garden 13", With("X: a\rB: c\r\n"), Malformed()},
      {"length behind a bare CR in an empty value", "H13, CVE-2023-30589",
       With("X:\rTransfer-Encoding: chunked\r\n"), Malformed()},
      {"chunked behind a bare CR", "CVE-2022-35256",
       Hidden(kTop + "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Malformed()},
      {"two CRs at the end of a line", "RFC 9112 2.2", With("X: y\r\r\n"), Malformed()},
      {"head ended by CRLF CR and a letter", "H14, Garden 30, CVE-2025-23167", Hidden(kTop + "\rX"),
       Malformed()},
      {"head ended by CRLF CR and a request", "H14, Garden 30",
       kTop + "\rZGET /evil: HTTP/1.1\r\nHost: a\r\n\r\n", Malformed()},
      {"LF after the request line", "H15, CVE-2022-32214",
       Hidden("POST /introspect HTTP/1.1\nHost: a\r\n\r\n"), Malformed()},
      {"LF everywhere", "H15, Garden 16", "POST /introspect HTTP/1.1\nHost: a\n\n"s, Malformed()},
      {"LF at the end of the head", "H15, CVE-2022-32214", Hidden(kTop + "\n"), Malformed()},
      {"LF after a field", "CVE-2022-32214", With("X: y\nZ: w\r\n"), Malformed()},
      {"chunked behind a bare LF", "llhttp invalid.md",
       Hidden(kTop + "x:x\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Malformed()},
      {"two LFs in an empty value", "Garden 19", With("X:\n\nGET / HTTP/1.1\r\n"), Malformed()},
      {"LF in a name", "Garden 14", With("Te\nst: x\r\n"), Malformed()},

      // Control characters in values.
      {"NUL in a value", "RFC 9110 5.5, Garden 2", With("X: a\0b\r\n"s), Malformed()},
      {"NUL at the end of a value", "Garden 43", With("X: a\0\r\n"s), Malformed()},
      {"ESC in a value", "RFC 9110 5.5", With("X: \x1b[2J\r\n"), Malformed()},
      {"vertical tab in a value", "RFC 9110 5.5", With("X: a\vb\r\n"), Malformed()},
      {"DEL in a value", "RFC 9110 5.5", With("X: a\x7f\r\n"), Malformed()},
      {"NUL in Host", "Garden: transducers 12", WithHost("a.example\0.b"s), Malformed()},

      // Names.
      {"empty name", "H18, Garden 18", With(": x\r\n"), Malformed()},
      {"nothing but a colon", "Garden 27", With(":\r\n"), Malformed()},
      {"space in a name", "H18", With("X Y: z\r\n"), Malformed()},
      {"space before the colon", "H18, RFC 9112 5.1", With("X : y\r\n"), Malformed()},
      {"tab before the colon", "RFC 9112 5.1", With("X\t: y\r\n"), Malformed()},
      {"space before the colon of Content-Length", "Garden 3",
       Request{.length = "Content-Length : 28\r\n"}, Malformed()},
      {"space before the colon of Transfer-Encoding", "RFC 9112 5.1",
       Request{.length = "Transfer-Encoding : chunked\r\n", .body = "0\r\n\r\n"}, Malformed()},
      {"NUL in a name", "H18", With("X\0Y: z\r\n"s), Malformed()},
      {"0x80 in a name", "H18, Garden 8", With("X\x80: y\r\n"), Malformed()},
      {"0x85 at the end of Content-Length", "Garden 20",
       Request{.length = "Content-Length\x85: 28\r\n"}, Malformed()},
      {"parenthesis in a name", "H18", With("X(: y\r\n"), Malformed()},
      {"comma in a name", "H18", With("X,Y: z\r\n"), Malformed()},
      {"slash in a name", "H18", With("X/Y: z\r\n"), Malformed()},
      {"at sign in a name", "llhttp invalid.md", With("Fo@: x\r\n"), Malformed()},
      {"quote in a name", "RFC 9110 5.6.2", With("X\"Y: z\r\n"), Malformed()},
      {"line without colon", "H19, Garden 28", With("nonsense\r\n"), Malformed()},
      {"length without colon", "Garden 28", Request{.length = "Content-Length 28\r\n"},
       Malformed()},

      // Host.
      {"no Host", "RFC 9112 3.2", Request{.host = ""}, Malformed()},
      {"no Host on HTTP/1.0", "RFC 9112 3.2",
       Request{.line = "POST /introspect HTTP/1.0", .host = ""}, Example().Closing()},
      {"two Hosts", "RFC 9112 3.2", Request{.host = "Host: a\r\nHost: b\r\n"}, Malformed()},
      {"the same Host twice", "RFC 9112 3.2", Request{.host = "Host: a\r\nhost: a\r\n"},
       Malformed()},
      {"two Hosts on HTTP/1.0", "RFC 9112 3.2",
       Request{.line = "POST /introspect HTTP/1.0", .host = "Host: a\r\nHost: b\r\n"}, Malformed()},
      {"empty Host", "RFC 9112 3.2", WithHost(""), Example()},
      {"Host with a port", "RFC 9110 7.2", WithHost("introspect.example.com:8443"), Example()},
      {"another Host", "contract 2", WithHost("evil.example"), Example()},
      {"Host that is an IPv6 address", "RFC 9110 7.2", WithHost("[::1]:8080"), Example()},
      {"space in Host", "RFC 9112 3.2", WithHost("a b"), Malformed()},
      {"slash in Host", "RFC 9112 3.2", WithHost("a/b"), Malformed()},
      {"user in Host", "RFC 9112 3.2", WithHost("user@a"), Malformed()},
      {"query in Host", "RFC 9112 3.2", WithHost("a?b"), Malformed()},
      {"0xff in Host", "Garden 46", WithHost("\xff"s + "a"), Malformed()},

      // Fields that may be there once.
      {"Content-Type twice", "contract 3", With("content-type: text/plain\r\n"), Malformed()},
      {"the same Content-Type twice", "contract 3", With(std::string(support::kForm)), Malformed()},
      {"Authorization twice", "contract 3", With("authorization: Bearer x\r\n"), Malformed()},
      {"the same Authorization twice", "contract 3",
       With(support::Basic(support::kGateway, support::kGatewaySecret)), Malformed()},
      {"Expect twice", "contract 3", With("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
       Malformed()},

      // Fields that nobody reads, and forms that are fine.
      {"bytes above 0x7f in a value", "H17, RFC 9110 5.5", With("X: caf\xc3\xa9 \x80\xff\r\n"),
       Example()},
      {"a field with every token character", "RFC 9110 5.6.2", With("!#$%&'*+-.^_`|~09azAZ: x\r\n"),
       Example()},
      {"an empty value", "RFC 9110 5.5", With("X:\r\n"), Example()},
      {"a value of blanks", "RFC 9110 5.5", With("X: \t \r\n"), Example()},
      {"no space after the colon", "RFC 9112 5",
       Request{.type = "Content-Type:application/x-www-form-urlencoded\r\n"}, Example()},
      {"blanks around a value", "RFC 9110 5.5",
       Request{.type = "Content-Type: \t application/x-www-form-urlencoded \t\r\n"}, Example()},
      {"names in mixed case", "RFC 9110 5.1",
       Request{.type = "cOnTeNt-TyPe: application/x-www-form-urlencoded\r\n",
               .length = "CONTENT-length: 28\r\n"},
       Example()},
      {"underscores make another field", "RFC 9110 5.1",
       With("Content_Length: 3\r\nTransfer_Encoding: chunked\r\n"), Example()},
      {"colons in a value", "RFC 9110 5.5", With("X: a:b: c\r\n"), Example()},
      {"Accept is ignored", "contract 3", With("Accept: text/html\r\n"), Example()},
      {"Accept of signed answers is ignored", "contract 3",
       With("Accept: application/token-introspection+jwt\r\n"), Example()},
      {"Range is ignored", "RFC 9110 14.2", With("Range: bytes=0-1\r\n"), Example()},
      {"X-Forwarded-For is ignored", "contract 2", With("X-Forwarded-For: 10.0.0.1\r\n"),
       Example()},
      {"a cookie twice", "RFC 6265 5.4", With("Cookie: a=b\r\nCookie: c=d\r\n"), Example()},
      {"TE", "RFC 9110 10.1.4", With("TE: trailers\r\n"), Example()},
  };
}

}  // namespace introspectd::conformance
