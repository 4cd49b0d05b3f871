// The tokens that the server knows, each with its claims and the answer that follows from them.

#include "conformance/known_world.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

KnownToken Good(std::string_view name, std::string_view token, std::string_view claims,
                std::string_view answer) {
  return {name, std::string(token), support::WithTimes(claims), support::WithTimes(answer)};
}

KnownToken Dead(std::string_view name, std::string_view token, std::string_view claims) {
  return {name, std::string(token), support::WithTimes(claims), ""};
}

// Tokens of the client "bearer", for asking with: good ones, and such as fail in one way.
std::vector<KnownToken> Bearers() {
  const auto bearer = [](std::string_view name, std::string_view token, std::string_view members) {
    const std::string said =
        R"("exp":@+900,"token_type":"Bearer")" + std::string(members) + R"(,"extended_claims":{}})";
    return Good(name, token, "{" + said, R"({"active":true,)" + said);
  };
  return {
      bearer("a bearer", "bearer-good-5Hq2",
             R"(,"client_id":"bearer","scope":"a introspect","aud":["https://rs.example.net/",)"
             R"("https://introspect.example.com/introspect"])"),
      bearer("a bearer without the scope", "bearer-scope-8Kd1",
             R"(,"client_id":"bearer","scope":"introspection",)"
             R"("aud":["https://introspect.example.com/introspect"])"),
      bearer("a bearer for somebody else", "bearer-aud-3Vn7",
             R"(,"client_id":"bearer","scope":"introspect",)"
             R"("aud":["https://introspect.example.com/"])"),
      bearer("a bearer that is bound", "bearer-cnf-9Lw4",
             R"(,"client_id":"bearer","scope":"introspect","cnf":{"x5t#S256":"a"},)"
             R"("aud":["https://introspect.example.com/introspect"])"),
      bearer("a bearer of a client with a secret", "bearer-client-2Rm6",
             R"(,"client_id":"gateway","scope":"introspect",)"
             R"("aud":["https://introspect.example.com/introspect"])"),
      bearer("a bearer of another issuer", "bearer-issuer-7Tz0",
             R"(,"client_id":"bearer","scope":"introspect","iss":"https://issuer.example.org/",)"
             R"("aud":["https://introspect.example.com/introspect"])"),
  };
}

std::vector<KnownToken> GoodTokens() {
  return {
      {"example", std::string(support::kExampleToken), support::ExampleClaims(),
       support::ExampleAnswer()},
      {"request of RFC 7662", std::string(kRfcToken), support::ExampleClaims(),
       support::ExampleAnswer()},
      Good("nothing but exp", "nothing-but-exp-3kf9", R"({"exp":@+900})",
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("the longest life", "longest-life-81mx", R"({"exp":@+2591000,"iat":@-60})",
           R"({"active":true,"exp":@+2591000,"iat":@-60,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("nbf has passed", "nbf-has-passed-2xq0", R"({"exp":@+900,"nbf":@-1})",
           R"({"active":true,"exp":@+900,"nbf":@-1,"token_type":"Bearer","extended_claims":{}})"),
      Good("its own order", "its-own-order-7ypd",
           R"({"zeta":1,"extended_claims":{"a":[]},"sub":"s","exp":@+900,"client_id":"c"})",
           R"({"active":true,"zeta":1,"extended_claims":{"a":[]},"sub":"s","exp":@+900,)"
           R"("client_id":"c","token_type":"Bearer"})"),
      Good("aud as a string", "aud-as-a-string-9ww1",
           R"({"aud":"https://protected.example.net/resource","exp":@+900})",
           R"({"active":true,"aud":["https://protected.example.net/resource"],"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good(
          "aud as an array", "aud-as-an-array-1bz6",
          R"({"aud":["https://a.example/","https://protected.example.net/resource"],"exp":@+900})",
          R"({"active":true,"aud":["https://a.example/","https://protected.example.net/resource"],)"
          R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("another aud", "another-aud-5ktt",
           R"({"aud":["https://other.example.net/"],"client_id":"someone","exp":@+900})",
           R"({"active":true,"aud":["https://other.example.net/"],"client_id":"someone",)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("aud that differs in its last byte", "aud-last-byte-6qjz",
           R"({"aud":["https://protected.example.net/resource/"],"exp":@+900})",
           R"({"active":true,"aud":["https://protected.example.net/resource/"],"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good("another issuer", "another-issuer-0cnh",
           R"({"iss":"https://issuer.example.org/","aud":"https://protected.example.net/resource",)"
           R"("exp":@+900})",
           R"({"active":true,"iss":"https://issuer.example.org/",)"
           R"("aud":["https://protected.example.net/resource"],"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good("of the client own", "of-the-client-own-4rrd",
           R"({"client_id":"own","aud":["https://elsewhere.example/"],"exp":@+900})",
           R"({"active":true,"client_id":"own","aud":["https://elsewhere.example/"],)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("of the client own, without aud", "of-own-without-aud-8sgw",
           R"({"client_id":"own","exp":@+900})",
           R"({"active":true,"client_id":"own","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("cnf with jkt", "cnf-with-jkt-3hpa",
           R"({"scope":"read","cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},)"
           R"("exp":@+900})",
           R"({"active":true,"scope":"read",)"
           R"("cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},"exp":@+900,)"
           R"("token_type":"DPoP","extended_claims":{}})"),
      Good("token_type DPoP as given", "token-type-dpop-0vms",
           R"({"token_type":"DPoP","cnf":{"jkt":"abc"},"exp":@+900})",
           R"({"active":true,"token_type":"DPoP","cnf":{"jkt":"abc"},"exp":@+900,)"
           R"("extended_claims":{}})"),
      Good("cnf with a certificate", "cnf-with-x5t-6tua",
           R"({"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},"exp":@+900})",
           R"({"active":true,"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("escaped strings", "escaped-strings-2oej",
           R"({"iss":"https:\/\/server.example.com\/","username":"caf\u00e9 \ud83d\ude00 \"q\"",)"
           R"("aud":"https:\/\/protected.example.net\/resource","scope":"re\u0061d","exp":@+900})",
           R"({"active":true,"iss":"https:\/\/server.example.com\/",)"
           R"("username":"caf\u00e9 \ud83d\ude00 \"q\"",)"
           R"("aud":["https:\/\/protected.example.net\/resource"],"scope":"re\u0061d",)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      // A name that has a meaning is written plainly; one that has none, as it came.
      Good("escaped names", "escaped-names-9dfx",
           R"({"sc\u006fpe":"read","\u0078-name\/1":true,"exp":@+900})",
           R"({"active":true,"scope":"read","\u0078-name\/1":true,"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good("text in UTF-8", "text-in-utf8-5lzb", R"({"username":"Zoë Пётр 東京","exp":@+900})",
           R"({"active":true,"username":"Zoë Пётр 東京","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("numbers of every form", "numbers-of-every-form-1pch",
           R"({"n":[0,-0,1.10,1E5,1e+5,-2.50e-10,12345678901234567890,0.1000000000000000055511],)"
           R"("exp":@+900})",
           R"({"active":true,)"
           R"("n":[0,-0,1.10,1E5,1e+5,-2.50e-10,12345678901234567890,0.1000000000000000055511],)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("white space", "white-space-7uiv",
           " { \"a\" : [ 1 , { \"b  c\" : \" d \" } , null ]\t, \"exp\" :  @+900 } ",
           R"({"active":true,"a":[1,{"b  c":" d "},null],"exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("nested members", "nested-members-0xks",
           R"({"act":{"sub":"admin","act":{"sub":"root"}},"authorization_details":[{"type":"t"}],)"
           R"("extension":{"deep":{"deeper":[true,false,null,""]}},"exp":@+900})",
           R"({"active":true,"act":{"sub":"admin","act":{"sub":"root"}},)"
           R"("authorization_details":[{"type":"t"}],)"
           R"("extension":{"deep":{"deeper":[true,false,null,""]}},"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good("active:true is dropped", "active-is-dropped-8hny", R"({"active":true,"exp":@+900})",
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("a jti that is the token is dropped", "jti-is-the-token-3zqe",
           R"({"sub":"s","jti":"jti-is-the-token-3zqe","exp":@+900})",
           R"({"active":true,"sub":"s","exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("another jti stays", "another-jti-stays-6mbg", R"({"jti":"j-1","exp":@+900})",
           R"({"active":true,"jti":"j-1","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("scopes", "scopes-of-three-2cwl", R"({"scope":"read write profile","exp":@+900})",
           R"({"active":true,"scope":"read write profile","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("base64 characters", "a+b/c==.d~e_f-g", R"({"sub":"base64","exp":@+900})",
           R"({"active":true,"sub":"base64","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("a token with spaces", "a token with spaces & more = it%41", R"({"exp":@+900})",
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("a token in UTF-8", "t\xc3\xb6ken-\xe2\x82\xac-utf8", R"({"exp":@+900})",
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("the shape of a JWT", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
           R"({"exp":@+900})",
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      {"a long token", std::string(8000, 'L'), support::WithTimes(R"({"exp":@+900})"),
       support::WithTimes(
           R"({"active":true,"exp":@+900,"token_type":"Bearer","extended_claims":{}})")},
      Good("pushed twice", "pushed-twice-9rvo", R"({"sub":"second","exp":@+900})",
           R"({"active":true,"sub":"second","exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),

      // Next to what the rules hit.
      Good("newer than the rule", "newer-than-the-rule-1ejt",
           R"({"sub":"mallory","iat":@-50,"exp":@+900})",
           R"({"active":true,"sub":"mallory","iat":@-50,"exp":@+900,"token_type":"Bearer",)"
           R"("extended_claims":{}})"),
      Good("one of two members", "one-of-two-members-4yza",
           R"({"client_id":"app","sid":"s2","iat":@-200,"exp":@+900})",
           R"({"active":true,"client_id":"app","sid":"s2","iat":@-200,"exp":@+900,)"
           R"("token_type":"Bearer","extended_claims":{}})"),
      Good("same sub, another issuer", "same-sub-other-issuer-0fpk",
           R"({"sub":"eve","iss":"https://issuer.example.org/","iat":@-200,"exp":@+900})",
           R"({"active":true,"sub":"eve","iss":"https://issuer.example.org/","iat":@-200,)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
      Good("same jti, another issuer", "same-jti-other-issuer-5xwd",
           R"({"jti":"j-revoked","iss":"https://issuer.example.org/","exp":@+900})",
           R"({"active":true,"jti":"j-revoked","iss":"https://issuer.example.org/",)"
           R"("exp":@+900,"token_type":"Bearer","extended_claims":{}})"),
  };
}

std::vector<KnownToken> DeadTokens() {
  return {
      Dead("expired", "expired-long-ago-7bqs", R"({"exp":@-10,"iat":@-600})"),
      Dead("not yet valid", "not-yet-valid-3mwc", R"({"exp":@+3600,"nbf":@+1800})"),
      Dead("revoked", "revoked-by-token-9kdr", R"({"exp":@+900})"),
      Dead("revoked before its push", "revoked-before-push-2jty", R"({"exp":@+900})"),
      Dead("revoked by digest", "revoked-by-digest-6vgn", R"({"exp":@+900})"),
      Dead("revoked by half a digest", "revoked-by-half-digest-0ulp", R"({"exp":@+900})"),
      Dead("revoked, then pushed again", "revoked-then-pushed-8cxh", R"({"exp":@+900})"),
      Dead("revoked by jti", "revoked-by-jti-1gza",
           R"({"jti":"j-revoked","iss":"https://server.example.com/","exp":@+900})"),
      Dead("revoked by jti, issuer implied", "revoked-by-jti-implied-5ofe",
           R"({"jti":"j-revoked","exp":@+900})"),
      Dead("rule on sub", "rule-on-sub-4tnm", R"({"sub":"mallory","iat":@-200,"exp":@+900})"),
      Dead("rule on sub, at its second", "rule-at-its-second-7hru",
           R"({"sub":"mallory","iat":@-100,"exp":@+900})"),
      Dead("rule on sub, no iat", "rule-without-iat-3pxb", R"({"sub":"mallory","exp":@+900})"),
      Dead("rule on sub, any issuer", "rule-any-issuer-9evk",
           R"({"sub":"mallory","iss":"https://issuer.example.org/","iat":@-200,"exp":@+900})"),
      Dead("rule on client and sid", "rule-client-and-sid-2wqd",
           R"({"client_id":"app","sid":"s1","iat":@-200,"exp":@+900})"),
      Dead("rule on client", "rule-on-client-6ysj",
           R"({"client_id":"stolen","iat":@-200,"exp":@+900})"),
      Dead("rule on sid", "rule-on-sid-0nif", R"({"sid":"s-gone","iat":@-200,"exp":@+900})"),
      Dead("rule of one issuer", "rule-of-one-issuer-8lco",
           R"({"sub":"eve","iss":"https://server.example.com/","iat":@-200,"exp":@+900})"),
      Dead("rule of one issuer, issuer implied", "rule-issuer-implied-5amt",
           R"({"sub":"eve","iat":@-200,"exp":@+900})"),
      Dead("rule on an escaped sub", "rule-on-escaped-sub-1zwh",
           R"({"sub":"mall\u006fry","iat":@-200,"exp":@+900})"),
  };
}

}  // namespace

const std::vector<KnownToken>& KnownTokens() {
  static const std::vector<KnownToken> kTokens = [] {
    std::vector<KnownToken> tokens = GoodTokens();
    const std::vector<KnownToken> dead = DeadTokens();
    tokens.insert(tokens.end(), dead.begin(), dead.end());
    const std::vector<KnownToken> bearers = Bearers();
    tokens.insert(tokens.end(), bearers.begin(), bearers.end());
    return tokens;
  }();
  return kTokens;
}

}  // namespace introspectd::conformance
