// The store: which tokens are good, held in memory, read by many threads while one changes it.
//
// Threads: one writer at a time (the thread that owns the Store); each reading thread has its own
//          Reader. Readers never wait, take no lock and write to no memory that is shared.
// Owner:   whoever created it; it outlives its Readers.
// Limits:  1,024 readers. Memory: what an issuer's tokens share is kept once; beyond what differs,
// a
//          token takes some 70 bytes, or some 120 when nothing of it is shared.
//
// Truth is decided when reading: a token that has expired, or that a revocation or a rule hits, is
// not active, whatever has been cleaned up so far. Revocation is final (see update.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "introspectd/time.h"
#include "introspectd/token.h"

namespace introspectd {

namespace token {
class Record;
class Writer;
}  // namespace token

// Why a token is active or not. Callers of the endpoint only ever learn "active" or "inactive".
enum class TokenState : std::uint8_t {
  kUnknown,  // not in the store, or no longer remembered (300 s after its end)
  kActive,
  kExpired,      // now >= exp
  kNotYetValid,  // now < nbf
  kRevoked,      // by token, or by digest
  kRevokedJti,
  kRevokedRule,
};

// What the store holds of one token. Borrowed: valid until the Reader's next look-up, or until it
// leaves. Of a token that was revoked, or was dead when it came, nothing is held but that.
class TokenView {
 public:
  TokenView() = default;
  explicit TokenView(const token::Record* record) : record_(record) {}

  // The active answer (contract 4.3), a whole JSON object without white space.
  std::string_view answer() const;
  UnixSeconds exp() const;

  // Unescaped strings; nullopt when the member is absent.
  std::optional<std::string_view> issuer() const;
  std::optional<std::string_view> client_id() const;
  std::optional<std::string_view> scope() const;
  std::size_t audience_count() const;
  std::string_view audience(std::size_t i) const;  // i < audience_count()

 private:
  const token::Record* record_ = nullptr;
};

// A token that was found good elsewhere, and is good unless the store knows better: a JWT.
// Borrowed.
struct VerifiedToken {
  TokenDigest digest;
  std::optional<TokenDigest> twin;  // of the same token with the other signature that ECDSA allows
  const token::Record* record = nullptr;
  std::int64_t leeway_s = 0;  // for nbf
};

struct StoreOptions {
  std::string issuer;                             // that of tokens that name none
  std::int64_t token_lifetime_max_s = 2'592'000;  // L of contract 5
  bool kept = true;  // whether a journal asks what was staged (token::Writer::staged)
};

struct StoreStatus {
  std::uint64_t tokens = 0;       // upserts held, expired ones that are not swept yet included
  std::uint64_t revocations = 0;  // by token, digest and jti
  std::uint64_t rules = 0;
  std::uint64_t sequence = 0;        // the highest one seen
  std::uint64_t record_bytes = 0;    // as taken from the system
  std::uint64_t template_bytes = 0;  // what records share
  std::uint64_t index_bytes = 0;
  std::uint64_t rule_bytes = 0;  // and of revoked jtis

  std::uint64_t bytes() const { return record_bytes + template_bytes + index_bytes + rule_bytes; }
};

class Store {
 public:
  explicit Store(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  struct Finding {
    TokenState state = TokenState::kUnknown;
    TokenView token;        // unless kUnknown
    std::uint8_t rule = 0;  // kRevokedRule: a token::RuleShape
  };

  // Thread-confined. Enter and Leave enclose a batch of look-ups, and nothing that waits.
  class Reader {
   public:
    explicit Reader(Store& store);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void Enter();
    void Leave();
    bool inside() const;
    const std::string& issuer() const;  // that of tokens that name none

    // Between Enter and Leave. Two or three cache misses; no allocation.
    Finding Find(const TokenDigest& digest, UnixSeconds now);

    // The same for a token whose claims come from elsewhere: its times, and every revocation that
    // hits it or its twin. What was pushed of it is of no meaning. Never kUnknown.
    Finding Judge(const VerifiedToken& verified, UnixSeconds now);

    // For several tokens at once, so that their cache misses overlap: Prefetch each, some look-ups
    // later PrefetchRecord each, some look-ups later Find each.
    void Prefetch(const TokenDigest& digest) const;
    void PrefetchRecord(const TokenDigest& digest) const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  // A reader's stay: it enters here, and leaves at the end of the scope.
  class Visit {
   public:
    explicit Visit(Reader& reader) : reader_(reader) { reader_.Enter(); }
    ~Visit() { reader_.Leave(); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Reader& reader_;
  };

  // The writer's side; what changes the store is src/token/writer.h, behind Updater (update.h).
  token::Writer& writer();
  StoreStatus status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd
