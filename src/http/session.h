// A session: the requests of one connection, in order, and their answers. Bytes in, bytes out.
//
//   kHead → kBody | kChunks | kStream → (kPending) → kHead → … → kClosing
//
// Threads: loop-confined.
// Owner:   server::Connection.
// Limits:  HttpLimits.
// Source:  RFC 9112; contract 3.
//
// 1. Bytes are only held while a request is not whole, or an answer must be waited for.
// 2. Nothing behind a request that closes the connection is ever read as a request.
// 3. A head that is byte for byte the one before it on this connection is not parsed again: the
// same
//    bytes have the same meaning. Gateways send the same head with every token.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunk_gate.h"
#include "http/gate.h"
#include "http/handler.h"
#include "http/referee.h"
#include "introspectd/config.h"

namespace introspectd::http {

class Session {
 public:
  Session(const HttpLimits& limits, Handler& handler, DateCache& date);
  ~Session();

  // A new connection in the place of an old one. `peer` is borrowed for as long as it lasts.
  void Open(std::uint32_t slot, std::uint32_t generation, Now now, const Peer& peer = kUnknownPeer);

  // The connection is over: cleanses what its buffers held, and gives their memory back.
  void Forget();

  // Takes over `in`, and appends to `out` what there is to say.
  void Receive(std::string_view in, Now now, std::string& out);
  // The client will send no more.
  void ReceiveEnd(Now now, std::string& out);
  // What waited for `ticket` may go on; nothing happens when it is no longer waited for.
  void Resume(const Ticket& ticket, Resumption resumption, Now now, std::string& out);
  // Goes on after the output was written: more of a long answer, or requests that were held back.
  void Continue(Now now, std::string& out);
  // The deadline has passed.
  void Expire(Now now, std::string& out);
  // Appends the answers that were deferred.
  void Settle(Now now, std::string& out);
  // No requests after those that are here, or the next one when there are none: the last answer
  // says so. A client that asks nothing has kDrainIdle_ms.
  void Drain(Now now);
  // Limits have changed: what was found good under the old ones is looked at anew.
  void ForgetHead() { known_ = {}; }

  bool wants_input() const;
  // Nothing more will be said.
  bool closing() const { return state_ == State::kClosing && deferred_.empty(); }
  bool has_deferred() const { return !deferred_.empty(); }
  std::size_t answers_owed() const { return deferred_.size(); }
  // Continue has something to do.
  bool has_more() const { return source_ != nullptr || stopped_; }
  // On the boot clock, in milliseconds; kNoDeadline while the session waits for nobody.
  std::int64_t deadline_ms() const { return deadline_ms_; }
  bool idle() const;
  // What it has allocated.
  std::size_t allocated_bytes() const {
    return deferred_.capacity() * sizeof(Deferred) + held_.capacity() + head_bytes_.capacity() +
           body_.capacity() + source_part_.capacity() + known_bytes_.capacity();
  }

  static constexpr std::int64_t kNoDeadline = INT64_MAX;
  static constexpr std::uint32_t kDrainIdle_ms = 3000;

 private:
  enum class State : std::uint8_t {
    kHead,          // reading a head
    kHeadWhole,     // the handler is to be asked about it
    kBody,          // reading a buffered body of known length, which stays where it is
    kChunks,        // reading a buffered chunked body into body_
    kStream,        // reading a body that the handler takes part by part
    kWhole,         // the handler is to be asked about the request (its body in body_, if any)
    kPendingHead,   // the handler waits for something; then kHeadWhole
    kPendingBody,   // … then kBody
    kPendingWhole,  // … then kWhole
    kPaused,        // … then kStream
    kSource,        // sending an answer that is made while it is sent
    kClosing,
  };
  enum class Next : std::uint8_t { kGoOn, kWait };

  bool reading() const;
  bool ends_here() const { return draining_ && !more_behind_; }
  std::uint32_t IdleLimit() const;
  void BeginTurn();
  bool TurnIsOver(const std::string& out) const;
  void Run(Now now, std::string& out);
  std::size_t Process(std::string_view in, Now now, std::string& out);
  Next Step(std::string_view in, std::size_t& at, Now now, std::string& out);
  Next StepHead(std::string_view message, Now now, std::string& out);
  Next StepHeadWhole(std::string_view message, std::size_t& at, Now now, std::string& out);
  Next BeginBody(Plan plan, const Exchange& exchange, std::string_view message, std::size_t& at,
                 std::string& out);
  Next StepBody(std::string_view message, std::size_t& at, Now now, std::string& out);
  Next StepChunks(std::string_view rest, std::size_t& at, Now now, std::string& out);
  Next StepStream(std::string_view rest, std::size_t& at, Now now, std::string& out);
  Next StepWhole(std::string_view rest, Now now, std::string& out);
  Progress AskAboutRequest(const Head& head, std::string_view body, Now now, std::string& out);
  bool DecodeChunks(std::string_view bytes, std::size_t& used, bool& last);
  void Answer(const Head& head, Exchange& exchange, Now now, std::string& out);
  void FinishRequest(bool close, Now now);
  Next Refuse(int status, Now now, std::string& out, bool with_body = true);
  void PullSource(Now now, std::string& out);
  void Remember(std::string_view message, const Head& head);
  const Head& CurrentHead(std::string_view message);
  Exchange MakeExchange(const Head& head, std::string_view body, Now now);
  Next WaitFor(std::uint32_t ms, Now now);
  Next Pend(State state, Now now);

  const HttpLimits& limits_;
  Handler& handler_;
  DateCache& date_;

  State state_ = State::kClosing;
  const Peer* peer_ = &kUnknownPeer;
  Ticket ticket_;
  Resumption resumption_ = Resumption::kNone;
  std::optional<Now> pending_since_;
  std::int64_t deadline_ms_ = kNoDeadline;
  bool waiting_ = false;  // the deadline of this state is set already
  bool draining_ = false;
  bool more_behind_ = false;  // there is input behind the request under way
  bool end_of_input_ = false;
  bool stopped_ = false;  // a limit of output was reached; held_ may have requests
  std::uint32_t answered_in_turn_ = 0;

  // Answers that the handler owes, in order.
  struct Deferred {
    std::uint32_t name;
    Persistence persistence;
  };
  std::vector<Deferred> deferred_;

  std::string held_;  // input that could not be used up yet
  Gate gate_;
  Referee referee_;
  ChunkGate chunk_gate_;
  Head head_;                    // what CurrentHead made last
  std::string head_bytes_;       // the head, once its bytes are used up; otherwise empty
  std::string body_;             // decoded chunks
  std::uint64_t body_left_ = 0;  // of a streamed body with Content-Length
  bool stream_over_ = false;
  std::unique_ptr<Source> source_;
  bool source_chunked_ = false;
  bool close_behind_source_ = false;
  std::string source_part_;

  std::string_view known_;      // known_bytes_, or nothing that is known
  std::string known_bytes_;     // the last head that is always followed by a buffered body
  Head known_head_;             // its views are into known_bytes_
  bool at_known_head_ = false;  // the request under way has it
  std::uint64_t note_ = 0;      // the handler's, about known_bytes_
  std::uint64_t no_note_ = 0;
};

}  // namespace introspectd::http
