// Requests with two faults: the one that the table of contract 3 names first must answer.

#include "conformance/case.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

using support::Basic;
using support::ContentLength;
using support::kChunked;
using support::kGateway;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::size_t kTooMuch = 70'000;

const std::string kManyHeaders = support::ManyHeaders(70);
const std::string kWrongSecret = Basic(kGateway, "wrong");
const std::string kLongTarget = "/" + std::string(3000, 'a');
const std::string kLongLine = "X: " + std::string(9000, 'x') + "\r\n";

Request Wrong(std::string body) { return {.authorization = kWrongSecret, .body = std::move(body)}; }

}  // namespace

Cases OrderCases() {
  return {
      {"framing before version", "contract 3",
       Request{.line = "POST /introspect HTTP/1.2",
               .length = "Content-Length: 28\r\nTransfer-Encoding: chunked\r\n"},
       Malformed()},
      {"a bare CR before version", "contract 3",
       Request{.line = "POST /introspect HTTP/2.0", .extra = "X: a\rb\r\n"}, Malformed()},
      {"framing before the count of headers", "contract 3",
       Request{.extra = kManyHeaders + "X : y\r\n"}, Malformed()},
      {"framing before the length of a line", "contract 3",
       Request{.extra = kLongLine + "X: a\r\n b\r\n"}, Malformed()},
      {"framing before the target's length", "contract 3",
       Request{.line = "POST " + kLongTarget + " HTTP/1.1", .host = ""}, Malformed()},
      {"framing before path", "contract 3", Request{.line = "POST /other HTTP/1.1", .host = ""},
       Malformed()},
      {"framing before method", "contract 3",
       Request{.line = "GET /introspect HTTP/1.1", .length = "Content-Length: x\r\n"}, Malformed()},
      {"framing before media type", "contract 3",
       Request{.type = std::string(kJson), .extra = "no colon\r\n"}, Malformed()},
      {"framing before credentials", "contract 3",
       Request{.authorization = kWrongSecret, .length = "Content-Length: 28, 28\r\n"}, Malformed()},
      {"framing before expectation", "contract 3", Request{.host = "", .extra = "Expect: foo\r\n"},
       Malformed()},
      {"a bad chunk before credentials", "contract 3",
       Request{.authorization = kWrongSecret, .length = std::string(kChunked), .body = "zz\r\n"},
       Malformed()},

      {"version before the count of headers", "contract 3",
       Request{.line = "POST /introspect HTTP/1.2", .extra = kManyHeaders}, Closed(505)},
      {"version before the length of a line", "contract 3",
       Request{.line = "POST /introspect HTTP/1.2", .extra = kLongLine}, Closed(505)},
      {"version before the target's length", "contract 3",
       Request{.line = "POST " + kLongTarget + " HTTP/1.2"}, Closed(505)},
      {"version before path", "contract 3", Request{.line = "POST /other HTTP/2.0"}, Closed(505)},
      {"version before method", "contract 3", Request{.line = "GET /introspect HTTP/1.3"},
       Closed(505)},

      {"the count of headers before path", "contract 3",
       Request{.line = "POST /other HTTP/1.1", .extra = kManyHeaders}, Closed(431)},
      {"the length of a line before method", "contract 3",
       Request{.line = "GET /introspect HTTP/1.1", .extra = kLongLine}, Closed(431)},
      {"the target's length before path", "contract 3",
       Request{.line = "POST " + kLongTarget + " HTTP/1.1"}, Closed(414)},
      {"the count of headers before credentials", "contract 3",
       Request{.authorization = kWrongSecret, .extra = kManyHeaders}, Closed(431)},

      {"path before method", "contract 3", "GET /other HTTP/1.1\r\nHost: a\r\n\r\n", Refused(404)},
      {"path before media type", "contract 3",
       Request{.line = "POST /other HTTP/1.1", .type = std::string(kJson)}, Closed(404)},
      {"path before credentials", "contract 3",
       Request{.line = "POST /other HTTP/1.1", .authorization = kWrongSecret, .body = ""},
       Refused(404)},
      {"path before the body's limit", "contract 3",
       Request{.line = "POST /other HTTP/1.1", .length = ContentLength(kTooMuch)}, Closed(404)},

      {"method before media type", "contract 3",
       Request{.line = "PUT /introspect HTTP/1.1", .type = std::string(kJson)}, Closed(405)},
      {"method before the body's limit", "contract 3",
       Request{.line = "PUT /introspect HTTP/1.1", .length = ContentLength(kTooMuch)}, Closed(405)},
      {"method before credentials", "contract 3",
       Request{.line = "GET /introspect HTTP/1.1", .authorization = "", .body = ""}, Refused(405)},

      {"media type before the body's limit", "contract 3",
       Request{.type = std::string(kJson), .length = ContentLength(kTooMuch)}, Closed(415)},
      {"media type before a broken percent-escape", "contract 3",
       Request{.type = std::string(kJson), .body = "token=%"}, Closed(415)},
      {"media type before credentials", "contract 3",
       Request{.authorization = "", .type = std::string(kJson), .body = ""}, Refused(415)},

      {"the body's limit before credentials", "contract 3",
       Request{.authorization = kWrongSecret, .length = ContentLength(kTooMuch)}, Closed(413)},
      {"the body's limit before a broken percent-escape", "contract 3",
       Request{.body = "token=%" + std::string(kTooMuch, 'a')}, Closed(413)},
      {"the body's limit, in chunks, before credentials", "contract 3",
       Request{.authorization = kWrongSecret,
               .length = std::string(kChunked),
               .body = support::InChunks("token=" + std::string(kTooMuch, 'a'), 9000)},
       Closed(413)},

      {"a broken percent-escape before credentials", "contract 3", Wrong("token=%"), BadRequest()},
      {"a broken percent-escape before no credentials", "contract 3",
       Request{.authorization = "", .body = "token=%zz"}, BadRequest()},
      {"a parameter twice before credentials", "contract 3", Wrong("token=a&token=b"),
       BadRequest()},
      {"an unknown parameter twice before credentials", "contract 3", Wrong("token=a&x=1&x=2"),
       BadRequest()},
      {"too many parameters before credentials", "contract 3", Wrong([] {
         std::string body = "token=x";
         for (int i = 0; i < 70; ++i) body += "&p" + std::to_string(i) + "=";
         return body;
       }()),
       BadRequest()},

      {"credentials before a missing token", "contract 3", Wrong("a=b"), Unauthorized()},
      {"credentials before an empty body", "contract 3", Wrong(""), Unauthorized()},
      {"credentials before a hint", "contract 3", Wrong("token=x&token_type_hint=refresh_token"),
       Unauthorized()},
      {"no credentials before a missing token", "contract 3",
       Request{.authorization = "", .body = ""}, Unauthorized()},
      {"two mechanisms before a missing token", "contract 3",
       Request{.body = "client_id=limited&client_secret=whatever"}, BadRequest()},
  };
}

}  // namespace introspectd::conformance
