// What can happen to the store: one update, checked, with its sequence.
//
// Threads: values, handed over to the store's writer.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "introspectd/time.h"
#include "introspectd/token.h"
#include "token/record.h"

namespace introspectd::token {

// The record carries digest and sequence; claims, or a marker.
struct Upsert {
  RecordPtr record;
  UnixSeconds end = 0;  // the latest exp seen of the token, as another node says; 0 = not said
};

struct RevokeToken {
  TokenDigest digest;
  std::uint64_t sequence = 0;
  Record::Memory memory;  // for how long
};

struct RevokeJti {
  std::string key;  // rules.h
  std::uint64_t sequence = 0;
  UnixSeconds end = 0;
};

// One key for each issuer that the rule covers.
struct AddRule {
  std::vector<std::string> keys;
  std::uint64_t sequence = 0;
  UnixSeconds issued_before = 0;
  UnixSeconds end = 0;
};

using Update = std::variant<Upsert, RevokeToken, RevokeJti, AddRule>;

// The one token that it is about; nullptr: it names none.
inline const TokenDigest* TokenOf(const Update& update) {
  if (const auto* upsert = std::get_if<Upsert>(&update)) return &upsert->record->digest();
  const auto* revoke = std::get_if<RevokeToken>(&update);
  return revoke != nullptr ? &revoke->digest : nullptr;
}

inline std::uint64_t SequenceOf(const Update& update) {
  const auto* upsert = std::get_if<Upsert>(&update);
  if (upsert != nullptr) return upsert->record->sequence();
  if (const auto* revoke = std::get_if<RevokeToken>(&update)) return revoke->sequence;
  if (const auto* revoke = std::get_if<RevokeJti>(&update)) return revoke->sequence;
  return std::get<AddRule>(update).sequence;
}

inline void SetSequence(Update& update, std::uint64_t sequence) {
  if (auto* upsert = std::get_if<Upsert>(&update)) {
    upsert->record->SetSequence(sequence);
  } else if (auto* revoke = std::get_if<RevokeToken>(&update)) {
    revoke->sequence = sequence;
  } else if (auto* jti = std::get_if<RevokeJti>(&update)) {
    jti->sequence = sequence;
  } else {
    std::get<AddRule>(update).sequence = sequence;
  }
}

}  // namespace introspectd::token
