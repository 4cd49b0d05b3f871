// One keep-alive connection: requests out, answers in, several on their way at once.
//
// Threads: loop-confined.
// Limits:  `depth` requests on their way; an answer of at most 64 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/answer.h"
#include "load/expectation.h"
#include "load/requests.h"
#include "load/transport.h"
#include "net/loop.h"
#include "net/watch.h"

namespace introspectd::load {

// A request that is on its way.
struct Asked {
  Nanos intended = 0;  // when it was meant to leave
  Expectation expected;
};

class Connection {
 public:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshaking, kOpen };

  // `number` tells connections apart. `ready` is called when there is something to do.
  Connection(net::Loop& loop, std::size_t number, std::size_t depth, Protocol protocol,
             std::function<void()> ready);

  // Takes over `fd`, on its way to being connected; `tls` as for Transport.
  void Open(int fd, TlsClient* tls);
  void Close();
  State state() const { return state_; }
  bool open() const { return state_ == State::kOpen; }
  bool resumed() const { return transport_.resumed(); }

  // To be called when it is ready and not open yet: goes on; false when that failed.
  [[nodiscard]] bool GoOn();

  std::size_t on_their_way() const { return asked_ - answered_; }
  bool HasRoom() const { return open() && !retiring_ && on_their_way() < ring_.size(); }
  // No more is asked, so that it can be closed when all is answered.
  void Retire() { retiring_ = true; }
  bool retired() const { return open() && retiring_ && on_their_way() == 0; }

  // Adds a request to what Send() writes. Needs HasRoom().
  void Ask(Requests& requests, Nanos intended);

  // Writes what the socket takes. False when the connection is lost.
  [[nodiscard]] bool Send();

  enum class Received : std::uint8_t { kAll, kMore, kLost };
  // Reads once. kMore: there may be more to read at once.
  [[nodiscard]] Received Receive();
  // As Transport has it. Costs a clock reading of the kernel per packet.
  Nanos arrived_at() const { return transport_.arrived_at(); }

  // The next answer among what was received (borrowed until the next Receive), and its request. An
  // answer that nobody asked for is malformed.
  [[nodiscard]] AnswerState NextAnswer(Answer& answer, Asked& asked);

 private:
  void Want(bool writable);

  net::Loop& loop_;
  const std::size_t number_;
  const Protocol protocol_;
  const std::function<void()> ready_;
  State state_ = State::kClosed;
  Transport transport_;
  std::optional<net::Watch> watch_;
  bool wants_writable_ = false;
  bool retiring_ = false;
  std::vector<Asked> ring_;  // by number of the request
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::string output_;
  std::vector<char> input_;
  std::size_t parsed_ = 0;  // of input_
  std::size_t filled_ = 0;
};

}  // namespace introspectd::load
