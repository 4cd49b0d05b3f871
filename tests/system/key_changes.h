// An issuer that changes its keys while several threads ask a node about its tokens, new and old.
//
// Threads: one owner, which alone talks with the issuer; the threads that ask are its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "support/jwt_peers.h"
#include "system/jwt_world.h"
#include "system/node.h"

namespace introspectd::system_test {

class KeyChanges {
 public:
  KeyChanges(support::JwtIssuer& issuer, Node& node) : issuer_(issuer), node_(node) {}
  ~KeyChanges() { ended_ = true; }
  KeyChanges(const KeyChanges&) = delete;
  KeyChanges& operator=(const KeyChanges&) = delete;

  // False when the first token does not become active.
  bool Start();
  // By turns: a key is replaced, one joins the others, the older ones go.
  void Round(int number);
  bool AllRight();  // so far
  // Asks about all tokens once more. Once.
  void Finish();

  // For after Finish.
  const std::vector<std::string>& wrong() const { return wrong_; }
  std::int64_t asked() const { return asked_; }
  std::int64_t not_now() const { return not_now_; }

 private:
  struct Token {
    Token(int its_number, int its_key, std::string its_text)
        : number(its_number), key(its_key), text(std::move(its_text)) {}
    const int number;
    const int key;
    const std::string text;
    std::atomic<bool> published = true;  // false from before its key is taken away
  };
  // What one connection, and so one worker, has said of a token.
  struct Heard {
    bool active = false;
    bool inactive = false;
  };

  void Run(unsigned seed);
  void AskAbout(Connection& connection, const Token& token, Heard& heard);
  const Token* SomeToken(std::mt19937& random);
  void Wrong(const Token& token, std::string_view what);

  Token& Issue();
  // All keys before `first` go.
  void TakeAwayBefore(int first);
  // A new token is active soon, and then those without a key are not, on any worker.
  void Settle(const Token& newest);
  Verdict Asked(const Token& token) const;

  support::JwtIssuer& issuer_;
  Node& node_;
  std::mt19937 pauses_{1};
  int key_ = 0;  // the newest
  int unknown_kids_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<std::int64_t> asked_ = 0;
  std::atomic<std::int64_t> not_now_ = 0;
  std::mutex mutex_;
  std::deque<Token> tokens_;        // grows under mutex_
  std::vector<std::string> wrong_;  // under mutex_
  std::vector<std::jthread> askers_;
};

}  // namespace introspectd::system_test
