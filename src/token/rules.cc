#include "token/rules.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace introspectd::token {

namespace {

using Text = std::optional<std::string_view>;

// A shape is a set of members, one bit each.
constexpr std::size_t kIss = 1;
constexpr std::size_t kSub = 2;
constexpr std::size_t kClientId = 4;
constexpr std::size_t kSid = 8;

void AppendPart(const Text& text, std::string& key) {
  const std::uint32_t size = text ? static_cast<std::uint32_t>(text->size()) : ~0u;
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  if (text) key.append(*text);
}

Text TakePart(std::string_view& key) {
  std::uint32_t size;
  CHECK(key.size() >= sizeof size);
  std::memcpy(&size, key.data(), sizeof size);
  key.remove_prefix(sizeof size);
  if (size == ~0u) return std::nullopt;
  CHECK(size <= key.size());
  const std::string_view text = key.substr(0, size);
  key.remove_prefix(size);
  return text;
}

void BuildRuleKey(const RuleMembers& members, std::string& key) {
  key.clear();
  AppendPart(members.iss, key);
  AppendPart(members.sub, key);
  AppendPart(members.client_id, key);
  AppendPart(members.sid, key);
}

void BuildJtiKey(std::string_view iss, std::string_view jti, std::string& key) {
  key.clear();
  AppendPart(iss, key);
  AppendPart(jti, key);
}

std::size_t ShapeOf(const RuleMembers& members) {
  return (members.iss ? kIss : 0u) | (members.sub ? kSub : 0u) |
         (members.client_id ? kClientId : 0u) | (members.sid ? kSid : 0u);
}

// The members of a token that a rule of `shape` would name; false when the token lacks one.
bool Project(const RuleMembers& token, std::size_t shape, RuleMembers& out) {
  const auto project = [shape](std::size_t bit, const Text& from, Text& to) {
    if ((shape & bit) == 0) return true;
    to = from;
    return from.has_value();
  };
  return project(kIss, token.iss, out.iss) && project(kSub, token.sub, out.sub) &&
         project(kClientId, token.client_id, out.client_id) && project(kSid, token.sid, out.sid);
}

const RuleValue* FindIn(const Rules::Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::string RuleKey(const RuleMembers& members) {
  std::string key;
  BuildRuleKey(members, key);
  return key;
}

std::string JtiKey(std::string_view iss, std::string_view jti) {
  std::string key;
  BuildJtiKey(iss, jti, key);
  return key;
}

RuleMembers MembersOf(std::string_view rule_key) {
  RuleMembers members;
  members.iss = TakePart(rule_key);
  members.sub = TakePart(rule_key);
  members.client_id = TakePart(rule_key);
  members.sid = TakePart(rule_key);
  return members;
}

std::pair<std::string_view, std::string_view> IssAndJtiOf(std::string_view jti_key) {
  const Text iss = TakePart(jti_key);
  const Text jti = TakePart(jti_key);
  CHECK(iss && jti);
  return {*iss, *jti};
}

std::string NamesOf(RuleShape shape) {
  constexpr std::array<std::pair<std::size_t, std::string_view>, 4> kNames{
      {{kIss, "iss"}, {kSub, "sub"}, {kClientId, "client_id"}, {kSid, "sid"}}};
  std::string names;
  for (const auto& [bit, name] : kNames) {
    if ((shape & bit) == 0) continue;
    if (!names.empty()) names += '+';
    names += name;
  }
  return names;
}

RuleShape Rules::Hit(const RuleMembers& token, UnixSeconds iat, UnixSeconds now,
                     std::string& scratch) const {
  if (rules_.empty()) return 0;
  for (std::size_t shape = 0; shape < kShapes; ++shape) {
    RuleMembers members;
    if (rules_of_shape_[shape] == 0 || !Project(token, shape, members)) continue;
    BuildRuleKey(members, scratch);
    const RuleValue* rule = FindRule(scratch);
    // A token without iat is hit by every rule: kNever is before every time.
    if (rule != nullptr && iat <= rule->issued_before && now < rule->end) {
      return static_cast<RuleShape>(shape);
    }
  }
  return 0;
}

bool Rules::JtiRevoked(std::string_view iss, std::string_view jti, UnixSeconds now,
                       std::string& scratch) const {
  if (jtis_.empty()) return false;
  BuildJtiKey(iss, jti, scratch);
  const RuleValue* found = FindJti(scratch);
  return found != nullptr && now < found->end;
}

const RuleValue* Rules::FindRule(const std::string& key) const { return FindIn(rules_, key); }
const RuleValue* Rules::FindJti(const std::string& key) const { return FindIn(jtis_, key); }

void Rules::PutRule(const std::string& key, const RuleValue& value) {
  if (!rules_.insert_or_assign(key, value).second) return;
  ++rules_of_shape_[ShapeOf(MembersOf(key))];
  key_bytes_ += key.size();
}

void Rules::PutJti(const std::string& key, const RuleValue& value) {
  if (jtis_.insert_or_assign(key, value).second) key_bytes_ += key.size();
}

void Rules::EraseRule(const std::string& key) {
  if (rules_.erase(key) == 0) return;
  --rules_of_shape_[ShapeOf(MembersOf(key))];
  key_bytes_ -= key.size();
}

void Rules::EraseJti(const std::string& key) {
  if (jtis_.erase(key) != 0) key_bytes_ -= key.size();
}

std::size_t Rules::bytes() const {
  return key_bytes_ + (rules_.capacity() + jtis_.capacity()) * sizeof(Map::value_type);
}

}  // namespace introspectd::token
