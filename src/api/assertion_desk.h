// Where a worker brings client assertions: their signature is verified here, and whether they were
// used before is asked of the one who knows for all workers.
//
//   Ask → refused
//       → no time for a signature, or no keys → SignatureQueue → Ask again
//       → good → `use` → Used → Ask again, which only remembers
//
// Threads: loop-confined.
// Limits:  a connection waits with one request, and what became of it is kept until its next one.
// Source:  RFC 7523 2.2 and 3; contract 4.1.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/signature_queue.h"
#include "client/presented.h"
#include "client/used_assertions.h"
#include "http/handler.h"
#include "introspectd/time.h"
#include "jose/assertion_verifier.h"

namespace introspectd::api {

// An assertion of a good signature, about to be used.
struct AssertionUse {
  http::Ticket ticket;
  std::string_view client;  // its id; borrowed, as is
  std::string_view jti;
  UnixSeconds exp = 0;
};

class AssertionDesk {
 public:
  using UseHook = std::function<void(const AssertionUse& use)>;  // Used will answer

  // `queue` is borrowed, and resumes what waits in it.
  AssertionDesk(std::size_t assertion_bytes_max, SignatureQueue& queue, UseHook use);

  struct Answer {
    enum class Kind : std::uint8_t { kGood, kRefused, kUnavailable, kPending };
    Kind kind = Kind::kRefused;
    std::uint32_t client = 0;  // kGood: its index among all clients
  };
  // `form` has an assertion.
  Answer Ask(const client::FormCredentials& form, const http::Exchange& exchange);

  // The request may ask again.
  void Used(const http::Ticket& ticket, client::Use use);

  void SetBytesMax(std::size_t bytes_max) { verifier_.SetBytesMax(bytes_max); }
  // A new configuration, or other keys of the same owners.
  void SetTrust(std::shared_ptr<const jose::Trust> trust);
  void SetKeys(std::shared_ptr<const jose::Trust> trust) { verifier_.SetTrust(std::move(trust)); }
  void SetCooldown(std::size_t owner, std::int64_t until_ms) {
    verifier_.SetCooldown(owner, until_ms);
  }

 private:
  // A request whose assertion was brought to be used: it is not to be taken for its own replay.
  struct Request {
    http::Ticket ticket;
    Answer answer;             // kPending: it is not known yet
    std::uint64_t trusts = 0;  // that it was verified with
  };

  Request* Find(const http::Ticket& ticket);
  static Answer Known(const Request& request, const http::Exchange& exchange);
  Answer TakeGood(const jose::AssertionVerifier::Outcome& outcome, const http::Exchange& exchange);
  Answer WaitForKeys(std::size_t owner, const http::Exchange& exchange);

  SignatureQueue& queue_;
  const UseHook use_;
  jose::AssertionVerifier verifier_;
  std::uint64_t trusts_ = 0;       // that there have been
  std::vector<Request> requests_;  // by slot of the connection
};

}  // namespace introspectd::api
