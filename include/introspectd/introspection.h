// Introspection (RFC 7662): is this token good, and what may this caller know of it?
//
// Threads: Caller is immutable; an Introspector is confined to the thread of its Store::Reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/config.h"
#include "introspectd/store.h"
#include "introspectd/time.h"

namespace introspectd {

// What a protected resource may know, made ready for asking.
class Caller {
 public:
  // `issuer` is introspection.issuer.
  Caller(const ClientConfig& client, const std::string& issuer);

  const std::string& id() const { return id_; }
  UnknownToken unknown_token() const { return unknown_token_; }
  UnsupportedHint unsupported_hint() const { return unsupported_hint_; }

  // Whether the token is any of this caller's business; all comparisons byte for byte.
  bool MayKnow(const TokenView& token, std::string_view default_issuer) const {
    return IsIssuer(token, default_issuer) && IsConcerned(token);
  }
  // Its two halves: issued by one of those, and meant for it.
  bool IsIssuer(const TokenView& token, std::string_view default_issuer) const;
  bool IsConcerned(const TokenView& token) const;
  bool sees_all_members() const { return members_.empty(); }
  bool Sees(std::string_view member) const;

 private:
  bool IsAudience(const TokenView& token) const;

  std::string id_;
  std::vector<std::string> audiences_;
  std::vector<std::string> issuers_;
  std::vector<std::string> members_;
  bool any_audience_;
  bool any_issuer_;
  bool own_tokens_;
  UnknownToken unknown_token_;
  UnsupportedHint unsupported_hint_;
};

struct Question {
  TokenDigest token;
  std::string_view scope;  // scopes that the token must all carry; empty = none
};

// What is answered unless the verdict is kActive, whatever the cause (RFC 7662 2.2).
inline constexpr std::string_view kInactiveAnswer = R"({"active":false})";

struct Verdict {
  enum class Kind : std::uint8_t {
    kActive,  // `body` is the answer
    kInactive,
    kUnknown,  // nobody said anything of this token
  };
  Kind kind = Kind::kInactive;
  TokenState state = TokenState::kUnknown;
  std::string_view body;  // borrowed: from the store until its reader leaves, or until the next Ask
};

class Introspector {
 public:
  explicit Introspector(Store::Reader& reader) : reader_(reader) {}  // borrowed

  // The reader must be inside. No allocation in the steady state.
  Verdict Ask(const Question& question, const Caller& caller, UnixSeconds now);
  // About a token that was verified elsewhere; `scope` as in a Question.
  Verdict Ask(const VerifiedToken& token, std::string_view scope, const Caller& caller,
              UnixSeconds now);

 private:
  Verdict Weigh(const Store::Finding& found, std::string_view scope, const Caller& caller);
  std::string_view Visible(const TokenView& token, const Caller& caller);

  Store::Reader& reader_;
  std::string visible_;
};

}  // namespace introspectd
