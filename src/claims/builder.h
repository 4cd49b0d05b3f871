// Claims: checks what an issuer says of a token and puts it into the answer's form.
//
// Threads: one builder, one thread.
// Source:  contract 4.3 to 5; RFC 7519 4; RFC 9068 2.2.
// Cost:    one pass; no allocation in the steady state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "claims/names.h"
#include "introspectd/token.h"
#include "json/document.h"
#include "token/record.h"

namespace introspectd::claims {

// What is wrong with a line: a sentence for the pusher, without any of its values. Empty = nothing.
using Reason = std::string;

// A NumericDate that is an integer, and far enough from overflow to be added to.
inline bool IsTime(const json::Value& value) {
  return value.type == json::Type::kInteger && value.integer >= 0 &&
         value.integer < std::int64_t{1} << 53;
}

class Builder {
 public:
  explicit Builder(const json::Parser& parser) : parser_(parser) {}

  // `claims` is an object of the parser's document. Members keep their order and, byte for byte,
  // their values; `active` and a `jti` that is the token itself are left out; `aud` becomes an
  // array; `token_type` and `extended_claims` are added when missing. Doing it again changes
  // nothing.
  Reason Build(const json::Value& claims, const TokenDigest& digest, token::Claims& out);

  // The parser's document is the payload of a JWT. Beyond the above: times may have fractions
  // (`exp` is rounded down, `nbf` and `iat` up); `scope`, or without it `scp`, may be an array, and
  // becomes one string; `client_id` is added from `azp`, `cid` or `appid` when missing; what is no
  // access token is refused.
  Reason BuildFromJwt(const TokenDigest& digest, token::Claims& out);

 private:
  // A string that does not stand in the answer as it is, and goes behind it.
  struct Unescaped {
    token::Span16* span;
    std::string_view text;
  };

  Reason BuildAll(const std::vector<json::Member>& members, const TokenDigest& digest,
                  token::Claims& out);
  Reason Add(const json::Member& member, const TokenDigest& digest);
  Reason Check(const json::Member& member, Kind kind);
  Reason AddText(const json::Member& member, token::Field field);
  Reason AddTime(const json::Member& member, UnixSeconds& time);
  Reason AddDate(const json::Member& member, UnixSeconds& time);
  Reason AddScopes(const json::Member& member);
  Reason AddClient();
  void PlanJwt(const std::vector<json::Member>& members);
  Reason ReadTexts(const json::Member& member);
  Reason AddAudience(const json::Member& member);
  Reason CheckTokenType(const json::Member& member);
  Reason CheckConfirmation(const json::Member& member);
  void Append(const json::Member& member, Kind kind);
  void AppendName(const json::Member& member, Kind kind);
  void Locate(const json::Value& string, token::Span16& span);
  void Finish();

  const json::Parser& parser_;
  Origin origin_ = Origin::kPush;
  token::Claims* out_ = nullptr;
  std::vector<json::Member> members_;
  std::vector<json::Member> confirmation_;
  std::vector<json::Value> elements_;
  std::vector<Unescaped> unescaped_;
  bool has_exp_ = false;
  bool has_token_type_ = false;
  bool has_extended_claims_ = false;
  bool has_jkt_ = false;
  const json::Member* scope_ = nullptr;   // kJwt: which member is the scope
  const json::Member* client_ = nullptr;  // kJwt: which one stands for a missing client_id
  std::string scopes_;                    // kJwt: unescaped
};

}  // namespace introspectd::claims
