// Access tokens that prove a client (contract 4.1, RFC 7662 2.1, RFC 6750).

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

const std::string kToken = Request{}.body;

std::string TokenNamed(std::string_view name) { return KnownTokenNamed(name).token; }

Request With(std::string_view token, std::string_view more = "") {
  return {.authorization = "Authorization: Bearer " + std::string(token) + "\r\n",
          .body = kToken + std::string(more)};
}
Request By(std::string_view name, std::string_view more = "") {
  return With(TokenNamed(name), more);
}

Expectation Invalid() {
  return {.status = 401,
          .error = "invalid_client",
          .challenge = R"(Bearer realm="introspectd", error="invalid_token")"};
}

Expectation Forbidden() {
  return {
      .status = 403,
      .error = "insufficient_scope",
      .challenge = R"(Bearer realm="introspectd", error="insufficient_scope", scope="introspect")"};
}

Request AskingAboutItself() {
  Request request = By("a bearer");
  request.body = "token=" + TokenNamed("a bearer");
  return request;
}

Request Expecting(Request request) {
  request.extra = "Expect: 100-continue\r\n";
  return request;
}

}  // namespace

Cases BearerCases() {
  return {
      {"a good one", "RFC 7662 2.1", By("a bearer"), Example()},
      {"the scheme in capitals", "RFC 9110 11.1",
       Request{.authorization = "Authorization: BEARER " + TokenNamed("a bearer") + "\r\n"},
       Example()},
      {"the client in the body", "contract 4.1", By("a bearer", "&client_id=bearer"), Example()},
      {"another client in the body", "contract 4.1", By("a bearer", "&client_id=gateway"),
       BadRequest()},
      {"a secret in the body", "A04", By("a bearer", "&client_id=bearer&client_secret=x"),
       BadRequest()},
      {"a good one, before the body", "RFC 9110 10.1.1", Expecting(By("a bearer")),
       Example().Continuing()},

      {"an unknown one", "RFC 6750 3.1", With(support::kUnknownToken), Invalid()},
      {"one that was revoked", "RFC 6750 3.1", By("revoked"), Invalid()},
      {"one without the scope", "RFC 6750 3.1", By("a bearer without the scope"), Forbidden()},
      {"one for somebody else", "contract 4.1", By("a bearer for somebody else"), Invalid()},
      {"one that is bound", "contract 4.1", By("a bearer that is bound"), Invalid()},
      {"one of a client with a secret", "contract 4.1", By("a bearer of a client with a secret"),
       Invalid()},
      {"one of another issuer", "contract 4.1", By("a bearer of another issuer"), Invalid()},
      {"a token that any gateway sees", "contract 4.1", By("example"), Invalid()},
      {"asking about itself", "contract 4.1", AskingAboutItself(), Invalid()},
      {"one with a word behind it", "RFC 6750 2.1", With(TokenNamed("a bearer") + " x"), Invalid()},
      {"the client in Basic", "contract 4.1",
       Request{.authorization = support::Basic("bearer", "")}, Unauthorized()},
      {"no token behind the scheme", "RFC 6750 2.1",
       Request{.authorization = "Authorization: Bearer\r\n"}, Invalid()},
      {"a wrong one before a wrong hint", "contract 3",
       With(support::kUnknownToken, "&token_type_hint=x"), Invalid()},
      {"a good one before a wrong hint", "contract 3", By("a bearer", "&token_type_hint=x"),
       BadRequest()},
  };
}

}  // namespace introspectd::conformance
