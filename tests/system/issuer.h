// An issuer that knows what it may rely on: what it pushed, what was acknowledged, and so what the
// server must say of each of its tokens, whatever happened to the server in between.
//
// Threads: Push is one thread's; RevokedToken is thread-safe; the rest is for when nothing runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/admin_client.h"
#include "support/wire.h"

namespace introspectd::system_test {

class Issuer {
 public:
  Issuer(std::string name, std::uint32_t seed) : name_(std::move(name)), random_(seed) {}

  // Pushes one random batch to the node called `node`. False when it was not acknowledged: what is
  // in it is unknown.
  bool Push(support::AdminClient& admin, int node = 0);

  struct Revoked {
    std::string token;
    int node = 0;                                   // that acknowledged it
    std::chrono::steady_clock::time_point told_at;  // when it had
  };
  // One whose revocation was acknowledged, mostly of late; none when there is none yet.
  std::optional<Revoked> RevokedToken(std::uint32_t random) const;

  // Compares what the server says with what it must say, and takes what it says of unknown outcomes
  // for what is. Of all tokens, or of those pushed since the last check and some others. Returns
  // what is wrong.
  std::vector<std::string> Check(support::Connection& server, bool all);

  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Token {
    int version = 0;  // of the newest upsert that was acknowledged; 0 = none
    int version_sent = 0;
    bool revoked = false;  // acknowledged
    bool revocation_sent = false;
  };

  std::string NameOf(std::size_t token) const { return name_ + "-" + std::to_string(token); }
  std::size_t SomeToken();
  std::string Wrong(std::size_t token, std::optional<int> version);

  const std::string name_;
  std::mt19937 random_;
  std::vector<Token> tokens_;
  std::size_t checked_ = 0;  // tokens before were not touched since the last check
  std::uint64_t acknowledged_ = 0;
  mutable std::mutex mutex_;
  std::vector<Revoked> revoked_;  // under mutex_
};

}  // namespace introspectd::system_test
