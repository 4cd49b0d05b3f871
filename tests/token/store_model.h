// The store as contract 5 tells it: plain maps, one thread, nothing clever.
//
// Threads: values; a copy is a snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "introspectd/store.h"
#include "token/rules.h"
#include "token/said.h"
#include "token/table.h"

namespace introspectd::token {

class StoreModel {
 public:
  StoreModel(std::string issuer, std::int64_t token_lifetime_max_s)
      : issuer_(std::move(issuer)), longest_life_(token_lifetime_max_s + 300) {}

  void Upsert(const TokenDigest& digest, std::uint64_t sequence, const Said& said, UnixSeconds now);
  void Revoke(const TokenDigest& digest, std::uint64_t sequence, Record::Memory memory,
              UnixSeconds now);
  void RevokeJti(const std::string& iss, const std::string& jti, std::uint64_t sequence,
                 UnixSeconds end);
  void AddRule(const RuleMembers& members, std::uint64_t sequence, UnixSeconds issued_before,
               UnixSeconds end);
  void Sweep(std::size_t shard, UnixSeconds now);

  TokenState StateOf(const TokenDigest& digest, UnixSeconds now) const;
  std::string AnswerOf(const TokenDigest& digest) const { return tokens_.at(digest).said.answer; }

  std::size_t tokens() const;
  std::size_t revocations() const { return tokens_.size() - tokens() + jtis_.size(); }
  std::size_t rules() const { return rules_.size(); }
  std::uint64_t sequence() const { return sequence_; }

 private:
  struct Token {
    bool revoked = false;
    bool ended = false;  // its exp had passed when it came
    Said said;
    std::uint64_t sequence = 0;
    Record::Memory memory;

    bool Remembered(UnixSeconds now) const { return now < memory.end + 300; }
  };
  using Text = std::optional<std::string>;
  using RuleMap = std::map<std::tuple<Text, Text, Text, Text>, RuleValue>;

  // What is still known of the token, or nullptr.
  Token* Find(const TokenDigest& digest, UnixSeconds now);
  Record::Memory Outlast(Record::Memory memory, UnixSeconds now) const;
  bool HitByRule(const Said& said, UnixSeconds now) const;
  bool JtiRevoked(const Said& said, UnixSeconds now) const;
  void Saw(std::uint64_t sequence) { sequence_ = std::max(sequence_, sequence); }

  std::string issuer_;
  std::int64_t longest_life_;
  std::uint64_t sequence_ = 0;
  std::map<TokenDigest, Token> tokens_;
  std::map<std::pair<std::string, std::string>, UnixSeconds> jtis_;
  RuleMap rules_;
};

}  // namespace introspectd::token
