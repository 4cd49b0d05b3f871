// One keep-alive connection: requests out, answers in, several on their way at once.
//
// Threads: loop-confined.
// Limits:  `depth` requests on their way; an answer of at most 64 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/answer.h"
#include "load/requests.h"
#include "load/schedule.h"

namespace introspectd::load {

class Connection {
 public:
  // Takes over `fd`, which must not block.
  Connection(int fd, std::size_t depth);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  std::size_t on_their_way() const { return asked_ - answered_; }
  bool HasRoom() const { return open() && on_their_way() < intended_.size(); }

  // Adds a request, meant to leave at `intended`, to what Send() writes. Needs HasRoom().
  void Ask(Requests& requests, Nanos intended);

  // Writes what the socket takes. False when the connection is lost.
  [[nodiscard]] bool Send();

  enum class Received : std::uint8_t { kAll, kMore, kLost };
  // Reads once. kMore: there may be more to read at once.
  [[nodiscard]] Received Receive();
  // When the kernel had the last bytes that Receive took, on the clock of CLOCK_REALTIME; 0 when it
  // did not say. Costs a clock reading of the kernel per packet once anybody asks for it.
  Nanos arrived_at() const { return arrived_at_; }

  // The next answer among what was received (borrowed until the next Receive), and when its
  // request was meant to leave. An answer that nobody asked for is malformed.
  [[nodiscard]] AnswerState NextAnswer(Answer& answer, Nanos& intended);

  // Gives up what is on its way.
  void Close();

 private:
  int fd_;
  std::vector<Nanos> intended_;  // a ring, by number of the request
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::string output_;
  std::vector<char> input_;
  std::size_t parsed_ = 0;  // of input_
  std::size_t filled_ = 0;
  Nanos arrived_at_ = 0;
};

}  // namespace introspectd::load
