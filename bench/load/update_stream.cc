#include "load/update_stream.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "json/document.h"

namespace introspectd::load {

namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;
constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kPartsMax = 3;

absl::Status Lost(std::string_view what) {
  return absl::UnavailableError(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

UpdateStream::UpdateStream(int fd, const Endpoint& endpoint, std::string_view token)
    : fd_(fd),
      head_(fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
                        "Content-Type: application/x-ndjson\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n",
                        endpoint.path, endpoint.authority(), token)),
      input_(kAnswerBytesMax) {}

UpdateStream::~UpdateStream() { close(fd_); }

absl::Status UpdateStream::Begin() {
  awaited_ = true;
  return Write({head_});
}

absl::Status UpdateStream::SendChunk(std::string_view ndjson) {
  return Write({fmt::format("{:x}\r\n", ndjson.size()), ndjson, "\r\n"});
}

absl::Status UpdateStream::End() { return Write({"0\r\n\r\n"}); }

absl::Status UpdateStream::Write(std::initializer_list<std::string_view> parts) {
  std::array<iovec, kPartsMax> vectors{};
  std::size_t count = 0;
  for (const std::string_view part : parts) {
    vectors[count++] = {const_cast<char*>(part.data()), part.size()};
  }
  for (iovec* next = vectors.data(); count > 0;) {
    msghdr message{};
    message.msg_iov = next;
    message.msg_iovlen = count;
    const ssize_t result = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (result < 0 && errno != EINTR) return Lost("cannot send");
    auto sent = static_cast<std::size_t>(std::max<ssize_t>(result, 0));
    for (; count > 0 && sent >= next->iov_len; --count) sent -= next++->iov_len;
    if (count > 0) {
      next->iov_base = static_cast<char*>(next->iov_base) + sent;
      next->iov_len -= sent;
    }
  }
  return absl::OkStatus();
}

absl::Status UpdateStream::ReadAnswer(Answer& answer) {
  for (std::size_t filled = 0;;) {
    const ssize_t got = recv(fd_, input_.data() + filled, input_.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Lost("no answer");
    if (got == 0) return absl::UnavailableError("the server closed the connection");
    filled += static_cast<std::size_t>(got);
    const AnswerState state = FindAnswer({input_.data(), filled}, answer);
    if (state == AnswerState::kWhole) return absl::OkStatus();
    if (state == AnswerState::kMalformed) return absl::DataLossError("malformed answer");
  }
}

absl::Status UpdateStream::TakeAnswer(Acknowledged& acknowledged) {
  if (!awaited_) return absl::OkStatus();
  awaited_ = false;
  Answer answer;
  if (auto read = ReadAnswer(answer); !read.ok()) return read;
  json::Parser parser(kAnswerBytesMax, kDepthMax);
  if (answer.status != 200 || parser.ParseObject(answer.body) != json::Error::kNone) {
    return absl::InternalError(
        fmt::format("status {}, body {}", answer.status, answer.body.substr(0, 300)));
  }
  const auto integer = [&parser](std::string_view name) {
    const json::Member* member = json::Find(parser.members(), name);
    return member == nullptr ? 0 : member->value.integer;
  };
  acknowledged.lines += integer("lines");
  acknowledged.applied += integer("applied");
  acknowledged.expired += integer("expired");
  acknowledged.rejected += integer("rejected");
  return absl::OkStatus();
}

}  // namespace introspectd::load
