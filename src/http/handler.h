// What a session asks of whoever knows what the requests mean.
//
// Threads: loop-confined. Views are borrowed until the call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/response.h"
#include "introspectd/time.h"

namespace introspectd::crypto {
struct PeerCertificate;
}

namespace introspectd::http {

// Who is at the other end of a connection, for as long as it lasts.
struct Peer {
  // Equal for equal addresses (of IPv6: networks of 64 bits); 0: not known, as of a unix socket.
  std::uint64_t address = 0;
  const crypto::PeerCertificate* certificate = nullptr;  // none: it has shown none
};
inline constexpr Peer kUnknownPeer{};

// Names one request of one connection, for an answer that comes later. A ticket whose request is
// over names nothing any more.
struct Ticket {
  std::uint32_t slot = 0;        // of the connection, in its worker
  std::uint32_t generation = 0;  // of the slot
  std::uint32_t request = 0;     // of the connection
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// How a request that was pending goes on.
enum class Resumption : std::uint8_t {
  kNone,         // it was not pending
  kRetry,        // what it waited for is there
  kItsTurn,      // it waited for time, and now there is some
  kKeysFetched,  // an issuer's keys are as new as can be
  kRefused,      // the credentials were verified, and are wrong
  kUnavailable,  // it can't be told, for now
};

// A body that is made while it is sent.
class Source {
 public:
  virtual ~Source() = default;
  // Appends the next part, in the order of 64 KiB; false when it was the last one.
  virtual bool Pull(std::string& out, Now now) = 0;
};

// One request on its way to an answer.
struct Exchange {
  const Head& head;
  std::string_view body;  // OnRequest of a buffered body only
  const Peer& peer;
  Ticket ticket;
  Resumption resumption = Resumption::kNone;
  Now now;
  Now asked;  // when all that it is asked about had come; before `now` when it was pending since
  // What the handler noted of this very head (byte for byte) on this connection; 0 = nothing yet.
  std::uint64_t& note;

  // The answer: set, and kAnswered returned. The body must live until the next call, but for
  // OnDeferred, which may come before it is copied.
  Reply reply{};
  std::unique_ptr<Source> source{};  // instead of reply's body
  std::string_view source_type{};
  bool close = false;  // behind this answer
  // OnHead with kBuffer: the same bytes would get the same plan whenever they came, so that they
  // need not be asked about again on this connection.
  bool always = false;
  std::uint32_t deferred = 0;  // kDeferred: what the handler calls this answer
};

// A method that the referee does not know must be answered on the head.
enum class Plan : std::uint8_t {
  kBuffer,  // OnRequest once the body is whole
  kStream,  // OnBody as it comes, then OnRequest
  kAnswered,
  kPending,  // nothing more is parsed until the session is resumed; then OnHead again
};

enum class Progress : std::uint8_t {
  kAnswered,
  kPending,   // until the session is resumed; then OnRequest again
  kDeferred,  // it can be answered, and will be a moment later, together with others
};

class Handler {
 public:
  virtual ~Handler() = default;

  virtual Plan OnHead(Exchange& exchange) = 0;
  // False: enough for now, no more until the session is resumed.
  virtual bool OnBody(std::string_view part, Now now) = 0;
  virtual Progress OnRequest(Exchange& exchange) = 0;
  // The answer to a request that was deferred; borrowed until the next call.
  virtual Reply OnDeferred(std::uint32_t deferred, Now now) = 0;
  // The answer to what the gate or a limit refused (400, 408, 413, 414, 417, 431, 503, 505).
  virtual std::string_view RefusalBody(int status) = 0;
};

}  // namespace introspectd::http
