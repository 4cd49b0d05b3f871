#include "load/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace introspectd::load {

namespace {

constexpr std::size_t kInputBytes = std::size_t{64} << 10;

// recv, and when what was received last had come.
ssize_t ReceiveStamped(int fd, void* bytes, std::size_t size, Nanos& arrived_at) {
  iovec room{.iov_base = bytes, .iov_len = size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(fd, &message, 0);
  arrived_at = 0;
  const cmsghdr* stamp = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (stamp != nullptr && stamp->cmsg_level == SOL_SOCKET && stamp->cmsg_type == SCM_TIMESTAMPNS) {
    timespec time;
    std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
    arrived_at = ToNanos(time);
  }
  return got;
}

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Connection::Connection(int fd, std::size_t depth) : fd_(fd), intended_(depth), input_(kInputBytes) {
  const int on = 1;
  CHECK(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
}

Connection::~Connection() { Close(); }

void Connection::Close() {
  if (open()) close(fd_);
  fd_ = -1;
}

void Connection::Ask(Requests& requests, Nanos intended) {
  CHECK(HasRoom());
  intended_[asked_++ % intended_.size()] = intended;
  requests.AppendNext(output_);
}

bool Connection::Send() {
  if (output_.empty()) return true;
  const ssize_t sent = send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0) return WouldBlock();
  output_.erase(0, static_cast<std::size_t>(sent));
  return true;
}

Connection::Received Connection::Receive() {
  std::memmove(input_.data(), input_.data() + parsed_, filled_ - parsed_);
  filled_ -= parsed_;
  parsed_ = 0;
  const std::size_t room = input_.size() - filled_;
  if (room == 0) return Received::kLost;
  const ssize_t got = ReceiveStamped(fd_, input_.data() + filled_, room, arrived_at_);
  if (got == 0) return Received::kLost;
  if (got < 0) return WouldBlock() ? Received::kAll : Received::kLost;
  filled_ += static_cast<std::size_t>(got);
  return static_cast<std::size_t>(got) == room ? Received::kMore : Received::kAll;
}

AnswerState Connection::NextAnswer(Answer& answer, Nanos& intended) {
  if (parsed_ == filled_) return AnswerState::kPartial;
  const AnswerState state = FindAnswer({input_.data() + parsed_, filled_ - parsed_}, answer);
  if (state != AnswerState::kWhole) return state;
  if (on_their_way() == 0) return AnswerState::kMalformed;
  parsed_ += answer.size;
  intended = intended_[answered_++ % intended_.size()];
  return state;
}

}  // namespace introspectd::load
