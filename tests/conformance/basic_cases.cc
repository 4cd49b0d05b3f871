// client_secret_basic (RFC 6749 2.3.1, RFC 7617), and Authorization that is not.

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "support/world.h"
#include "text/base64.h"
#include "text/form.h"

namespace introspectd::conformance {

namespace {

using std::string_literals::operator""s;
using support::Basic;
using support::BasicOf;
using support::kGateway;
using support::kGatewaySecret;

Request By(std::string authorization) { return {.authorization = std::move(authorization)}; }
Request Raw(std::string_view id, std::string_view secret) { return By(Basic(id, secret)); }
Request Encoded(std::string_view id, std::string_view secret) {
  return By(Basic(text::EncodeForm(id), text::EncodeForm(secret)));
}
Request Says(const std::string& value) { return By("Authorization: " + value + "\r\n"); }

// "gateway:<secret>" in base64, without "Basic".
std::string Pair() {
  const std::string line = Basic(kGateway, kGatewaySecret);
  return line.substr(21, line.size() - 23);
}

// Another good pair, whose base64 ends in "==".
std::string PaddedPair() {
  return text::EncodeBase64("basic-only:" + std::string(kBasicOnlySecret));
}
std::string WithUnusedBits(std::string base64) {
  ++base64[base64.size() - 3];
  return base64;
}

Request RequestOfRfc7662() {
  return {.host = "Host: server.example.com\r\nAccept: application/json\r\n",
          .authorization =
              std::string(support::kForm) + "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\r\n",
          .type = "",
          .body = "token=mF_9.B5f-4.1JqM&token_type_hint=access_token"};
}

Expectation BearerChallenge() { return {.status = 401, .challenge = "Bearer"}; }

}  // namespace

Cases BasicCases() {
  return {
      {"the request of RFC 7662", "RFC 7662 2.1", RequestOfRfc7662(), Example()},

      // The scheme and its credentials.
      {"scheme in lower case", "A03, RFC 9110 11.1", Says("basic " + Pair()), Example()},
      {"scheme in upper case", "RFC 9110 11.1", Says("BASIC " + Pair()), Example()},
      {"two spaces behind the scheme", "RFC 9110 11.4", Says("Basic  " + Pair()), Example()},
      {"tab behind the scheme", "RFC 9110 11.4", Says("Basic\t" + Pair()), Unauthorized()},
      {"no space behind the scheme", "RFC 9110 11.4", Says("Basic" + Pair()), Unauthorized()},
      {"no credentials behind the scheme", "A03", Says("Basic"), Unauthorized()},
      {"blanks behind the scheme", "A03", Says("Basic   "), Unauthorized()},
      {"credentials without scheme", "A03", Says(Pair()), Unauthorized()},
      {"an empty Authorization", "A03", Says(""), Unauthorized()},
      {"words behind the credentials", "RFC 9110 11.4", Says("Basic " + Pair() + " x"),
       Unauthorized()},
      {"a realm behind the credentials", "RFC 9110 11.4", Says("Basic " + Pair() + ", realm=x"),
       Unauthorized()},

      // base64.
      {"not base64", "A03", Says("Basic !!!!"), Unauthorized()},
      {"base64 without padding", "RFC 7617 2", Says("Basic " + PaddedPair().substr(0, 42)),
       Unauthorized()},
      {"base64 with too much padding", "RFC 7617 2", Says("Basic " + Pair() + "===="),
       Unauthorized()},
      {"base64 with white space inside", "RFC 7617 2",
       Says("Basic " + Pair().substr(0, 8) + " " + Pair().substr(8)), Unauthorized()},
      {"base64url", "RFC 7617 2", Says("Basic Z2F0ZXdheTr__-4="), Unauthorized()},
      {"base64 with unused bits", "RFC 4648 3.5", Says("Basic " + WithUnusedBits(PaddedPair())),
       Unauthorized()},
      {"6,000 bytes of base64", "A03", Says("Basic " + std::string(6000, 'Q')), Unauthorized()},
      {"bytes above 0x7f", "A03", Says("Basic \xc3\xa9\xc3\xa9"), Unauthorized()},

      // The pair.
      {"no colon", "A03", By(BasicOf("gateway")), Unauthorized()},
      {"nothing", "A03", By(BasicOf("")), Unauthorized()},
      {"only a colon", "A03", By(BasicOf(":")), Unauthorized()},
      {"no client", "A03", Raw("", kGatewaySecret), Unauthorized()},
      {"no secret", "A02", Raw(kGateway, ""), Unauthorized()},
      {"a wrong secret", "A02", Raw(kGateway, "wrong"), Unauthorized()},
      {"an unknown client", "A02", Raw("nobody", kGatewaySecret), Unauthorized()},
      {"the secret of another client", "A02", Raw(kGateway, kLimitedSecret), Unauthorized()},
      {"client and secret in each other's place", "A02", Raw(kGatewaySecret, kGateway),
       Unauthorized()},
      {"a client in upper case", "A02", Raw("GATEWAY", kGatewaySecret), Unauthorized()},
      {"the beginning of a secret", "A02", Raw(kGateway, kGatewaySecret.substr(0, 21)),
       Unauthorized()},
      {"a secret with a space behind", "A02", Raw(kGateway, std::string(kGatewaySecret) + " "),
       Unauthorized()},
      {"a secret with a line end behind", "A02", Raw(kGateway, std::string(kGatewaySecret) + "\n"),
       Unauthorized()},
      {"a secret with NUL behind", "A03", Raw(kGateway, std::string(kGatewaySecret) + "\0"s),
       Unauthorized()},
      {"a secret with a colon behind", "RFC 7617 2",
       Raw(kGateway, std::string(kGatewaySecret) + ":"), Unauthorized()},
      {"NUL in a client", "A03", Raw("gate\0way"s, kGatewaySecret), Unauthorized()},
      {"a client with a line of a log in it", "A16", Raw("a\r\nlevel=fatal", "x"), Unauthorized()},
      {"a long secret", "A06", Raw("long", kLongSecret), Example()},
      {"a long secret that is wrong behind byte 72", "A06",
       Raw("long", std::string(kLongSecret.substr(0, 72)) + std::string(28, 'x')), Unauthorized()},
      {"a long secret cut at byte 72", "A06", Raw("long", kLongSecret.substr(0, 72)),
       Unauthorized()},

      // Secrets that form encoding changes: both kinds of gateways exist (contract 4.1).
      {"percent signs in a secret, raw", "contract 4.1", Raw("percent", kPercentSecret), Example()},
      {"percent signs in a secret, encoded", "RFC 6749 2.3.1", Encoded("percent", kPercentSecret),
       Example()},
      {"percent signs in a secret, decoded", "contract 4.1", Raw("percent", "pAss/w0rd%zz-long"),
       Unauthorized()},
      {"plus signs and spaces in a secret, raw", "contract 4.1", Raw("plus", kPlusSecret),
       Example()},
      {"plus signs and spaces in a secret, encoded", "RFC 6749 2.3.1", Encoded("plus", kPlusSecret),
       Example()},
      {"plus signs and spaces in a secret, decoded twice", "contract 4.1",
       Raw("plus", "a b c d, plus secret"), Unauthorized()},
      {"colons in a secret, raw", "RFC 7617 2", Raw("colon", kColonSecret), Example()},
      {"colons in a secret, encoded", "RFC 6749 2.3.1", Encoded("colon", kColonSecret), Example()},
      {"UTF-8 in a secret, raw", "RFC 7617 2.1", Raw("utf8", kUtf8Secret), Example()},
      {"UTF-8 in a secret, encoded", "RFC 6749 2.3.1", Encoded("utf8", kUtf8Secret), Example()},
      {"a secret that needs no encoding, every byte encoded", "RFC 6749 2.3.1",
       Raw("%67ateway", "%34sG-gateway-secret-Qk7"), Example()},
      {"a client with colons, encoded", "RFC 6749 2.3.1", Encoded(kUrlClient, kUrlClientSecret),
       Example()},
      {"a client with colons, raw", "RFC 7617 2", Raw(kUrlClient, kUrlClientSecret),
       Unauthorized()},

      // Methods and schemes.
      {"Basic from a client that may use it", "contract 4.1", Raw("basic-only", kBasicOnlySecret),
       Example()},
      {"Basic from a client that may not", "contract 4.1", Raw("post-only", kPostOnlySecret),
       Unauthorized()},
      {"Bearer", "contract 4.1", Says("Bearer 23410913-abewfq.123483"), BearerChallenge()},
      {"Bearer in lower case", "RFC 9110 11.1", Says("bearer x"), BearerChallenge()},
      {"Digest", "contract 4.1", Says("Digest username=\"gateway\""), Unauthorized()},
      {"Negotiate", "contract 4.1", Says("Negotiate YII="), Unauthorized()},
      {"a scheme that begins with Basic", "RFC 9110 11.1", Says("Basics " + Pair()),
       Unauthorized()},
      {"nothing at all", "RFC 7662 2.1", By(""), Unauthorized()},
  };
}

}  // namespace introspectd::conformance
