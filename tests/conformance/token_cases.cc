// What is said of each token, and to whom (contract 4.3 and 4.4).

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "fmt/format.h"
#include "support/world.h"
#include "text/form.h"

namespace introspectd::conformance {

namespace {

using support::Basic;

Request By(std::string_view id, std::string_view secret, std::string_view token_name) {
  return {.authorization = Basic(id, secret),
          .body = "token=" + text::EncodeForm(KnownTokenNamed(token_name).token)};
}
Request Limited(std::string_view token_name) { return By("limited", kLimitedSecret, token_name); }
Request Own(std::string_view token_name) { return By("own", kOwnSecret, token_name); }
Request Members(std::string_view token_name) { return By("members", kMembersSecret, token_name); }

Expectation AnswerOf(std::string_view name) { return Active(KnownTokenNamed(name).answer); }
Expectation ActiveWith(std::string_view members) { return Active(support::WithTimes(members)); }

}  // namespace

// Every known token, as the gateway sees it.
Cases TokenCases() {
  Cases cases;
  for (const KnownToken& known : KnownTokens()) {
    const Request request{.body = "token=" + text::EncodeForm(known.token)};
    const bool active = !known.answer.empty();
    cases.emplace_back(known.name, active ? "contract 4.3" : "I01, contract 4.4", request,
                       active ? Active(known.answer) : Inactive());
  }
  return cases;
}

Cases VisibilityCases() {
  return {
      // One audience, the server's own issuer.
      {"limited: its audience", "contract 4.4", Limited("example"), Example()},
      {"limited: its audience as a string", "contract 4.4", Limited("aud as a string"),
       AnswerOf("aud as a string")},
      {"limited: its audience among others", "contract 4.4", Limited("aud as an array"),
       AnswerOf("aud as an array")},
      {"limited: its audience escaped", "contract 4.4", Limited("escaped strings"),
       AnswerOf("escaped strings")},
      {"limited: another audience", "I14, contract 4.4", Limited("another aud"), Inactive()},
      {"limited: an audience that differs in its last byte", "contract 4.4",
       Limited("aud that differs in its last byte"), Inactive()},
      {"limited: no audience", "contract 4.4", Limited("nothing but exp"), Inactive()},
      {"limited: its audience, another issuer", "I14, contract 4.4", Limited("another issuer"),
       Inactive()},
      {"limited: expired", "I01", Limited("expired"), Inactive()},
      {"limited: revoked", "I01", Limited("revoked"), Inactive()},

      // Another audience, and the tokens that are its own.
      {"own: its own token", "contract 2", Own("of the client own"), AnswerOf("of the client own")},
      {"own: its own token without audience", "contract 4.4", Own("of the client own, without aud"),
       AnswerOf("of the client own, without aud")},
      {"own: its audience", "contract 4.4", Own("another aud"), AnswerOf("another aud")},
      {"own: a token of another client", "contract 4.4", Own("example"), Inactive()},
      {"own: a token without audience and client", "contract 4.4", Own("nothing but exp"),
       Inactive()},
      {"limited: another client's own token", "contract 4.4", Limited("of the client own"),
       Inactive()},

      // Some members only.
      {"members: those named, and exp", "contract 2", Members("example"),
       ActiveWith(R"({"active":true,"scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
                  R"("exp":@+3600})")},
      {"members: none of those named", "contract 2", Members("nothing but exp"),
       ActiveWith(R"({"active":true,"exp":@+900})")},
      {"members: cnf and DPoP stay", "contract 2", Members("cnf with jkt"),
       ActiveWith(R"({"active":true,"scope":"read",)"
                  R"("cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},)"
                  R"("exp":@+900,"token_type":"DPoP"})")},
      {"members: cnf of a certificate stays", "A12, contract 2", Members("cnf with a certificate"),
       ActiveWith(
           R"({"active":true,"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},)"
           R"("exp":@+900})")},
      {"members: a name that the claims escape", "contract 2", Members("escaped names"),
       ActiveWith(R"({"active":true,"scope":"read","exp":@+900})")},
      {"members: extension members go", "contract 2", Members("nested members"),
       ActiveWith(R"({"active":true,"exp":@+900})")},
      {"members: a scope is checked before it is hidden", "contract 4.2",
       Request{.authorization = Basic("members", kMembersSecret),
               .body = "token=2YotnFZFEjr1zCsicMWpAA&scope=dolphin"},
       ActiveWith(R"({"active":true,"scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
                  R"("exp":@+3600})")},
      {"members: inactive", "contract 4.4", Members("revoked"), Inactive()},
  };
}

}  // namespace introspectd::conformance
