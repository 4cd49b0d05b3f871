// Claims: checks what an issuer says of a token and puts it into the answer's form.
//
// Threads: one builder, one thread.
// Source:  contract 4.3 and 5.
// Cost:    one pass; no allocation in the steady state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "introspectd/token.h"
#include "json/document.h"
#include "token/record.h"

namespace introspectd::update {

// What is wrong with a line: a sentence for the pusher, without any of its values. Empty = nothing.
using Reason = std::string;

// A NumericDate that is an integer, and far enough from overflow to be added to.
inline bool IsTime(const json::Value& value) {
  return value.type == json::Type::kInteger && value.integer >= 0 &&
         value.integer < std::int64_t{1} << 53;
}

class ClaimsBuilder {
 public:
  explicit ClaimsBuilder(const json::Parser& parser) : parser_(parser) {}

  // `claims` is an object of the parser's document. Members keep their order and, byte for byte,
  // their values; `active` and a `jti` that is the token itself are left out; `aud` becomes an
  // array; `token_type` and `extended_claims` are added when missing. Doing it again changes
  // nothing.
  Reason Build(const json::Value& claims, const TokenDigest& digest, token::Claims& out);

 private:
  // A string that does not stand in the answer as it is, and goes behind it.
  struct Unescaped {
    token::Span16* span;
    std::string_view text;
  };

  Reason Add(const json::Member& member, const TokenDigest& digest);
  Reason AddText(const json::Member& member, token::Field field);
  Reason AddTime(const json::Member& member, UnixSeconds& time);
  Reason AddAudience(const json::Member& member);
  Reason CheckTokenType(const json::Member& member);
  Reason CheckConfirmation(const json::Member& member);
  void Append(const json::Member& member);
  void AppendName(const json::Member& member);
  void Locate(const json::Value& string, token::Span16& span);
  void Finish();

  const json::Parser& parser_;
  token::Claims* out_ = nullptr;
  std::vector<json::Member> members_;
  std::vector<json::Member> confirmation_;
  std::vector<json::Value> elements_;
  std::vector<Unescaped> unescaped_;
  bool has_exp_ = false;
  bool has_token_type_ = false;
  bool has_extended_claims_ = false;
  bool has_jkt_ = false;
};

}  // namespace introspectd::update
