// How long the body is: Content-Length, Transfer-Encoding, both, neither; and bodies cut short.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

// The example request, 28 bytes of body, with other length lines; then one that must not be read.
Request Length(const std::string& value) { return {.length = "Content-Length: " + value + "\r\n"}; }
std::string Coded(std::string_view value, std::string_view further = "") {
  const Request request{
      .length = "Transfer-Encoding: " + std::string(value) + "\r\n" + std::string(further),
      .body = support::InChunks(Request{}.body)};
  return request.Bytes();
}

// Everything but the last `missing` bytes.
std::string Short(const Request& request, std::size_t missing) {
  const std::string whole = request.Bytes();
  return whole.substr(0, whole.size() - missing);
}

const Request kChunkedExample = {.length = std::string(support::kChunked),
                                 .body = support::InChunks(Request{}.body)};

}  // namespace

Cases LengthCases() {
  return {
      // Content-Length.
      {"leading zeros", "H05, Garden 32", Length("0028"), Example()},
      {"forty leading zeros", "RFC 9110 8.6", Length(std::string(40, '0') + "28"), Example()},
      {"spaces around the length", "RFC 9110 5.5", Length("  28  "), Example()},
      // Good by RFC 9110 5.5, but llhttp reads it otherwise, and two readings are one too many.
      {"tabs around the length", "contract 3", Length("\t28\t"), Malformed()},
      {"no length, no body", "RFC 9112 6.3", Request{.length = "", .body = ""}, BadRequest()},
      {"zero length", "RFC 9112 6.3", Request{.body = ""}, BadRequest()},
      {"zero length written long", "RFC 9112 6.3",
       Request{.length = "Content-Length: 0000\r\n", .body = ""}, BadRequest()},
      {"length with a plus", "H03, Garden 10", Length("+28"), Malformed()},
      {"length with a minus", "H03, Garden 26", Length("-28"), Malformed()},
      {"negative zero", "H03", Length("-0"), Malformed()},
      {"hexadecimal length", "H03, Garden: transducers 1", Length("0x1c"), Malformed()},
      {"length of two numbers", "H03", Length("2 8"), Malformed()},
      {"empty length", "H03, Garden 16", Length(""), Malformed()},
      {"length with a semicolon", "H03", Length("28;"), Malformed()},
      {"length with a fraction", "RFC 9110 8.6", Length("28.0"), Malformed()},
      {"length with an underscore", "Garden 10", Length("2_8"), Malformed()},
      {"length with a letter behind", "Garden 29", Length("28Z"), Malformed()},
      {"quoted length", "RFC 9110 8.6", Length("\"28\""), Malformed()},
      {"length in Arabic digits", "H03", Length("\xd9\xa2\xd9\xa8"), Malformed()},
      {"length with a no-break space", "Garden 41",
       Length("\xa0"
              "28"),
       Malformed()},
      {"length as a list", "H02, RFC 9110 8.6", Length("28, 28"), Malformed()},
      {"length with a comma behind", "RFC 9110 8.6", Length("28,"), Malformed()},
      {"two equal lengths", "H02", Length("28\r\nContent-Length: 28"), Malformed()},
      {"two different lengths", "H02, Garden 23", Length("28\r\nContent-Length: 0"), Malformed()},
      {"two different lengths, the shorter first", "H02, Garden 33",
       Length("0\r\nContent-Length: 28"), Malformed()},
      {"an empty length and another", "Garden 42", Length("\r\nContent-Length: 28"), Malformed()},
      {"length beyond 64 bits", "RFC 9110 8.6", Length("18446744073709551644"), Closed(413)},
      {"length of 2^63", "RFC 9110 8.6", Length("9223372036854775808"), Closed(413)},
      {"length of 2^32 and the body's", "RFC 9110 8.6", Length("4294967324"), Closed(413)},
      {"length of a hundred digits", "RFC 9110 8.6", Length(std::string(100, '9')), Closed(413)},

      // Transfer-Encoding.
      {"chunked", "RFC 9112 7.1", Coded("chunked"), Example()},
      {"chunked in upper case", "RFC 9112 7", Coded("CHUNKED"), Example()},
      {"spaces around chunked", "RFC 9110 5.5", Coded("  chunked  "), Example()},
      {"tabs around chunked", "contract 3", Coded("\tchunked\t"), Malformed()},
      {"chunked, then identity", "H06, CVE-2022-32213", Coded("chunked, identity"), Malformed()},
      {"xchunked", "H06, CVE-2022-32213", Coded("xchunked"), Malformed()},
      {"chunkedx", "H06", Coded("chunkedx"), Malformed()},
      {"identity", "H06", Coded("identity"), Malformed()},
      {"gzip, then chunked", "contract 3", Coded("gzip, chunked"), Malformed()},
      {"an unknown coding", "H06, Garden 44", Coded("pigeons"), Malformed()},
      {"quoted chunked", "H06", Coded("\"chunked\""), Malformed()},
      {"chunked with a parameter", "H06", Coded("chunked;q=1"), Malformed()},
      {"vertical tab before chunked", "H06", Coded("\vchunked"), Malformed()},
      {"no-break space before chunked", "H06, Garden 12",
       Coded("\xa0"
             "chunked"),
       Malformed()},
      {"bytes above 0x7f around chunked", "Garden 46",
       Coded("\xff"
             "chunked\xff"),
       Malformed()},
      {"NUL behind chunked", "Garden 35", Coded("chunked\0"s), Malformed()},
      {"chunked twice in one line", "RFC 9112 6.1", Coded("chunked, chunked"), Malformed()},
      {"no coding", "H07", Coded(""), Malformed()},
      {"comma before chunked", "H07, Garden 21", Coded(",chunked"), Malformed()},
      {"comma behind chunked", "H07", Coded("chunked,"), Malformed()},
      {"Transfer-Encoding twice", "H07, Garden 11",
       Coded("chunked", "Transfer-Encoding: chunked\r\n"), Malformed()},
      {"an empty and a chunked Transfer-Encoding", "H07",
       Coded("", "Transfer-Encoding: chunked\r\n"), Malformed()},
      {"chunked on HTTP/1.0", "H09, RFC 9112 6.1",
       Request{.line = "POST /introspect HTTP/1.0",
               .extra = "Connection: keep-alive\r\n",
               .length = std::string(support::kChunked),
               .body = support::InChunks(Request{}.body)},
       Malformed()},

      // Both.
      {"Content-Length, then chunked", "H01, RFC 9112 6.3",
       Request{.length = "Content-Length: 38\r\nTransfer-Encoding: chunked\r\n",
               .body = support::InChunks(Request{}.body)},
       Malformed()},
      {"chunked, then Content-Length", "H01", Coded("chunked", "Content-Length: 38\r\n"),
       Malformed()},
      {"chunked and a length that hides a request", "H01",
       Coded("chunked", "Content-Length: 5\r\n") + Request{}.Bytes(), Malformed()},
      {"identity and Content-Length", "H01, llhttp transfer-encoding.md",
       Request{.length = "Transfer-Encoding: identity\r\nContent-Length: 28\r\n"}, Malformed()},
      {"an empty Transfer-Encoding and Content-Length", "H01, H07",
       Request{.length = "Transfer-Encoding:\r\nContent-Length: 28\r\n"}, Malformed()},

      // A request as the body of another must not be read as a request.
      {"a request in a body", "RFC 9112 11.2", Request{.body = Request{}.Bytes()}, BadRequest()},

      // The client ends its side too early.
      {"the end within the request line", "H27", "POST /intro"s, Malformed().OrSilence(),
       kTruncated},
      {"the end within a field", "H27", Short({.body = ""}, 10), Malformed().OrSilence(),
       kTruncated},
      {"the end before the empty line", "H27", Short({.body = ""}, 2), Malformed().OrSilence(),
       kTruncated},
      {"the end within the empty line", "H27", Short({.body = ""}, 1), Malformed().OrSilence(),
       kTruncated},
      {"the end before the body", "H27", Short({}, 28), Malformed().OrSilence(), kTruncated},
      {"the end within the body", "H27", Short({}, 1), Malformed().OrSilence(), kTruncated},
      {"the end within a chunk", "H27", Short(kChunkedExample, 10), Malformed().OrSilence(),
       kTruncated},
      {"the end within the last chunk", "H27", Short(kChunkedExample, 4), Malformed().OrSilence(),
       kTruncated},
      {"the end before the last line", "H27", Short(kChunkedExample, 2), Malformed().OrSilence(),
       kTruncated},
  };
}

}  // namespace introspectd::conformance
