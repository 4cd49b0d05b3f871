#include "introspectd/introspection.h"
#include "text/ascii.h"
#include "text/json_walker.h"

namespace introspectd {

namespace {

constexpr std::string_view kActive = R"({"active":true)";

bool HasScope(std::string_view scopes, std::string_view wanted) {
  while (!scopes.empty()) {
    if (text::TakeUntil(scopes, ' ') == wanted) return true;
  }
  return false;
}

bool HasAllScopes(std::string_view scopes, std::string_view wanted) {
  while (!wanted.empty()) {
    const std::string_view scope = text::TakeUntil(wanted, ' ');
    if (!scope.empty() && !HasScope(scopes, scope)) return false;
  }
  return true;
}

// What a protected resource must know whatever else it may: without it, it would take the token for
// one that is good for longer, or for any bearer.
bool MustStay(std::string_view name, std::string_view value) {
  return name == "exp" || name == "cnf" ||
         (name == "token_type" && !text::EqualsIgnoreCase(value, "\"bearer\""));
}

}  // namespace

Verdict Introspector::Ask(const Question& question, const Caller& caller, UnixSeconds now) {
  return Weigh(reader_.Find(question.token, now), question.scope, caller);
}

Verdict Introspector::Ask(const VerifiedToken& token, std::string_view scope, const Caller& caller,
                          UnixSeconds now) {
  return Weigh(reader_.Judge(token, now), scope, caller);
}

Verdict Introspector::Weigh(const Store::Finding& found, std::string_view scope,
                            const Caller& caller) {
  if (found.state == TokenState::kUnknown) return {.kind = Verdict::Kind::kUnknown};
  Verdict verdict{.kind = Verdict::Kind::kInactive, .state = found.state};
  if (found.state == TokenState::kActive && caller.MayKnow(found.token, reader_.issuer()) &&
      HasAllScopes(found.token.scope().value_or(""), scope)) {
    verdict.kind = Verdict::Kind::kActive;
    verdict.body = Visible(found.token, caller);
  }
  return verdict;
}

std::string_view Introspector::Visible(const TokenView& token, const Caller& caller) {
  if (caller.sees_all_members()) return token.answer();
  visible_ = kActive;
  text::JsonWalker members(token.answer());
  members.Take();  // "active"
  members.Take();
  while (!members.AtEnd()) {
    const std::string_view quoted = members.Take();
    const std::string_view value = members.Take();
    const std::string_view name = quoted.substr(1, quoted.size() - 2);
    if (!caller.Sees(name) && !MustStay(name, value)) continue;
    visible_ += ',';
    visible_ += quoted;
    visible_ += ':';
    visible_ += value;
  }
  visible_ += '}';
  return visible_;
}

}  // namespace introspectd
