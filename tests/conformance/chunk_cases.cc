// Chunked bodies: sizes, extensions, ends (RFC 9112 7.1).

#include "conformance/case.h"
#include "fmt/format.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

const std::string kBody = "token=2YotnFZFEjr1zCsicMWpAA";  // 28 = 0x1c bytes

Request Chunks(std::string bytes) {
  return {.length = std::string(support::kChunked), .body = std::move(bytes)};
}
// One chunk whose size line is as given; then the end, as given.
Request Sized(const std::string& size_line, const std::string& end = "0\r\n\r\n") {
  return Chunks(size_line + "\r\n" + kBody + "\r\n" + end);
}
// A chunk of a bad size, the token as its data, and behind it a request that must not be read.
Request BadSize(const std::string& size_line) { return Sized(size_line); }

std::string Extension(std::size_t bytes) { return ";" + std::string(bytes - 1, 'x'); }

}  // namespace

Cases ChunkCases() {
  return {
      // Fine.
      {"two chunks", "RFC 9112 7.1", Chunks(support::InChunks(kBody, 20)), Example()},
      {"a byte a chunk", "RFC 9112 7.1", Chunks(support::InChunks(kBody, 1)), Example()},
      {"three hundred chunks of a byte", "RFC 9112 7.1",
       Chunks(support::InChunks("token=" + std::string(300, 'a'), 1)), Inactive()},
      {"a chunk that cuts a percent-escape", "RFC 9112 7.1",
       Chunks("7\r\ntoken=%\r\n2\r\n32\r\n15\r\nYotnFZFEjr1zCsicMWpAA\r\n0\r\n\r\n"), Example()},
      {"upper-case size", "RFC 9112 7.1", Sized("1C"), Example()},
      {"leading zeros in a size", "RFC 9112 7.1", Sized("000000000000001c"), Example()},
      {"leading zeros in the last size", "RFC 9112 7.1", Sized("1c", "000\r\n\r\n"), Example()},
      {"no chunk but the last", "RFC 9112 7.1", Chunks("0\r\n\r\n"), BadRequest()},
      {"extension without value", "RFC 9112 7.1.1", Sized("1c;a"), Example()},
      {"extension with value", "RFC 9112 7.1.1", Sized("1c;a=b;c=d"), Example()},
      {"extension with quoted value", "RFC 9112 7.1.1", Sized("1c;a=\"b \\\"c\\\"; d\""),
       Example()},
      {"extension at the last chunk", "RFC 9112 7.1.1", Sized("1c", "0;a=b\r\n\r\n"), Example()},
      {"extensions of 200 bytes", "contract 3", Sized("1c" + Extension(200)), Example()},
      {"a request inside a chunk", "RFC 9112 11.2", Chunks(support::InChunks(Request{}.Bytes())),
       BadRequest()},

      // Sizes.
      {"empty size", "H21, Garden 17", BadSize(""), Malformed()},
      {"hexadecimal prefix", "H21, Garden 1", BadSize("0x1c"), Malformed()},
      {"size with a plus", "H21, Garden 25", BadSize("+1c"), Malformed()},
      {"size with a minus", "H21, Garden 25", BadSize("-1c"), Malformed()},
      {"size with an underscore", "H21, Garden 1", BadSize("1_c"), Malformed()},
      {"zero with an underscore hides a size", "H21, Garden 22", BadSize("0_1c"), Malformed()},
      {"space before the size", "H21", BadSize(" 1c"), Malformed()},
      {"space behind the size", "H21", BadSize("1c "), Malformed()},
      {"tab behind the size", "H21", BadSize("1c\t"), Malformed()},
      {"size that is no number", "Garden 47", BadSize("INVALID"), Malformed()},
      {"letters behind the size", "Garden: transducers 7", BadSize("1cthese-bytes"), Malformed()},
      {"size of 17 digits", "H21", BadSize("0000000000000001c"), Malformed()},
      {"size of 42 digits", "H22", BadSize(std::string(40, '0') + "1c"), Malformed()},
      {"size beyond 64 bits", "H21", BadSize("1000000000000001c"), Malformed()},
      {"last size of 17 zeros", "H22", Sized("1c", std::string(17, '0') + "\r\n\r\n"), Malformed()},
      {"the largest size of 64 bits", "contract 3", BadSize("ffffffffffffffff"), Closed(413)},
      {"size of 2^32 and the body's", "contract 3", BadSize("10000001c"), Closed(413)},

      // Line ends.
      {"LF behind the size", "H21", Chunks("1c\n" + kBody + "\r\n0\r\n\r\n"), Malformed()},
      {"CR and a letter behind the size", "H23, Garden 31",
       Chunks("1c\rX" + kBody + "\r\n0\r\n\r\n"), Malformed()},
      {"two CRs behind the size", "Garden 31", Chunks("1c\r\r\n" + kBody + "\r\n0\r\n\r\n"),
       Malformed()},
      {"two letters behind the data", "H23", Chunks("1c\r\n" + kBody + "XX0\r\n\r\n"), Malformed()},
      {"nothing behind the data", "H23", Chunks("1c\r\n" + kBody + "0\r\n\r\n"), Malformed()},
      {"LF behind the data", "Garden: transducers 13", Chunks("1c\r\n" + kBody + "\n0\r\n\r\n"),
       Malformed()},
      {"CR and a letter behind the data", "H23", Chunks("1c\r\n" + kBody + "\rX0\r\n\r\n"),
       Malformed()},
      {"an empty line between chunks", "Garden 17", Chunks("1c\r\n" + kBody + "\r\n\r\n0\r\n\r\n"),
       Malformed()},
      {"LF behind the last size", "H21", Sized("1c", "0\n\r\n"), Malformed()},
      {"LF at the very end", "H26", Sized("1c", "0\r\n\n"), Malformed()},
      {"CR and a letter at the very end", "Garden 31", Sized("1c", "0\r\n\rX"), Malformed()},
      {"two letters at the very end", "Garden 39", Sized("1c", "0\r\nXX\r\n\r\n"), Malformed()},

      // Extensions.
      {"extension without a semicolon", "llhttp transfer-encoding.md", BadSize("1c a=b"),
       Malformed()},
      {"semicolon without an extension", "RFC 9112 7.1.1", BadSize("1c;"), Malformed()},
      {"NUL in an extension", "RFC 9112 7.1.1", BadSize("1c;a\0"s), Malformed()},
      {"bare CR in an extension", "Garden 36", Chunks("1c;a=b\r\rX" + kBody + "\r\n0\r\n\r\n"),
       Malformed()},
      {"bare LF in an extension", "Garden: transducers 13",
       Chunks("1c;a\n" + kBody + "\r\n0\r\n\r\n"), Malformed()},
      {"quoted value that does not end", "llhttp transfer-encoding.md", BadSize("1c;a=\"b"),
       Malformed()},
      {"extensions of 300 bytes", "contract 3", BadSize("1c" + Extension(300)), Malformed()},
      {"extensions of 300 bytes in three chunks", "contract 3, CVE-2024-22019",
       Chunks(fmt::format("1{0}\r\nt\r\n1{0}\r\no\r\n1{0}\r\nk\r\n0\r\n\r\n", Extension(100))),
       Malformed()},
      {"an extension of 50,000 bytes", "CVE-2024-22019", BadSize("1c" + Extension(50'000)),
       Malformed()},
      {"extensions of 300 bytes at the last chunk", "CVE-2024-22019",
       Sized("1c", "0" + Extension(300) + "\r\n\r\n"), Malformed()},
  };
}

Cases TrailerCases() {
  const auto with_trailer = [](const std::string& trailer) {
    return Sized("1c", "0\r\n" + trailer + "\r\n");
  };
  return {
      {"a trailer field", "H25, contract 3", with_trailer("X: y\r\n"), Malformed()},
      {"a trailer that was announced", "H25",
       Request{.extra = "Trailer: X\r\n",
               .length = std::string(support::kChunked),
               .body = "1c\r\n" + kBody + "\r\n0\r\nX: y\r\n\r\n"},
       Malformed()},
      {"an announced trailer that does not come", "RFC 9110 6.6.2",
       Request{.extra = "Trailer: X\r\n",
               .length = std::string(support::kChunked),
               .body = support::InChunks(kBody)},
       Example()},
      {"Content-Length in the trailer", "H25, llhttp 8.1", with_trailer("Content-Length: 5\r\n"),
       Malformed()},
      {"Authorization in the trailer", "H25", with_trailer("Authorization: Basic eDp5\r\n"),
       Malformed()},
      {"Transfer-Encoding in the trailer", "H25", with_trailer("Transfer-Encoding: chunked\r\n"),
       Malformed()},
      {"Connection in the trailer", "H25", with_trailer("Connection: close\r\n"), Malformed()},
      {"a request in the trailer", "Garden 39",
       Sized("1c", "0\r\nX:POST /introspect HTTP/1.1\r\n\r\n"), Malformed()},
      {"the last CRLF is missing", "H26", Sized("1c", "0\r\n" + Request{}.Bytes()), Malformed()},
      {"a trailer without colon", "H25", with_trailer("nonsense\r\n"), Malformed()},
      {"a folded trailer", "H25", with_trailer("X: y\r\n z\r\n"), Malformed()},
      {"a trailer of 60 KB", "H25, L01", with_trailer("X: " + std::string(60'000, 'y') + "\r\n"),
       Malformed()},
  };
}

}  // namespace introspectd::conformance
