// Limits at their edges: the last size that is fine and the first that is not (contract 2 and 3).
//
// A head's limit may count the line's CRLF or not; the cases stand on the safe side of both.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

constexpr std::size_t kHeadMax = 16 * 1024;
constexpr std::size_t kLineMax = 8 * 1024;
constexpr std::size_t kTargetMax = 2048;
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kOwnHeaders = 4;  // of Request
constexpr std::size_t kBodyMax = 64 * 1024;
constexpr std::size_t kParametersMax = 64;

Request Targeting(std::size_t size, std::string_view method = "POST ") {
  const std::string path = "/introspect?";
  return {.line = std::string(method) + path + std::string(size - path.size(), 'q') + " HTTP/1.1"};
}

// A header line of `size` bytes, its CRLF included.
std::string Field(std::size_t size) { return "X: " + std::string(size - 5, 'x') + "\r\n"; }

// The example, with a head of `size` bytes, the empty line included.
Request Head(std::size_t size) {
  const Request plain;
  const std::size_t own = plain.Bytes().size() - plain.body.size();
  const std::size_t half = (size - own) / 2;
  return {.extra = Field(half) + Field(size - own - half)};
}

// The example with a body of `size` bytes.
std::string Body(std::size_t size) {
  const std::string start = Request{}.body + "&x=";
  return start + std::string(size - start.size(), 'y');
}
Request Chunked(std::size_t size, std::size_t chunk_size) {
  return {.length = std::string(support::kChunked),
          .body = support::InChunks(Body(size), chunk_size)};
}

Request Parameters(std::size_t count) {
  std::string body = Request{}.body;
  for (std::size_t i = 1; i < count; ++i) body += "&p" + std::to_string(i) + "=";
  return {.body = body};
}

}  // namespace

Cases LimitCases() {
  return {
      // Target.
      {"a target of 2,048 bytes", "contract 2", Targeting(kTargetMax), Example()},
      {"a target of 2,049 bytes", "contract 3", Targeting(kTargetMax + 1), Closed(414)},
      {"a target of 2,049 bytes with GET", "contract 3", Targeting(kTargetMax + 1, "GET "),
       Closed(414)},
      {"a target longer than a line", "contract 3", Targeting(kLineMax + 100), Closed(414)},
      {"a target longer than a head", "contract 3", Targeting(kHeadMax + 100), Closed(414)},
      {"a target without end", "contract 3", "POST /" + std::string(3 * kHeadMax, 'a'),
       Closed(414)},

      // Lines, their number, and the head.
      {"a line of 8 KiB", "L01", Request{.extra = Field(kLineMax)}, Example()},
      {"a line of more than 8 KiB", "L01", Request{.extra = Field(kLineMax + 3)}, Closed(431)},
      {"a name of more than 8 KiB", "L01", Request{.extra = std::string(kLineMax, 'n') + ": x\r\n"},
       Closed(431)},
      {"a name of 60 KB", "L01, llhttp 8.1", Request{.extra = std::string(60'000, 'n') + ": x\r\n"},
       Closed(431)},
      {"credentials of more than 8 KiB", "A03",
       Request{.authorization = "Authorization: Basic " + std::string(kLineMax, 'Q') + "\r\n"},
       Closed(431)},
      {"64 headers", "L01", Request{.extra = support::ManyHeaders(kHeadersMax - kOwnHeaders)},
       Example()},
      {"65 headers", "L01", Request{.extra = support::ManyHeaders(kHeadersMax - kOwnHeaders + 1)},
       Closed(431)},
      {"65 headers and a token", "contract 3",
       Request{.extra = support::ManyHeaders(kHeadersMax - kOwnHeaders + 1), .body = "token=x"},
       Closed(431)},
      {"1,000 headers", "L01", Request{.extra = support::ManyHeaders(1000)}, Closed(431)},
      {"a head of 16 KiB", "L01", Head(kHeadMax), Example()},
      {"a head of more than 16 KiB", "L01", Head(kHeadMax + 5), Closed(431)},
      {"a head without end", "L01",
       "POST /introspect HTTP/1.1\r\nHost: a\r\n" + support::ManyHeaders(4000), Closed(431)},
      {"a line without end", "L01",
       "POST /introspect HTTP/1.1\r\nHost: a\r\nX: " + std::string(3 * kHeadMax, 'x'), Closed(431)},

      // Body.
      {"a body of 64 KiB", "L03", Request{.body = Body(kBodyMax)}, Example()},
      {"a body of 64 KiB and 1", "L03", Request{.body = Body(kBodyMax + 1)}, Closed(413)},
      {"a body of 64 KiB and 1 that is only announced", "L03",
       Request{.length = support::ContentLength(kBodyMax + 1), .body = ""}, Closed(413)},
      {"64 KiB in one chunk", "L03", Chunked(kBodyMax, kBodyMax), Example()},
      {"64 KiB in chunks", "L03", Chunked(kBodyMax, 5000), Example()},
      {"64 KiB and 1 in one chunk", "L03", Chunked(kBodyMax + 1, kBodyMax + 1), Closed(413)},
      {"64 KiB and 1 in chunks", "L03", Chunked(kBodyMax + 1, 5000), Closed(413)},
      {"100 KB in chunks", "L03", Chunked(100'000, 8192), Closed(413)},
      {"a chunk over the limit that is only announced", "L03",
       Request{.length = std::string(support::kChunked), .body = "10001\r\n"}, Closed(413)},

      // What a body may hold.
      {"64 parameters", "I07", Parameters(kParametersMax), Example()},
      {"65 parameters", "I07", Parameters(kParametersMax + 1), BadRequest()},
      {"200 parameters", "I07", Parameters(200), BadRequest()},
      {"10,000 parameters of one name", "I07",
       Request{.body =
                   [] {
                     std::string body = "token=x";
                     for (int i = 0; i < 10'000; ++i) body += "&a=b";
                     return body;
                   }()},
       BadRequest()},
      {"10,000 ampersands", "I07", Request{.body = std::string(10'000, '&') + Request{}.body},
       Example()},
      {"a token of 16 KiB", "L04", Request{.body = "token=" + std::string(16 * 1024, 't')},
       Inactive()},
      {"a token of 16 KiB and 1", "L04",
       Request{.body = "token=" + std::string(16 * 1024 + 1, 't')}, Inactive()},
      {"a token that fills the body", "L04",
       Request{.body = "token=" + std::string(kBodyMax - 6, 't')}, Inactive()},
      {"a token of percent-escapes that fills the body", "L04",
       Request{.body =
                   [] {
                     std::string body = "token=";
                     while (body.size() + 3 <= kBodyMax) body += "%74";
                     return body;
                   }()},
       Inactive()},
      {"a scope that fills the body", "contract 4.2",
       Request{.body =
                   [] {
                     std::string body = Request{}.body + "&scope=read";
                     while (body.size() + 5 <= kBodyMax) body += "+read";
                     return body;
                   }()},
       Example()},
  };
}

}  // namespace introspectd::conformance
