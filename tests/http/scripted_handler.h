// A handler whose answer stands in the path that is asked for, and that writes down what it is
// asked.
//
//   GET  /now             answered on the head
//   GET  /bye             answered on the head, and the connection closes
//   GET  /source          an answer that is made while it is sent
//   POST /echo            answers with what it was sent
//   POST /again           like /echo, and OnHead need not be asked twice about one head
//   POST /deferred        like /again, but the answer comes when the session is settled
//   POST /stream          takes the body part by part, then answers like /echo
//   /head-later, /later, /stream-later: pending on the head, on the request, behind the stream
//   anything else         404 on the head; a method that llhttp does not know: 405
//
// Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/handler.h"

namespace introspectd::http {

class ScriptedHandler final : public Handler {
 public:
  Plan OnHead(Exchange& exchange) override;
  bool OnBody(std::string_view part, Now now) override;
  Progress OnRequest(Exchange& exchange) override;
  Reply OnDeferred(std::uint32_t deferred, Now now) override;
  std::string_view RefusalBody(int status) override;

  // Every answer was given: the names of deferred ones begin anew.
  void ForgetDeferred() { deferred_.clear(); }
  std::size_t deferred_count() const { return deferred_.size(); }

  // The ticket of the request that waits, once.
  std::optional<Ticket> TakeTicket() { return std::exchange(waiting_, std::nullopt); }

  int source_parts = 3;              // of /source
  std::size_t deferred_pad = 0;      // bytes behind every deferred answer
  std::size_t pause_every = 0;       // bytes of a streamed body; 0 = never
  std::vector<std::string> asked;    // "POST /echo token=x", in the order of their answers
  std::vector<std::string> heads;    // what OnHead was asked about, each time
  std::vector<std::uint64_t> notes;  // as OnRequest found them
  std::vector<int> refused;          // what the session refused by itself
  std::vector<std::uint64_t> peers;  // addresses of those whose heads came

 private:
  bool Waits(Exchange& exchange);
  void Answer(Exchange& exchange);

  std::optional<Ticket> waiting_;
  Ticket streaming_;
  std::string streamed_;
  std::size_t unpaused_ = 0;
  std::string body_;
  std::vector<std::string> deferred_;
  std::string deferred_body_;
};

}  // namespace introspectd::http
