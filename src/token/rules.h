// Revocations that name no token: rules over members, and (issuer, jti) pairs.
//
// Threads: confined to whoever holds the side (see turnstile.h).
// Cost:    a look-up for each combination of members that some rule uses; nothing without rules.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "introspectd/time.h"

namespace introspectd::token {

// The members of one token, or of one rule: absent members do not take part.
struct RuleMembers {
  std::optional<std::string_view> iss;  // in a rule: absent = of every issuer
  std::optional<std::string_view> sub;
  std::optional<std::string_view> client_id;
  std::optional<std::string_view> sid;
};

struct RuleValue {
  UnixSeconds issued_before = 0;
  UnixSeconds end = 0;
  std::uint64_t sequence = 0;

  friend bool operator==(const RuleValue&, const RuleValue&) = default;
};

// Four members, each with its presence, as one string: the key of a rule. An (iss, jti) pair is
// such a key too, with the jti in a fifth place.
std::string RuleKey(const RuleMembers& members);
std::string JtiKey(std::string_view iss, std::string_view jti);
RuleMembers MembersOf(std::string_view rule_key);
std::pair<std::string_view, std::string_view> IssAndJtiOf(std::string_view jti_key);

// Which members a rule names, one bit each.
using RuleShape = std::uint8_t;
std::string NamesOf(RuleShape shape);  // "sub+client_id"

class Rules {
 public:
  // Which members the rule names that hits a token with these members (`iss` present) and this iat
  // (kNever: none); 0: no rule does. `scratch` is overwritten; it keeps its memory from call to
  // call.
  RuleShape Hit(const RuleMembers& token, UnixSeconds iat, UnixSeconds now,
                std::string& scratch) const;
  bool JtiRevoked(std::string_view iss, std::string_view jti, UnixSeconds now,
                  std::string& scratch) const;
  bool any_jti() const { return !jtis_.empty(); }
  std::size_t bytes() const;  // about what its entries take

  const RuleValue* FindRule(const std::string& key) const;
  const RuleValue* FindJti(const std::string& key) const;
  void PutRule(const std::string& key, const RuleValue& value);
  void PutJti(const std::string& key, const RuleValue& value);
  void EraseRule(const std::string& key);
  void EraseJti(const std::string& key);

  using Map = absl::flat_hash_map<std::string, RuleValue>;
  const Map& rules() const { return rules_; }
  const Map& jtis() const { return jtis_; }

 private:
  static constexpr std::size_t kShapes = 16;  // which of the four members a rule names

  Map rules_;
  Map jtis_;
  std::size_t key_bytes_ = 0;
  std::array<std::uint32_t, kShapes> rules_of_shape_{};
};

}  // namespace introspectd::token
