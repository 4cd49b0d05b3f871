// What the threads say to each other; everything else they know of one another is in shared.h.
//
// Threads: values, handed over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "api/introspect_endpoint.h"
#include "client/registry.h"
#include "client/used_assertions.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "jose/trust.h"
#include "journal/loader.h"
#include "tls/context.h"

namespace introspectd::server {

// Credentials were verified, or could not be.
struct Verified {
  std::uint64_t generation = 0;        // of the registry that they were verified with
  crypto::Sha256 digest{};             // of the pair that is good
  std::optional<std::uint32_t> index;  // whose it is; nothing: not good, or not verified
  std::vector<http::Ticket> tickets;   // the requests of the receiver that wait for it
  http::Resumption resumption = http::Resumption::kRetry;
};

// A new configuration. Keys, TLS and the clients' accounts are the receiver's own.
struct NewRegistry {
  std::shared_ptr<const client::Registry> registry;
  Limits limits;
  std::shared_ptr<const jose::Trust> trust;
  std::vector<api::ClientAccount*> accounts;  // borrowed for ever
  std::shared_ptr<const tls::Context> tls;    // none: plain
};

// Other keys of the owners of that generation of the registry.
struct NewKeys {
  std::uint64_t generation = 0;
  std::shared_ptr<const jose::Trust> trust;
};
// What became of WantKeys.
struct KeysAsked {
  std::uint64_t generation = 0;
  std::size_t owner = 0;
  bool good = false;
  std::int64_t cooldown_until_ms = 0;  // on the boot clock
};

struct AssertionUsed {
  http::Ticket ticket;
  client::Use use = client::Use::kFull;
};

// There is something to answer: sockets that were passed on are taken up.
struct Listen {};
struct Drain {};
struct Stop {};

using ToWorker =
    std::variant<Verified, NewRegistry, NewKeys, KeysAsked, AssertionUsed, Listen, Drain, Stop>;

struct VerifyForWorker {
  std::uint32_t worker = 0;
  api::VerificationRequest request;
};
// From the control loop to itself: no session is resumed before it has said that it waits.
struct VerifyForAdmin {
  api::VerificationRequest request;
};
// A token or an assertion of a key that is not known; the answer is KeysAsked.
struct WantKeys {
  std::uint32_t worker = 0;
  std::uint64_t generation = 0;  // of the registry whose owners are meant
  std::size_t owner = 0;
};
// An assertion whose signature is good; the answer is AssertionUsed.
struct UseAssertion {
  std::uint32_t worker = 0;
  http::Ticket ticket;
  client::AssertionName name{};
  UnixSeconds exp = 0;
};
struct RegistryTaken {
  std::uint64_t generation = 0;
};
struct Drained {};

// From the journal's threads.
struct Loaded {
  absl::Status status;
};
struct GroupKept {};

using ToControl = std::variant<VerifyForWorker, VerifyForAdmin, WantKeys, UseAssertion,
                               RegistryTaken, Drained, journal::Kept, Loaded, GroupKept>;

}  // namespace introspectd::server
