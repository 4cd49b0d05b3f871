// Whom a worker trusts: issuers, and clients that sign, as configured, and their keys made ready
// for its thread.
//
// Threads: Issuers and AssertionClients are immutable. A KeyRing belongs to the thread that
// verifies with it; it is made
//          aside, and handed over as part of a Trust.
// Limits:  as many keys as a set may have.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signature.h"
#include "introspectd/config.h"
#include "introspectd/time.h"
#include "jose/jwk.h"
#include "jose/jws.h"

namespace introspectd::jose {

// By SignatureAlgorithm.
using AlgorithmSet = std::bitset<crypto::kSignatureAlgorithms>;

// Of names that were checked.
AlgorithmSet AlgorithmsOf(const std::vector<std::string>& names);

inline bool Allows(const AlgorithmSet& algorithms, crypto::SignatureAlgorithm algorithm) {
  return algorithms.test(static_cast<std::size_t>(algorithm));
}

struct Issuer {
  explicit Issuer(const IssuerConfig& config);

  // `type`: the header's, if it has one.
  bool Accepts(std::optional<std::string_view> type) const;

  IssuerConfig config;
  AlgorithmSet algorithms;
  bool any_audience = false;
  bool needs_no_type = false;
  std::vector<std::string> types;  // lower case, short; never those of other kinds of JWTs
};

class Issuers {
 public:
  explicit Issuers(const std::vector<IssuerConfig>& configs);

  const std::vector<Issuer>& all() const { return all_; }
  // Compared byte for byte; its place in all().
  std::optional<std::size_t> Find(std::string_view issuer) const;

 private:
  std::vector<Issuer> all_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// A client that proves itself by assertions (private_key_jwt).
struct AssertionClient {
  AssertionClient(const ClientConfig& config, const IntrospectionConfig& server,
                  std::uint32_t place);

  bool IsAudience(std::string_view audience) const;

  std::string id;
  std::uint32_t index = 0;  // among all configured clients
  AlgorithmSet algorithms;
  std::vector<std::string> audiences;  // this server's names
};

class AssertionClients {
 public:
  explicit AssertionClients(const Config& config);

  const std::vector<AssertionClient>& all() const { return all_; }
  std::optional<std::size_t> Find(std::string_view id) const;

 private:
  std::vector<AssertionClient> all_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// The keys of an owner, an issuer or a client, ready for verifying on one thread.
class KeyRing {
 public:
  struct Key {
    std::optional<std::string> kid;
    crypto::Sha256 thumbprint;
    std::vector<crypto::SignatureVerifier> verifiers;  // one for each algorithm that may be used
  };

  // Some 50 µs for each key and algorithm. The library may be in use elsewhere meanwhile.
  KeyRing(std::shared_ptr<const crypto::Library> library, const AlgorithmSet& algorithms,
          const JwkSet& set);
  KeyRing(std::shared_ptr<const crypto::Library> library, const Issuer& issuer, const JwkSet& set)
      : KeyRing(std::move(library), issuer.algorithms, set) {}

  bool HasKid(std::string_view kid) const;
  // Whether that key is there, and may still be used with that algorithm.
  bool Has(const crypto::Sha256& thumbprint, crypto::SignatureAlgorithm algorithm) const;

  // The keys that may have signed: those of the kid, or without a kid the first kTriedMax that fit.
  static constexpr std::size_t kTriedMax = 4;
  struct Candidate {
    crypto::SignatureVerifier* verifier = nullptr;
    const Key* key = nullptr;
  };
  std::size_t Find(const Header& header, std::array<Candidate, kTriedMax>& out);

 private:
  std::shared_ptr<const crypto::Library> library_;  // outlives the keys
  std::vector<Key> keys_;
};

struct OwnersKeys {
  std::shared_ptr<KeyRing> ring;       // none: never had
  UnixMicros asked_us = 0;             // the set is not older than that
  std::int64_t stale_at_ms = 0;        // on the boot clock: not to be believed from then on
  std::int64_t cooldown_until_ms = 0;  // on the boot clock: nobody will fetch before
  std::int64_t wait_ms = 1'000;        // how long a request may wait for them
};

// A whole state of the world, swapped in as one. `keys` goes by owner: the issuers by their place,
// then the clients by theirs.
struct Trust {
  std::shared_ptr<const Issuers> issuers;
  std::vector<OwnersKeys> keys;
  std::shared_ptr<const AssertionClients> clients = nullptr;  // none: there are none

  std::size_t OwnerOfClient(std::size_t client) const { return issuers->all().size() + client; }
};

}  // namespace introspectd::jose
