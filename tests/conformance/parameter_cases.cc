// What is asked: token_type_hint and scope (contract 4.2), and the unknown token (4.4).

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

using support::Basic;

const std::string kToken = Request{}.body;

Request Hint(const std::string& hint) { return {.body = kToken + "&token_type_hint=" + hint}; }
Request HintFirst(const std::string& hint) {
  return {.body = "token_type_hint=" + hint + "&" + kToken};
}
Request HintFrom(std::string_view id, std::string_view secret, const std::string& hint) {
  return {.authorization = Basic(id, secret), .body = kToken + "&token_type_hint=" + hint};
}
Request Lenient(const std::string& hint) { return HintFrom("lenient", kLenientSecret, hint); }
Request RefusesRefresh(const std::string& hint) {
  return HintFrom("refuses-refresh", kRefusesRefreshSecret, hint);
}

Request Scope(const std::string& scope) { return {.body = kToken + "&scope=" + scope}; }
Request ScopeOf(std::string_view name, const std::string& scope) {
  return {.body = "token=" + KnownTokenNamed(name).token + "&scope=" + scope};
}
Expectation AnswerOf(std::string_view name) { return Active(KnownTokenNamed(name).answer); }

Request TellsUnknown(const std::string& token) {
  return {.authorization = Basic("tells-unknown", kTellsUnknownSecret), .body = "token=" + token};
}

Expectation UnknownToken() {
  return {.status = 400,
          .body = R"({"error":"invalid_token",)"
                  R"("error_description":"Access token not issued or recognized by this STS"})"};
}

}  // namespace

Cases ParameterCases() {
  return {
      // The hint orders the search and never narrows it.
      {"hint access_token", "RFC 7662 2.1", Hint("access_token"), Example()},
      {"hint before the token", "RFC 7662 2.1", HintFirst("access_token"), Example()},
      {"hint pct for an opaque token", "RFC 7662 2.1, contract 4.2", Hint("pct"), Example()},
      {"hint access_token for the shape of a JWT", "RFC 7662 2.1",
       Request{.body = "token=" + KnownTokenNamed("the shape of a JWT").token +
                       "&token_type_hint=access_token"},
       AnswerOf("the shape of a JWT")},
      {"hint pct for an unknown token", "RFC 7662 2.1",
       Request{.body = "token=x&token_type_hint=pct"}, Inactive()},
      {"an empty hint", "RFC 6749 3.1", Hint(""), Example()},
      {"a hint without equals sign", "RFC 6749 3.1", Request{.body = kToken + "&token_type_hint"},
       Example()},
      {"an escaped hint", "RFC 6749 B", Hint("%61ccess%5Ftoken"), Example()},
      {"hint refresh_token", "contract 4.2", Hint("refresh_token"),
       BadRequest("unsupported_token_type")},
      {"hint refresh_token for an unknown token", "contract 4.2",
       Request{.body = "token=x&token_type_hint=refresh_token"},
       BadRequest("unsupported_token_type")},
      {"another hint", "contract 4.2", Hint("id_token"), BadRequest()},
      {"hint in another case", "contract 4.2", Hint("Access_Token"), BadRequest()},
      {"hint with a space", "contract 4.2", Hint("access_token+"), BadRequest()},
      {"two hints in one", "contract 4.2", Hint("access_token,pct"), BadRequest()},
      {"reject_refresh: another hint", "contract 4.2", RefusesRefresh("id_token"), Example()},
      {"reject_refresh: access_token", "contract 4.2", RefusesRefresh("access_token"), Example()},
      {"reject_refresh: refresh_token", "contract 4.2", RefusesRefresh("refresh_token"),
       BadRequest("unsupported_token_type")},
      {"ignore: another hint", "contract 4.2", Lenient("id_token"), Example()},
      {"ignore: refresh_token", "contract 4.2", Lenient("refresh_token"), Example()},
      {"ignore: nonsense", "contract 4.2", Lenient("%00%ff"), Example()},

      // The scopes that the token must all carry.
      {"one scope", "contract 4.2", Scope("read"), Example()},
      {"the last scope", "contract 4.2", Scope("dolphin"), Example()},
      {"all scopes in another order", "contract 4.2", Scope("dolphin+read+write"), Example()},
      {"scopes with %20 between", "contract 4.2", Scope("read%20write"), Example()},
      {"a scope twice", "contract 4.2", Scope("read+read"), Example()},
      {"an empty scope", "contract 4.2", Scope(""), Example()},
      {"a scope without equals sign", "RFC 6749 3.1", Request{.body = kToken + "&scope"},
       Example()},
      {"a scope that the token lacks", "contract 4.2", Scope("admin"), Inactive()},
      {"one of two scopes is lacking", "contract 4.2", Scope("read+admin"), Inactive()},
      {"the beginning of a scope", "contract 4.2", Scope("rea"), Inactive()},
      {"the end of a scope", "contract 4.2", Scope("phin"), Inactive()},
      {"a longer scope", "contract 4.2", Scope("reads"), Inactive()},
      {"a scope in another case", "RFC 6749 3.3", Scope("READ"), Inactive()},
      {"scopes with a comma between", "RFC 6749 3.3", Scope("read,write"), Inactive()},
      {"a scope of a token without scopes", "contract 4.2", ScopeOf("nothing but exp", "read"),
       Inactive()},
      {"a scope that the claims escape", "contract 4.2", ScopeOf("escaped strings", "read"),
       AnswerOf("escaped strings")},
      {"a scope whose name the claims escape", "contract 4.2", ScopeOf("escaped names", "read"),
       AnswerOf("escaped names")},
      {"a scope of an expired token", "contract 4.2", ScopeOf("expired", ""), Inactive()},

      // Tokens that nobody knows.
      {"unknown", "I01", Request{.body = "token=" + std::string(support::kUnknownToken)},
       Inactive()},
      {"one letter", "I01", Request{.body = "token=x"}, Inactive()},
      {"a JWT of nobody", "I01", Request{.body = "token=eyJhbGciOiJub25lIn0.e30."}, Inactive()},
      {"error: unknown", "contract 4.4", TellsUnknown(std::string(support::kUnknownToken)),
       UnknownToken()},
      {"error: a JWT of an issuer that is not configured", "contract 4.4",
       TellsUnknown("eyJhbGciOiJub25lIn0.e30."), UnknownToken()},
      {"error: a token longer than any", "contract 4.4", TellsUnknown(std::string(20'000, 'x')),
       UnknownToken()},
      {"error: active", "contract 4.4", TellsUnknown(std::string(support::kExampleToken)),
       Example()},
      {"error: expired just now", "contract 4.4", TellsUnknown(KnownTokenNamed("expired").token),
       Inactive()},
      {"error: revoked", "contract 4.4", TellsUnknown(KnownTokenNamed("revoked").token),
       Inactive()},
      {"error: not yet valid", "contract 4.4", TellsUnknown(KnownTokenNamed("not yet valid").token),
       Inactive()},
      {"error: hit by a rule", "contract 4.4", TellsUnknown(KnownTokenNamed("rule on sub").token),
       Inactive()},
  };
}

}  // namespace introspectd::conformance
