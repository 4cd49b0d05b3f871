// The request line: method, target, version, and what may stand before it.

#include "conformance/case.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

Request Line(std::string line) { return {.line = std::move(line)}; }
Request ToTarget(const std::string& target) { return Line("POST " + target + " HTTP/1.1"); }
Request InVersion(const std::string& version) { return Line("POST /introspect " + version); }
std::string After(std::string_view prefix) { return std::string(prefix) + Request{}.Bytes(); }

}  // namespace

Cases RequestLineCases() {
  return {
      // Versions.
      {"HTTP/1.2", "H29", InVersion("HTTP/1.2"), Closed(505)},
      {"HTTP/2.0", "H29", InVersion("HTTP/2.0"), Closed(505)},
      {"HTTP/0.9", "H29", InVersion("HTTP/0.9"), Closed(505)},
      {"HTTP/9.9", "RFC 9112 2.3", InVersion("HTTP/9.9"), Closed(505)},
      {"another version needs no Host", "contract 3",
       Request{.line = "POST /introspect HTTP/1.2", .host = ""}, Closed(505)},
      {"the preface of HTTP/2", "H30, RFC 9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
       Closed(505)},
      {"the preface and frames of HTTP/2", "H30",
       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"s, Closed(505)},
      {"version with two minor digits", "H29, Garden 5", InVersion("HTTP/1.32"), Malformed()},
      {"version with leading zero", "Garden 24", InVersion("HTTP/01.1"), Malformed()},
      {"version with large numbers", "Garden 24", InVersion("HTTP/4294967295.255"), Malformed()},
      {"version without minor", "RFC 9112 2.3", InVersion("HTTP/1"), Malformed()},
      {"version without digits", "Garden 15", InVersion("HTTP/"), Malformed()},
      {"version without dot", "RFC 9112 2.3", InVersion("HTTP/11"), Malformed()},
      {"version with a comma", "RFC 9112 2.3", InVersion("HTTP/1,1"), Malformed()},
      {"version with a letter after it", "RFC 9112 2.3", InVersion("HTTP/1.1x"), Malformed()},
      {"version with signs", "RFC 9112 2.3", InVersion("HTTP/+1.1"), Malformed()},
      {"version with bare CRs", "Garden 15", InVersion("HTTP/\r\r1.1"), Malformed()},
      {"lower-case version", "H29, RFC 9112 2.3", InVersion("http/1.1"), Malformed()},
      {"ICE", "H29", InVersion("ICE/1.0"), Malformed()},
      {"RTSP", "H29", InVersion("RTSP/1.0"), Malformed()},
      {"HTTPS as a protocol", "RFC 9112 2.3", InVersion("HTTPS/1.1"), Malformed()},
      {"a letter before the version", "llhttp invalid.md", InVersion("IHTTP/1.1"), Malformed()},
      {"no version", "H29", Line("POST /introspect"), Malformed()},
      {"no version, as HTTP/0.9 asked", "H29", "GET /introspect\r\n\r\n"s, Malformed()},
      {"no target", "RFC 9112 3", Line("POST HTTP/1.1"), Malformed()},
      {"only a method", "RFC 9112 3", Line("POST"), Malformed()},
      {"four words", "RFC 9112 3", Line("POST /introspect /x HTTP/1.1"), Malformed()},

      // White space.
      {"two spaces before the target", "H31", Line("POST  /introspect HTTP/1.1"), Malformed()},
      {"two spaces before the version", "H31", Line("POST /introspect  HTTP/1.1"), Malformed()},
      {"tab before the target", "H31", Line("POST\t/introspect HTTP/1.1"), Malformed()},
      {"tab before the version", "H31", Line("POST /introspect\tHTTP/1.1"), Malformed()},
      {"space after the version", "RFC 9112 3", InVersion("HTTP/1.1 "), Malformed()},
      {"tab after the version", "RFC 9112 3", InVersion("HTTP/1.1\t"), Malformed()},
      {"space before the method", "RFC 9112 3", After(" "), Malformed()},
      {"LF instead of a space", "Garden 9", Line("POST /introspect\nHTTP/1.1"), Malformed()},
      {"CR instead of a space", "RFC 9112 2.2", Line("POST /introspect\rHTTP/1.1"), Malformed()},
      {"vertical tab instead of a space", "RFC 9112 3", Line("POST\v/introspect HTTP/1.1"),
       Malformed()},

      // Targets that are not in origin-form.
      {"absolute-form", "contract 3", ToTarget("http://introspect.example.com/introspect"),
       Malformed()},
      {"absolute-form with https", "contract 3",
       ToTarget("https://introspect.example.com/introspect"), Malformed()},
      {"asterisk with POST", "contract 3", ToTarget("*"), Malformed()},
      {"OPTIONS *", "I10, contract 3", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"s, Malformed()},
      {"CONNECT and what would go through the tunnel", "H33, contract 3",
       "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01garbage"s, Malformed()},
      {"target without slash", "contract 3", ToTarget("introspect"), Malformed()},
      {"an exclamation mark as target", "Garden 7", ToTarget("!"), Malformed()},
      {"backslash as target", "contract 3", ToTarget("\\introspect"), Malformed()},
      {"only a query", "contract 3", ToTarget("?token=x"), Malformed()},

      // Bytes that no target has.
      {"NUL in the target", "H31", ToTarget("/intro\0spect"s), Malformed()},
      {"CR in the target", "H31", ToTarget("/intro\rspect"), Malformed()},
      {"0x80 in the target", "H31", ToTarget("/intro\x80spect"), Malformed()},
      {"0xff in the target", "H31", ToTarget("/introspect?\xff"), Malformed()},
      {"DEL in the target", "RFC 3986 2", ToTarget("/introspect\x7f"), Malformed()},
      {"tab in the target", "H31", ToTarget("/introspect\t"), Malformed()},
      {"ESC in the target", "RFC 3986 2", ToTarget("/introspect?\x1b[2J"), Malformed()},
      {"fragment in the target", "H31, RFC 9112 3.2", ToTarget("/introspect#top"), Malformed()},
      {"fragment after a query", "H31, RFC 9112 3.2", ToTarget("/introspect?a#top"), Malformed()},

      // Methods that are no token.
      {"method with a parenthesis", "RFC 9110 9.1", Line("PO(ST /introspect HTTP/1.1"),
       Malformed()},
      {"method with a colon", "RFC 9110 9.1", Line("POST: /introspect HTTP/1.1"), Malformed()},
      {"method of separators", "Garden 6", Line("G=\":<>(e),[T];?\" /introspect HTTP/1.1"),
       Malformed()},
      {"method with NUL", "Garden 40", Line("PO\0ST /introspect HTTP/1.1"s), Malformed()},
      {"method with 0x80", "RFC 9110 9.1", Line("POST\x80 /introspect HTTP/1.1"), Malformed()},

      // What stands before the request.
      {"one empty line before", "RFC 9112 2.2", After("\r\n"), Example()},
      {"two empty lines before", "RFC 9112 2.2, contract 3", After("\r\n\r\n"), Example()},
      {"three empty lines before", "contract 3", After("\r\n\r\n\r\n"), Malformed()},
      {"bare LF before", "contract 3", After("\n"), Malformed()},
      {"bare LF after an empty line", "contract 3", After("\r\n\n"), Malformed()},
      {"bare CR before", "contract 3", After("\r"), Malformed()},
      {"NUL before", "RFC 9112 3", After("\0"s), Malformed()},
      {"byte order mark before", "RFC 9112 3", After("\xef\xbb\xbf"), Malformed()},
      {"the rest of a body where a request should stand", "RFC 9112 6.3", "&x=y\r\n\r\n"s,
       Malformed()},
      {"a TLS ClientHello", "H45",
       "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"s + std::string(32, '\x2a') +
           "\0\0\2\x13\x01\1\0"s,
       Malformed().OrSilence()},
  };
}

}  // namespace introspectd::conformance
