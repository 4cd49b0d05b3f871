#include "load/connection.h"

#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "base/check.h"

namespace introspectd::load {

namespace {

constexpr std::size_t kInputBytes = std::size_t{64} << 10;

}  // namespace

Connection::Connection(net::Loop& loop, std::size_t number, std::size_t depth, Protocol protocol,
                       std::function<void()> ready)
    : loop_(loop),
      number_(number),
      protocol_(protocol),
      ready_(std::move(ready)),
      ring_(depth),
      input_(kInputBytes) {}

void Connection::Open(int fd, TlsClient* tls) {
  Close();
  transport_.Open(fd, tls);
  watch_.emplace(loop_, fd, ready_);
  watch_->Want(true, true);
  wants_writable_ = true;
  state_ = State::kConnecting;
}

void Connection::Close() {
  watch_.reset();
  transport_.Close();
  state_ = State::kClosed;
  retiring_ = false;
  answered_ = asked_;
  output_.clear();
  parsed_ = filled_ = 0;
}

void Connection::Want(bool writable) {
  if (std::exchange(wants_writable_, writable) != writable) watch_->Want(true, writable);
}

bool Connection::GoOn() {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    CHECK(getsockopt(transport_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    if (error != 0) return false;
    state_ = State::kHandshaking;
  }
  const std::ptrdiff_t done = transport_.Handshake();
  if (done == Transport::kLost) return false;
  Want(false);
  if (done == 0) state_ = State::kOpen;
  return true;
}

void Connection::Ask(Requests& requests, Nanos intended) {
  CHECK(HasRoom());
  ring_[asked_++ % ring_.size()] = {intended, requests.AppendNext(number_, output_)};
}

bool Connection::Send() {
  if (output_.empty()) return true;
  const std::ptrdiff_t sent = transport_.Write(output_);
  if (sent == Transport::kLost) return false;
  if (sent > 0) output_.erase(0, static_cast<std::size_t>(sent));
  Want(!output_.empty());
  return true;
}

Connection::Received Connection::Receive() {
  std::memmove(input_.data(), input_.data() + parsed_, filled_ - parsed_);
  filled_ -= parsed_;
  parsed_ = 0;
  const std::size_t room = input_.size() - filled_;
  if (room == 0) return Received::kLost;
  const std::ptrdiff_t got = transport_.Read(input_.data() + filled_, room);
  if (got == Transport::kLost) return Received::kLost;
  if (got == Transport::kAgain) return Received::kAll;
  filled_ += static_cast<std::size_t>(got);
  const bool perhaps_more = static_cast<std::size_t>(got) == room || transport_.HoldsMore();
  return perhaps_more ? Received::kMore : Received::kAll;
}

AnswerState Connection::NextAnswer(Answer& answer, Asked& asked) {
  if (parsed_ == filled_) return AnswerState::kPartial;
  const std::string_view bytes{input_.data() + parsed_, filled_ - parsed_};
  const AnswerState state =
      protocol_ == Protocol::kHttp ? FindAnswer(bytes, answer) : FindRedisAnswer(bytes, answer);
  if (state != AnswerState::kWhole) return state;
  if (on_their_way() == 0) return AnswerState::kMalformed;
  parsed_ += answer.size;
  asked = ring_[answered_++ % ring_.size()];
  return state;
}

}  // namespace introspectd::load
