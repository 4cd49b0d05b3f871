#include "log/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fmt/core.h"

namespace introspectd::log {

namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

mode_t TypeOf(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

// A pipe or a terminal is opened anew, so that not waiting for it is our own affair: the flag of a
// descriptor that was inherited is its owner's, too. Where that cannot be done, `Put` asks first.
int OpenAnew(int inherited) {
  const mode_t type = TypeOf(inherited);
  if (type == S_IFIFO || type == S_IFCHR) {
    const int fd = open(fmt::format("/proc/self/fd/{}", inherited).c_str(), kFlags);
    if (fd >= 0) return fd;
  }
  return fcntl(inherited, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

std::unique_ptr<LineWriter> LineWriter::Open(const std::string& target) {
  constexpr mode_t kMode = 0640;
  // Without standard streams there is nobody to tell: lines are dropped.
  if (target == "stderr") return std::unique_ptr<LineWriter>(new LineWriter(OpenAnew(2)));
  if (target == "stdout") return std::unique_ptr<LineWriter>(new LineWriter(OpenAnew(1)));
  const int fd = open(target.c_str(), kFlags | O_CREAT, kMode);
  return fd < 0 ? nullptr : std::unique_ptr<LineWriter>(new LineWriter(fd));
}

LineWriter::LineWriter(int fd) : fd_(fd), is_socket_(TypeOf(fd) == S_IFSOCK) {}

LineWriter::~LineWriter() {
  if (fd_ >= 0) close(fd_);
}

void LineWriter::Write(std::string_view line) {
  const std::size_t put = Finish() ? Put(line) : 0;
  taking_ = put != 0;
  if (!taking_) {
    ++lost_;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  unfinished_ = line.substr(put);
}

bool LineWriter::Finish() {
  if (!unfinished_.empty()) unfinished_.erase(0, Put(unfinished_));
  return unfinished_.empty();
}

// How many bytes were taken.
std::size_t LineWriter::Put(std::string_view bytes) const {
  pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
  if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return 0;
  const ssize_t put = is_socket_ ? send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT)
                                 : write(fd_, bytes.data(), bytes.size());
  return put < 0 ? 0 : static_cast<std::size_t>(put);
}

}  // namespace introspectd::log
