// The body as a form: percent-escapes, names, values, repeats (RFC 6749 appendix B, contract 3).

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "text/form.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;

const std::string kToken = Request{}.body;  // "token=2YotnFZFEjr1zCsicMWpAA"

Request Form(std::string body) { return {.body = std::move(body)}; }

std::string EveryByteEscaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

Request FormOfToken(std::string_view name) {
  return Form("token=" + text::EncodeForm(KnownTokenNamed(name).token));
}
Expectation AnswerOf(std::string_view name) { return Active(KnownTokenNamed(name).answer); }

}  // namespace

Cases FormCases() {
  return {
      // Escapes that mean something.
      {"every byte escaped", "RFC 6749 B", Form("token=" + EveryByteEscaped(kToken.substr(6))),
       Example()},
      {"upper-case hex digits", "RFC 3986 2.1", Form("token=2Yotn%46%5AFEjr1z%43sicMWpAA"),
       Example()},
      {"an escape in the value", "RFC 6749 B", Form("token=%32YotnFZFEjr1zCsicMWpAA"), Example()},
      {"an escape in the name", "RFC 6749 B", Form("%74ok%65n=2YotnFZFEjr1zCsicMWpAA"), Example()},
      {"base64 characters escaped", "RFC 6749 B", FormOfToken("base64 characters"),
       AnswerOf("base64 characters")},
      {"a plus that is not escaped is a space", "RFC 6749 B", Form("token=a+b/c==.d~e_f-g"),
       Inactive()},
      {"an equals sign in a value", "RFC 6749 B", Form("token=a%2Bb/c==.d~e_f-g"),
       AnswerOf("base64 characters")},
      {"a token with spaces", "RFC 6749 B", FormOfToken("a token with spaces"),
       AnswerOf("a token with spaces")},
      {"a token with spaces as %20", "RFC 6749 B",
       Form("token=a%20token%20with%20spaces%20%26%20more%20=%20it%2541"),
       AnswerOf("a token with spaces")},
      {"a token in UTF-8", "RFC 6749 B", FormOfToken("a token in UTF-8"),
       AnswerOf("a token in UTF-8")},
      {"a token in UTF-8 as it is", "RFC 6749 B",
       Form("token=" + KnownTokenNamed("a token in UTF-8").token), AnswerOf("a token in UTF-8")},
      {"an escaped escape is decoded once", "RFC 6749 B", Form("token=%2532YotnFZFEjr1zCsicMWpAA"),
       Inactive()},

      // Bytes that no token has.
      {"NUL in a token", "I06", Form("token=%00"), Inactive()},
      {"NUL behind a good token", "I06", Form(kToken + "%00"), Inactive()},
      {"CRLF in a token", "I06", Form("token=x%0d%0aSet-Cookie:%20a=b"), Inactive()},
      {"an overlong NUL", "I06", Form("token=%c0%80"), Inactive()},
      {"bytes that are not UTF-8", "I06", Form("token=%ff%fe"), Inactive()},
      {"a raw NUL", "I06", Form("token=a\0b"s), Inactive()},
      {"a line end behind the body", "RFC 6749 B", Form(kToken + "\r\n"), Inactive()},
      {"a space before a token", "RFC 6749 B", Form("token=+2YotnFZFEjr1zCsicMWpAA"), Inactive()},
      {"a token in upper case", "RFC 7662 2.2", Form("token=2YOTNFZFEJR1ZCSICMWPAA"), Inactive()},
      {"the beginning of a token", "RFC 7662 2.2", Form("token=2YotnFZFEjr1zCsicMWpA"), Inactive()},

      // Broken escapes, anywhere.
      {"a percent sign alone", "I06", Form("token=%"), BadRequest()},
      {"a percent sign at the end", "I06", Form(kToken + "%"), BadRequest()},
      {"one hex digit at the end", "I06", Form(kToken + "%4"), BadRequest()},
      {"a letter that is no hex digit", "I06", Form("token=%G1"), BadRequest()},
      {"a second letter that is no hex digit", "I06", Form("token=%1G"), BadRequest()},
      {"two percent signs", "I06", Form("token=%%41"), BadRequest()},
      {"a percent sign and a space", "I06", Form("token=% 1"), BadRequest()},
      {"a percent sign and a sign", "I06", Form("token=%+1"), BadRequest()},
      {"an escape cut by an ampersand", "I06", Form("token=%4&x=1"), BadRequest()},
      {"an escape cut by an equals sign", "I06", Form("%7=x&" + kToken), BadRequest()},
      {"a broken escape in a name", "I06", Form(kToken + "&%zz=x"), BadRequest()},
      {"a broken escape in an unknown parameter", "contract 3", Form(kToken + "&x=%u0041"),
       BadRequest()},
      {"a broken escape in the client_secret", "contract 3",
       Form(kToken + "&client_id=gateway&client_secret=100%"), BadRequest()},

      // Token missing.
      {"an empty body", "I02", Form(""), BadRequest()},
      {"no token", "I02", Form("a=b"), BadRequest()},
      {"an empty token", "I02", Form("token="), BadRequest()},
      {"a token without equals sign", "I02", Form("token"), BadRequest()},
      {"a value without name", "I02", Form("=2YotnFZFEjr1zCsicMWpAA"), BadRequest()},
      {"only a hint", "I02", Form("token_type_hint=access_token"), BadRequest()},
      {"nothing but ampersands", "I02", Form("&&&"), BadRequest()},
      {"a token in upper-case letters' name", "RFC 6749 B", Form("TOKEN=2YotnFZFEjr1zCsicMWpAA"),
       BadRequest()},
      {"a token behind a question mark", "RFC 6749 B", Form("?" + kToken), BadRequest()},
      {"a space before the name", "RFC 6749 B", Form("+" + kToken), BadRequest()},
      {"NUL in the name", "I06", Form("tok%00en=2YotnFZFEjr1zCsicMWpAA"), BadRequest()},
      {"NUL behind the name", "I06", Form("token%00=2YotnFZFEjr1zCsicMWpAA"), BadRequest()},
      {"a byte order mark before the name", "RFC 6749 B", Form("\xef\xbb\xbf" + kToken),
       BadRequest()},
      {"JSON in a form", "I02", Form(R"({"token":"2YotnFZFEjr1zCsicMWpAA"})"), BadRequest()},
      {"a token as an array", "I02", Form("token[]=2YotnFZFEjr1zCsicMWpAA"), BadRequest()},

      // Separators.
      {"empty parts", "RFC 6749 B", Form("&&" + kToken + "&&"), Example()},
      {"a semicolon separates nothing", "RFC 6749 B", Form(kToken + ";x=y"), Inactive()},
      {"unknown parameters", "RFC 7662 2.1", Form("x=1&" + kToken + "&y=2&z"), Example()},
      {"an escaped ampersand separates nothing", "RFC 6749 B", Form(kToken + "%26x=y"), Inactive()},

      // Repeats.
      {"token twice", "I03, RFC 6749 3.2", Form(kToken + "&token=x"), BadRequest()},
      {"the same token twice", "I03", Form(kToken + "&" + kToken), BadRequest()},
      {"token twice, once empty", "I03", Form("token=&" + kToken), BadRequest()},
      {"token twice, once without value", "I03", Form("token&" + kToken), BadRequest()},
      {"token twice, once escaped", "I03", Form(kToken + "&%74oken=x"), BadRequest()},
      {"token twice, far apart", "I03", Form(kToken + "&a=1&b=2&c=3&d=4&token=x"), BadRequest()},
      {"hint twice", "RFC 6749 3.2",
       Form(kToken + "&token_type_hint=access_token&token_type_hint=access_token"), BadRequest()},
      {"scope twice", "RFC 6749 3.2", Form(kToken + "&scope=read&scope=write"), BadRequest()},
      {"client_id twice", "RFC 6749 3.2", Form(kToken + "&client_id=gateway&client_id=gateway"),
       BadRequest()},
      {"client_secret twice", "RFC 6749 3.2", Form(kToken + "&client_secret=&client_secret="),
       BadRequest()},
      {"an unknown parameter twice", "RFC 6749 3.2", Form(kToken + "&x=1&x=2"), BadRequest()},
      {"an unknown parameter twice, once escaped", "RFC 6749 3.2", Form(kToken + "&a+b=1&a%20b=1"),
       BadRequest()},
      {"names that differ in case are two", "RFC 6749 3.2", Form(kToken + "&x=1&X=1"), Example()},
      {"a name that is another's beginning", "RFC 6749 3.2",
       Form(kToken + "&token_type_hint=&tok=1&tokens=1"), Example()},
  };
}

}  // namespace introspectd::conformance
