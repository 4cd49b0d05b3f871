// client_secret_post, and credentials in two places (contract 4.1).

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "support/world.h"
#include "text/form.h"

namespace introspectd::conformance {

namespace {

using support::Basic;
using support::kGateway;
using support::kGatewaySecret;

const std::string kToken = Request{}.body;

std::string Credentials(std::string_view id, std::string_view secret) {
  return "client_id=" + text::EncodeForm(id) + "&client_secret=" + text::EncodeForm(secret);
}

// In the body alone.
Request Post(std::string_view id, std::string_view secret) {
  return {.authorization = "", .body = Credentials(id, secret) + "&" + kToken};
}
Request PostOf(std::string body) { return {.authorization = "", .body = std::move(body)}; }

// In both places.
Request Both(const std::string& body) { return {.body = kToken + "&" + body}; }
Request Both(std::string authorization, const std::string& body) {
  return {.authorization = std::move(authorization), .body = kToken + "&" + body};
}

}  // namespace

Cases PostCases() {
  return {
      {"credentials before the token", "RFC 6749 2.3.1", Post(kGateway, kGatewaySecret), Example()},
      {"credentials behind the token", "RFC 6749 2.3.1",
       PostOf(kToken + "&" + Credentials(kGateway, kGatewaySecret)), Example()},
      {"the secret before the client", "RFC 6749 2.3.1",
       PostOf("client_secret=" + std::string(kGatewaySecret) + "&client_id=gateway&" + kToken),
       Example()},
      {"credentials in chunks", "RFC 6749 2.3.1",
       Request{.authorization = "",
               .length = std::string(support::kChunked),
               .body = support::InChunks(kToken + "&" + Credentials(kGateway, kGatewaySecret), 7)},
       Example()},
      {"percent signs in a secret", "RFC 6749 B", Post("percent", kPercentSecret), Example()},
      {"plus signs and spaces in a secret", "RFC 6749 B", Post("plus", kPlusSecret), Example()},
      {"colons in a secret", "RFC 6749 B", Post("colon", kColonSecret), Example()},
      {"UTF-8 in a secret", "RFC 6749 B", Post("utf8", kUtf8Secret), Example()},
      {"a client with colons", "RFC 6749 B", Post(kUrlClient, kUrlClientSecret), Example()},
      {"a secret encoded twice", "RFC 6749 B", Post("percent", text::EncodeForm(kPercentSecret)),
       Unauthorized()},

      {"a wrong secret", "A02", Post(kGateway, "wrong"), Unauthorized()},
      {"an unknown client", "A02", Post("nobody", kGatewaySecret), Unauthorized()},
      {"an empty secret", "A02, RFC 6749 3.2", Post(kGateway, ""), Unauthorized()},
      {"an empty client", "A02", Post("", kGatewaySecret), Unauthorized()},
      {"a client without secret", "contract 4.1", PostOf("client_id=gateway&" + kToken),
       Unauthorized()},
      {"a secret with a space behind", "A02", Post(kGateway, std::string(kGatewaySecret) + " "),
       Unauthorized()},
      {"NUL in a client", "A03", PostOf("client_id=gate%00way&client_secret=x&" + kToken),
       Unauthorized()},
      {"a client with a line of a log in it", "A16",
       PostOf("client_id=a%0d%0alevel%3dfatal&client_secret=x&" + kToken), Unauthorized()},
      {"a client of 60,000 bytes", "A03", Post(std::string(60'000, 'c'), "x"), Unauthorized()},
      {"a secret of 60,000 bytes", "A03", Post(kGateway, std::string(60'000, 's')), Unauthorized()},
      {"post from a client that may use it", "contract 4.1", Post("post-only", kPostOnlySecret),
       Example()},
      {"post from a client that may not", "contract 4.1", Post("basic-only", kBasicOnlySecret),
       Unauthorized()},
      {"credentials in the query", "RFC 6749 2.3.1",
       Request{.line = "POST /introspect?" + Credentials(kGateway, kGatewaySecret) + " HTTP/1.1",
               .authorization = ""},
       Unauthorized()},

      // Two places.
      {"the same credentials in both places", "contract 4.1",
       Both(Credentials(kGateway, kGatewaySecret)), Example()},
      {"the same client in the body", "contract 4.1", Both("client_id=gateway"), Example()},
      {"the same client and an empty secret in the body", "RFC 6749 3.1",
       Both("client_id=gateway&client_secret="), Example()},
      {"an empty client in the body", "RFC 6749 3.1", Both("client_id="), Example()},
      {"the same credentials, encoded in the header", "contract 4.1",
       Both(Basic(text::EncodeForm("percent"), text::EncodeForm(kPercentSecret)),
            Credentials("percent", kPercentSecret)),
       Example()},
      {"the same credentials, raw in the header", "contract 4.1",
       Both(Basic("percent", kPercentSecret), Credentials("percent", kPercentSecret)), Example()},
      {"the same client with colons in both places", "contract 4.1",
       Both(Basic(text::EncodeForm(kUrlClient), kUrlClientSecret),
            "client_id=" + text::EncodeForm(kUrlClient)),
       Example()},
      {"another client in the body", "contract 4.1", Both("client_id=limited"), BadRequest()},
      {"an unknown client in the body", "contract 4.1", Both("client_id=nobody"), BadRequest()},
      {"another secret in the body", "A04", Both(Credentials(kGateway, "other")), BadRequest()},
      {"good credentials of another client in the body", "A04, RFC 6749 2.3",
       Both(Credentials("limited", kLimitedSecret)), BadRequest()},
      {"Bearer in the header, credentials in the body", "A04, contract 4.1",
       Both("Authorization: Bearer x\r\n", Credentials(kGateway, kGatewaySecret)), BadRequest()},
  };
}

}  // namespace introspectd::conformance
