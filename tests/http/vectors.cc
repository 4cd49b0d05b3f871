#include "http/vectors.h"

#include <vector>

namespace introspectd::http {

namespace {

using std::string_literals::operator""s;

// A POST to /echo with these header lines, each with its line end, and an empty line.
std::string Post(const std::string& headers) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

constexpr bool kTaken = true;

std::vector<Vector> Make() {
  const Refusal malformed = Refusal::kMalformed;
  return {
      {"CVE-2022-32213: chunked, then identity",
       Post("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n", malformed},
      {"CVE-2022-32213: xchunked", Post("Transfer-Encoding: xchunked\r\n"), malformed},
      {"CVE-2022-32214: LF behind the request line",
       "POST /echo HTTP/1.1\nHost: a\r\nContent-Length: 0\r\n\r\n", malformed, kTaken},
      {"CVE-2022-32214: LF behind a field", Post("X: y\nContent-Length: 0\r\n"), malformed},
      {"CVE-2022-32214: LF as the empty line", "POST /echo HTTP/1.1\r\nHost: a\r\n\n", malformed,
       kTaken},
      {"CVE-2022-32215: Transfer-Encoding over two lines",
       Post("Transfer-Encoding: chunked\r\n , identity\r\n"), malformed},
      {"CVE-2022-32215: Transfer-Encoding folded",
       Post("Transfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n", malformed, kTaken},
      {"CVE-2022-35256: a field that CR ends", Post("X: y\rContent-Length: 0\r\n"), malformed},
      {"CVE-2023-30589: an empty field and CR", Post("X:\rTransfer-Encoding: chunked\r\n"),
       malformed},
      {"CVE-2024-27982: a folded Content-Length", Post("X: y\r\n Content-Length: 31\r\n"),
       malformed, kTaken},
      {"CVE-2024-27982: a blank before Content-Length", Post(" Content-Length: 31\r\n"), malformed,
       kTaken},
      {"a blank before the first field", "POST /echo HTTP/1.1\r\n Content-Length: 31\r\n\r\n",
       malformed},
      {"CVE-2025-23167: CR LF CR X ends the head", "POST /echo HTTP/1.1\r\nHost: a\r\n\r\rX",
       malformed},
      {"an empty field name", Post(": x\r\n"), malformed, kTaken},
      {"an empty Transfer-Encoding", Post("Transfer-Encoding:\r\n"), malformed, kTaken},
      {"a comma, then chunked", Post("Transfer-Encoding: ,chunked\r\n") + "0\r\n\r\n", malformed,
       kTaken},
      {"gzip, then chunked", Post("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", malformed,
       kTaken},
      {"chunked on HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
       malformed, kTaken},
      {"both lengths, chunked last",
       Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", malformed},
      {"both lengths, chunked first",
       Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", malformed},
      {"two equal lengths", Post("Content-Length: 0\r\nContent-Length: 0\r\n"), malformed},
      {"a length with a plus", Post("Content-Length: +0\r\n"), malformed},
      {"an empty length", Post("Content-Length:\r\n"), malformed},
      {"no Host", "POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n", malformed, kTaken},
      {"two Hosts", Post("Host: b\r\nContent-Length: 0\r\n"), malformed, kTaken},
      {"absolute-form", "POST http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n", malformed, kTaken},
      {"two spaces before the target", "POST  /echo HTTP/1.1\r\nHost: a\r\n\r\n", malformed,
       kTaken},
      {"two spaces before the version", "POST /echo  HTTP/1.1\r\nHost: a\r\n\r\n", malformed,
       kTaken},
      {"a space inside a field name", Post("X Y: z\r\n"), malformed},
      {"a space before the colon", Post("Content-Length : 0\r\n"), malformed},
      {"NUL in a value", Post("X: a\0b\r\n"s), malformed},
      {"three empty lines before the request", "\r\n\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n\r\n",
       malformed, kTaken},
      {"HTTP/0.9 without a version", "POST /echo\r\nHost: a\r\n\r\n", malformed, kTaken},
      {"HTTP/2.0", "POST /echo HTTP/2.0\r\nHost: a\r\n\r\n", Refusal::kVersion, kTaken},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::kVersion},
      {"RTSP", "OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n", malformed, kTaken},
  };
}

}  // namespace

std::span<const Vector> SmugglingVectors() {
  static const std::vector<Vector> vectors = Make();
  return vectors;
}

}  // namespace introspectd::http
