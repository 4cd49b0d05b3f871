#include "token/store_model.h"

#include <algorithm>

namespace introspectd::token {

namespace {

Record::Memory Merged(Record::Memory a, Record::Memory b) {
  if (a.known && !b.known) return a;
  if (b.known && !a.known) return b;
  return {a.known, std::max(a.end, b.end)};
}

}  // namespace

StoreModel::Token* StoreModel::Find(const TokenDigest& digest, UnixSeconds now) {
  const auto found = tokens_.find(digest);
  return found != tokens_.end() && found->second.Remembered(now) ? &found->second : nullptr;
}

Record::Memory StoreModel::Outlast(Record::Memory memory, UnixSeconds now) const {
  return {memory.known, memory.end > now ? memory.end : now + longest_life_};
}

void StoreModel::Upsert(const TokenDigest& digest, std::uint64_t sequence, const Said& said,
                        UnixSeconds now) {
  Saw(sequence);
  if (said.jti) {
    const auto jti = jtis_.find({said.iss.value_or(issuer_), *said.jti});
    if (jti != jtis_.end() && now < jti->second) jti->second = std::max(jti->second, said.exp);
  }
  Token fresh{.ended = said.exp <= now,
              .said = said,
              .sequence = sequence,
              .memory = Outlast({.known = true, .end = said.exp}, now)};
  Token* old = Find(digest, now);
  if (old == nullptr) {
    tokens_[digest] = fresh;
    return;
  }
  fresh.memory = old->memory = Merged(fresh.memory, old->memory);
  const auto rank = [](const Token& token) {
    return std::pair(token.sequence, crypto::Sha256Of(token.said.answer));
  };
  if (!old->revoked && rank(fresh) > rank(*old)) *old = fresh;
}

void StoreModel::Revoke(const TokenDigest& digest, std::uint64_t sequence, Record::Memory memory,
                        UnixSeconds now) {
  Saw(sequence);
  memory = Outlast(memory, now);
  const Token* old = Find(digest, now);
  if (old != nullptr) memory = Merged(memory, old->memory);
  tokens_[digest] = {.revoked = true, .memory = memory};
}

void StoreModel::RevokeJti(const std::string& iss, const std::string& jti, std::uint64_t sequence,
                           UnixSeconds end) {
  Saw(sequence);
  UnixSeconds& known = jtis_[{iss, jti}];
  known = std::max(known, end);
}

void StoreModel::AddRule(const RuleMembers& members, std::uint64_t sequence,
                         UnixSeconds issued_before, UnixSeconds end) {
  Saw(sequence);
  const auto text = [](std::optional<std::string_view> member) {
    return member ? Text(std::string(*member)) : std::nullopt;
  };
  RuleValue& rule =
      rules_[{text(members.iss), text(members.sub), text(members.client_id), text(members.sid)}];
  rule.issued_before = std::max(rule.issued_before, issued_before);
  rule.end = std::max(rule.end, end);
}

void StoreModel::Sweep(std::size_t shard, UnixSeconds now) {
  std::erase_if(tokens_, [=](const auto& entry) {
    return Table::ShardOf(entry.first) == shard && !entry.second.Remembered(now);
  });
  std::erase_if(jtis_, [=](const auto& entry) { return entry.second <= now; });
  std::erase_if(rules_, [=](const auto& entry) { return entry.second.end <= now; });
}

TokenState StoreModel::StateOf(const TokenDigest& digest, UnixSeconds now) const {
  const auto found = tokens_.find(digest);
  if (found == tokens_.end() || !found->second.Remembered(now)) return TokenState::kUnknown;
  const Token& token = found->second;
  if (token.revoked) return TokenState::kRevoked;
  if (token.ended || now >= token.said.exp) return TokenState::kExpired;
  if (now < token.said.nbf) return TokenState::kNotYetValid;
  if (JtiRevoked(token.said, now)) return TokenState::kRevokedJti;
  return HitByRule(token.said, now) ? TokenState::kRevokedRule : TokenState::kActive;
}

bool StoreModel::JtiRevoked(const Said& said, UnixSeconds now) const {
  if (!said.jti) return false;
  const auto found = jtis_.find({said.iss.value_or(issuer_), *said.jti});
  return found != jtis_.end() && now < found->second;
}

bool StoreModel::HitByRule(const Said& said, UnixSeconds now) const {
  const auto matches = [](const Text& rule, const Text& token) { return !rule || rule == token; };
  return std::any_of(rules_.begin(), rules_.end(), [&](const auto& entry) {
    const auto& [iss, sub, client_id, sid] = entry.first;
    return matches(iss, said.iss.value_or(issuer_)) && matches(sub, said.sub) &&
           matches(client_id, said.client_id) && matches(sid, said.sid) && now < entry.second.end &&
           (said.iat == kNever || said.iat <= entry.second.issued_before);
  });
}

std::size_t StoreModel::tokens() const {
  return static_cast<std::size_t>(std::count_if(
      tokens_.begin(), tokens_.end(), [](const auto& entry) { return !entry.second.revoked; }));
}

}  // namespace introspectd::token
