// When the connection ends after an answer, and how the answer says so.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

constexpr std::string_view kVersion10 = "POST /introspect HTTP/1.0";

Request Connection(const std::string& value) { return {.extra = "Connection: " + value + "\r\n"}; }
Request Old(std::string extra) {
  return {.line = std::string(kVersion10), .extra = std::move(extra)};
}

}  // namespace

Cases ConnectionCases() {
  return {
      // HTTP/1.1: kept, unless the client says close.
      {"nothing said", "RFC 9112 9.3", Request{}, Example()},
      {"close", "RFC 9112 9.6", Connection("close"), Example().Closing()},
      {"close in mixed case", "RFC 9110 7.6.1", Connection("cLoSe"), Example().Closing()},
      {"close and a tab", "H39, llhttp issue 866", Connection("close\t"), Example().Closing()},
      {"a tab and close", "H39", Connection("\tclose"), Example().Closing()},
      {"keep-alive, then close", "H39", Connection("keep-alive, close"), Example().Closing()},
      {"close, then keep-alive", "RFC 9112 9.3", Connection("close, keep-alive"),
       Example().Closing()},
      {"close in the middle of a list", "RFC 9110 7.6.1", Connection("x \t, close\t , y"),
       Example().Closing()},
      {"close behind an empty element", "RFC 9110 5.6.1", Connection(",, close"),
       Example().Closing()},
      {"close before an empty element", "RFC 9110 5.6.1", Connection("close ,"),
       Example().Closing()},
      {"close in a second line", "RFC 9110 5.3", Connection("keep-alive\r\nConnection: close"),
       Example().Closing()},
      {"close in a first line", "RFC 9110 5.3", Connection("close\r\nConnection: keep-alive"),
       Example().Closing()},
      {"keep-alive", "RFC 9112 9.3", Connection("keep-alive"), Example()},
      {"a word that begins with close", "RFC 9110 7.6.1", Connection("closed"), Example()},
      {"a word that ends with close", "RFC 9110 7.6.1", Connection("do-not-close"), Example()},
      {"close with a parameter", "RFC 9110 7.6.1", Connection("close=1"), Example()},
      {"an empty Connection", "RFC 9110 5.6.1", Connection(""), Example()},
      {"close in another field", "RFC 9110 7.6.1", Request{.extra = "Proxy-Connection: close\r\n"},
       Example()},
      {"the names of fields", "RFC 9110 7.6.1", Connection("Content-Length, Authorization"),
       Example()},
      {"close with a refused parameter", "contract 3",
       Request{.extra = "Connection: close\r\n", .body = ""}, BadRequest().Closing()},
      {"close with a wrong method", "contract 3",
       "GET /introspect HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", Closed(405)},
      {"close with an inactive token", "contract 3",
       Request{.extra = "Connection: close\r\n", .body = "token=x"}, Inactive().Closing()},

      // HTTP/1.0: closed, unless the client asks for more.
      {"HTTP/1.0", "RFC 9112 9.3", Old(""), Example().Closing()},
      {"HTTP/1.0 keep-alive", "RFC 9112 9.3", Old("Connection: keep-alive\r\n"),
       Example().SayingKeepAlive()},
      {"HTTP/1.0 keep-alive in mixed case", "RFC 9110 7.6.1", Old("Connection: Keep-Alive\r\n"),
       Example().SayingKeepAlive()},
      {"HTTP/1.0 keep-alive in a list", "RFC 9110 7.6.1", Old("Connection: x, keep-alive\r\n"),
       Example().SayingKeepAlive()},
      {"HTTP/1.0 keep-alive and close", "RFC 9112 9.3", Old("Connection: keep-alive, close\r\n"),
       Example().Closing()},
      {"HTTP/1.0 Proxy-Connection", "RFC 9112 C.2.2", Old("Proxy-Connection: keep-alive\r\n"),
       Example().Closing()},
      {"HTTP/1.0 Keep-Alive as a field", "RFC 9112 C.2.2", Old("Keep-Alive: timeout=5\r\n"),
       Example().Closing()},
      {"HTTP/1.0 without length", "RFC 9112 6.3",
       Request{.line = std::string(kVersion10), .length = "", .body = ""}, BadRequest().Closing()},
      {"HTTP/1.0 keep-alive with an inactive token", "RFC 9112 9.3",
       Request{.line = std::string(kVersion10),
               .extra = "Connection: keep-alive\r\n",
               .body = "token=x"},
       Inactive().SayingKeepAlive()},
      {"HTTP/1.0 with a wrong method", "contract 3", "GET /introspect HTTP/1.0\r\n\r\n",
       Closed(405)},
      {"HTTP/1.0 keep-alive with a wrong method", "contract 3",
       "GET /introspect HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       Refused(405).SayingKeepAlive()},

      // No protocol but this one is spoken.
      {"Upgrade to h2c", "H34, RFC 9110 7.8",
       Connection("Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"),
       Example().Closing()},
      {"Upgrade to websocket", "H34",
       Connection("Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
       Example().Closing()},
      {"Upgrade in mixed case", "H34", Connection("uPGRADE\r\nUpgrade: TLS/1.0"),
       Example().Closing()},
      {"Upgrade with a chunked body", "H34",
       Request{.extra = "Connection: upgrade\r\nUpgrade: h2c\r\n",
               .length = std::string(support::kChunked),
               .body = support::InChunks(Request{}.body)},
       Example().Closing()},
      {"Upgrade that Connection does not name", "RFC 9110 7.8",
       Request{.extra = "Upgrade: h2c\r\n"}, Example()},
  };
}

}  // namespace introspectd::conformance
