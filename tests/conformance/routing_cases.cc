// What the head decides once it is well formed: path, method, media type.
//
// A request without a body that is refused here keeps its connection; one that announces a body
// is answered at once, and the connection ends, since nobody waits for that body.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

using support::ContentLength;
using support::kChunked;

// llhttp is not asked about a method that it may not know, so nothing is read behind it.
Expectation UnknownMethod() { return Closed(405); }

// Without Content-Type and body.
Request Bare(const std::string& line) {
  return {.line = line + " HTTP/1.1", .type = "", .length = "", .body = ""};
}
Request WithBody(const std::string& line) { return {.line = line + " HTTP/1.1"}; }
Request OfType(const std::string& type) { return {.type = "Content-Type: " + type + "\r\n"}; }

}  // namespace

Cases RoutingCases() {
  return {
      // Other paths.
      {"GET /", "contract 3", Bare("GET /"), Refused(404)},
      {"POST / with a body", "contract 3", WithBody("POST /"), Closed(404)},
      {"POST to another path, empty body", "contract 3",
       Request{.line = "POST /other HTTP/1.1", .body = ""}, Refused(404)},
      {"POST to another path, chunked", "contract 3",
       Request{.line = "POST /other HTTP/1.1",
               .length = std::string(kChunked),
               .body = support::InChunks("token=x")},
       Closed(404)},
      {"slash at the end", "I11", Bare("POST /introspect/"), Refused(404)},
      {"two slashes", "I11", Bare("POST //introspect"), Refused(404)},
      {"encoded slash at the end", "I11", Bare("POST /introspect%2f"), Refused(404)},
      {"dots at the front", "I11", Bare("POST /../introspect"), Refused(404)},
      {"dots that lead back", "I11", Bare("POST /x/../introspect"), Refused(404)},
      {"one dot", "I11", Bare("POST /./introspect"), Refused(404)},
      {"upper case", "RFC 9110 4.2.3", Bare("POST /INTROSPECT"), Refused(404)},
      {"path parameter", "I11", Bare("POST /introspect;a=b"), Refused(404)},
      {"a longer path", "contract 3", Bare("POST /introspection"), Refused(404)},
      {"a shorter path", "contract 3", Bare("POST /introspec"), Refused(404)},
      {"the path in a query", "contract 3", Bare("POST /?/introspect"), Refused(404)},
      {"the control plane's tokens", "I11, contract 6", Bare("GET /v1/tokens"), Refused(404)},
      {"a push on the data plane", "I11, contract 6", WithBody("POST /v1/tokens"), Closed(404)},
      {"the control plane's status", "I11, contract 6", Bare("GET /v1/status"), Refused(404)},
      {"the control plane's metrics", "I11, contract 6", Bare("GET /metrics"), Refused(404)},
      {"HEAD on another path", "RFC 9110 9.3.2", Bare("HEAD /other"), Refused(404)},

      // The query is never read.
      {"a query", "contract 3", WithBody("POST /introspect?a=b"), Example()},
      {"an empty query", "contract 3", WithBody("POST /introspect?"), Example()},
      {"another token in the query", "contract 3, RFC 7662 2.1",
       WithBody("POST /introspect?token=other&token_type_hint=refresh_token"), Example()},
      {"a token in the query alone", "RFC 7662 2.1",
       Request{.line = "POST /introspect?token=2YotnFZFEjr1zCsicMWpAA HTTP/1.1", .body = ""},
       BadRequest()},
      {"a broken percent-escape in the query", "contract 3", WithBody("POST /introspect?%zz%"),
       Example()},
      {"a slash in the query", "contract 3", WithBody("POST /introspect?/../x"), Example()},

      // Other methods.
      {"GET", "RFC 7662 4", Bare("GET /introspect"), Refused(405)},
      {"GET with a token in the query", "RFC 7662 4", Bare("GET /introspect?token=x"),
       Refused(405)},
      {"GET with a body", "contract 3", WithBody("GET /introspect"), Closed(405)},
      {"HEAD", "I10", Bare("HEAD /introspect"), Refused(405)},
      {"PUT", "RFC 9110 15.5.6", WithBody("PUT /introspect"), Closed(405)},
      {"DELETE", "RFC 9110 15.5.6", Bare("DELETE /introspect"), Refused(405)},
      {"PATCH", "RFC 9110 15.5.6", Bare("PATCH /introspect"), Refused(405)},
      {"OPTIONS", "I10", Bare("OPTIONS /introspect"), Refused(405)},
      {"TRACE", "H35", Bare("TRACE /introspect"), Refused(405)},
      {"QUERY", "H35", Bare("QUERY /introspect"), UnknownMethod()},
      {"an unknown method", "H35", Bare("FOO /introspect"), UnknownMethod()},
      {"an unknown method with a body", "H35", WithBody("FOO /introspect"), Closed(405)},
      {"POST in lower case is another method", "H35, RFC 9110 9.1", Bare("post /introspect"),
       UnknownMethod()},
      {"a method that begins with POST", "RFC 9110 9.1", Bare("POSTS /introspect"),
       UnknownMethod()},
      {"a method of one letter", "RFC 9110 9.1", Bare("P /introspect"), UnknownMethod()},
      {"a method of every token character", "RFC 9110 5.6.2",
       Bare("!#$%&'*+-.^_`|~09azAZ /introspect"), UnknownMethod()},
      {"an RTSP method", "llhttp invalid.md", Bare("ANNOUNCE /introspect"), UnknownMethod()},
      {"a method of WebDAV", "RFC 4918 9.1", Bare("PROPFIND /introspect"), UnknownMethod()},
      {"the preface's method on the path", "H30", Bare("PRI /introspect"), UnknownMethod()},

      // Media types.
      {"charset=utf-8", "I05", OfType("application/x-www-form-urlencoded; charset=utf-8"),
       Example()},
      {"quoted charset", "RFC 9110 5.6.6",
       OfType("application/x-www-form-urlencoded;charset=\"utf-8\""), Example()},
      {"another charset", "contract 3",
       OfType("application/x-www-form-urlencoded; charset=ISO-8859-1"), Example()},
      {"unknown media type parameter", "contract 3",
       OfType("application/x-www-form-urlencoded;a=b;c=d"), Example()},
      {"white space before the semicolon", "RFC 9110 5.6.6",
       OfType("application/x-www-form-urlencoded \t; charset=utf-8"), Example()},
      {"semicolon at the end", "RFC 9110 5.6.6", OfType("application/x-www-form-urlencoded;"),
       Example()},
      {"upper-case media type", "contract 3", OfType("APPLICATION/X-WWW-FORM-URLENCODED"),
       Example()},
      {"JSON", "contract 3", OfType("application/json"), Closed(415)},
      {"plain text", "contract 3", OfType("text/plain"), Closed(415)},
      {"multipart form", "contract 3", OfType("multipart/form-data; boundary=x"), Closed(415)},
      {"a longer media type", "contract 3", OfType("application/x-www-form-urlencodedx"),
       Closed(415)},
      {"a shorter media type", "contract 3", OfType("application/x-www-form-urlencode"),
       Closed(415)},
      {"the media type as a parameter", "contract 3",
       OfType("text/plain; x=application/x-www-form-urlencoded"), Closed(415)},
      {"two media types", "contract 3", OfType("application/x-www-form-urlencoded, text/plain"),
       Closed(415)},
      {"two words as media type", "contract 3", OfType("application/x-www-form-urlencoded x"),
       Closed(415)},
      {"empty media type", "contract 3", OfType(""), Closed(415)},
      {"no media type", "contract 3", Request{.type = ""}, Closed(415)},
      {"no media type and no body", "contract 3", Bare("POST /introspect"), Refused(415)},
      {"another media type without a body", "contract 3",
       Request{.type = "Content-Type: text/plain\r\n", .body = ""}, Refused(415)},
      {"another media type, chunked", "contract 3",
       Request{.type = "Content-Type: text/plain\r\n",
               .length = std::string(kChunked),
               .body = support::InChunks("token=x")},
       Closed(415)},
  };
}

}  // namespace introspectd::conformance
