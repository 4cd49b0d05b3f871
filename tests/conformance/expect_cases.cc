// Expect: 100-continue (RFC 9110 10.1.1): asked for before the body, or refused without it.

#include "conformance/case.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

using support::Basic;
using support::kGateway;
using support::kGatewaySecret;

constexpr std::string_view k100 = "Expect: 100-continue\r\n";

Request Expecting(Request request = {}) {
  request.extra += k100;
  return request;
}
Request Expect(const std::string& value) { return {.extra = "Expect: " + value + "\r\n"}; }
Request Chunked(std::string body) {
  return {.length = std::string(support::kChunked), .body = std::move(body)};
}

}  // namespace

Cases ExpectCases() {
  return {
      {"100-continue", "H41", Expecting(), Example().Continuing()},
      {"100-continue in mixed case", "RFC 9110 10.1.1", Expect("100-Continue"),
       Example().Continuing()},
      {"100-continue with a chunked body", "H41",
       Expecting(Chunked(support::InChunks(Request{}.body))), Example().Continuing()},
      {"100-continue and close", "RFC 9110 10.1.1",
       Request{.extra = std::string(k100) + "Connection: close\r\n"},
       Example().Continuing().Closing()},
      {"100-continue with the credentials in the body", "contract 4.1",
       Expecting(
           {.authorization = "",
            .body = "client_id=gateway&client_secret=" + std::string(kGatewaySecret) + "&token=x"}),
       Inactive().Continuing()},
      {"100-continue without credentials", "contract 4.1", Expecting({.authorization = ""}),
       Unauthorized().Continuing()},
      {"100-continue and a broken body", "contract 3", Expecting({.body = "token=%"}),
       BadRequest().Continuing()},
      {"100-continue and a broken chunk", "contract 3", Expecting(Chunked("zz\r\n")),
       Malformed().Continuing()},
      {"100-continue and more than the body may have", "contract 3",
       Expecting(Chunked(support::InChunks("token=" + std::string(65'536, 'a'), 8192))),
       Closed(413).Continuing()},

      // Refused on the head: no 100, and the body is never waited for.
      {"100-continue with a wrong secret", "H42",
       Expecting({.authorization = Basic(kGateway, "wrong")}), Unauthorized().Closing()},
      {"100-continue from an unknown client", "H42",
       Expecting({.authorization = Basic("nobody", kGatewaySecret)}), Unauthorized().Closing()},
      {"100-continue with a wrong secret and a chunked body", "H42",
       Expecting({.authorization = Basic(kGateway, "wrong"),
                  .length = std::string(support::kChunked),
                  .body = support::InChunks(Request{}.body)}),
       Unauthorized().Closing()},
      {"100-continue with a body over the limit", "H42",
       Expecting({.length = support::ContentLength(65'537)}), Closed(413)},
      {"100-continue on another path", "contract 3", Expecting({.line = "POST /other HTTP/1.1"}),
       Closed(404)},
      {"100-continue with another method", "contract 3",
       Expecting({.line = "PUT /introspect HTTP/1.1"}), Closed(405)},
      {"100-continue with another media type", "contract 3",
       Expecting({.type = "Content-Type: application/json\r\n"}), Closed(415)},
      {"100-continue on a malformed head", "contract 3", Expecting({.host = ""}), Malformed()},
      {"100-continue in another version", "contract 3",
       Expecting({.line = "POST /introspect HTTP/1.2"}), Closed(505)},
      {"a refused body that is a request", "H42, 0.CL",
       Expecting({.authorization = Basic(kGateway, "wrong"), .body = Request{}.Bytes()}),
       Unauthorized().Closing()},

      // Other expectations.
      {"another expectation", "H43", Expect("foo"), Closed(417)},
      {"100-continue and another expectation", "RFC 9110 10.1.1", Expect("100-continue, foo"),
       Closed(417)},
      {"words before 100-continue", "Expect desync", Expect("y 100-continue"), Closed(417)},
      {"a value of 100-continue", "RFC 9110 10.1.1", Expect("100-continue=1"), Closed(417)},
      {"a word that begins with 100-continue", "RFC 9110 10.1.1", Expect("100-continued"),
       Closed(417)},
      {"100-continue in a fold", "Expect desync", Request{.extra = "Expect:\r\n 100-continue\r\n"},
       Malformed()},
      {"space before the colon of Expect", "Expect desync",
       Request{.extra = "Expect : 100-continue\r\n"}, Malformed()},

      // HTTP/1.0 knows no expectations.
      {"100-continue on HTTP/1.0", "RFC 9110 10.1.1",
       Expecting({.line = "POST /introspect HTTP/1.0"}), Example().Closing()},
      {"another expectation on HTTP/1.0", "RFC 9110 10.1.1",
       Request{.line = "POST /introspect HTTP/1.0", .extra = "Expect: foo\r\n"},
       Example().Closing()},
  };
}

}  // namespace introspectd::conformance
