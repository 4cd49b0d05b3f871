// The floor: what any epoll server must at least do. One thread, level-triggered epoll, one read,
// nothing parsed, the same bytes for every request, one write per read.
//
// usage: floor --port PORT --request-bytes N --response-file FILE
// It counts requests by their length alone, which must therefore be always the same; prints
// "listening on 127.0.0.1:PORT" and serves until it is killed. Memory: one buffer each way.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr int kEventsMax = 1024;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr int kBacklog = 4096;

class Floor {
 public:
  Floor(std::size_t request_bytes, const std::string& response)
      : request_bytes_(request_bytes), response_bytes_(response.size()), input_(kReadBytes) {
    for (std::size_t i = 0; i <= kReadBytes / request_bytes; ++i) responses_ += response;
  }

  // False, with errno, when the port cannot be had.
  bool Listen(std::uint16_t port);
  std::uint16_t port() const;
  [[noreturn]] void Serve();

 private:
  void Watch(int fd) const;
  void Accept();
  void Answer(int fd);
  void Forget(int fd);

  std::size_t request_bytes_;
  std::size_t response_bytes_;
  std::string responses_;  // as many in a row as one read may ask for
  std::vector<char> input_;
  std::vector<std::size_t> partial_;  // by descriptor: bytes of a request that is not complete
  int listener_ = -1;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
};

bool Floor::Listen(std::uint16_t port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, kBacklog) != 0) {
    return false;
  }
  Watch(listener_);
  return true;
}

std::uint16_t Floor::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void Floor::Watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Floor::Accept() {
  // The connection blocks, which never happens: it is read when it has something, and its answers
  // fit into the socket's buffer.
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto slot = static_cast<std::size_t>(fd);
  if (partial_.size() <= slot) partial_.resize(slot + 1);
  partial_[slot] = 0;
  Watch(fd);
}

void Floor::Answer(int fd) {
  const ssize_t got = read(fd, input_.data(), input_.size());
  if (got <= 0) return Forget(fd);
  std::size_t& partial = partial_[static_cast<std::size_t>(fd)];
  const std::size_t bytes = partial + static_cast<std::size_t>(got);
  partial = bytes % request_bytes_;
  const std::size_t answer_bytes = bytes / request_bytes_ * response_bytes_;
  if (answer_bytes == 0) return;
  const ssize_t sent = write(fd, responses_.data(), answer_bytes);
  if (sent != static_cast<ssize_t>(answer_bytes)) Forget(fd);
}

void Floor::Forget(int fd) { close(fd); }

void Floor::Serve() {
  std::array<epoll_event, kEventsMax> events;
  for (;;) {
    const int ready = epoll_wait(epoll_, events.data(), kEventsMax, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      fd == listener_ ? Accept() : Answer(fd);
    }
  }
}

std::string ContentsOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Answers every --request-bytes bytes with the same response.", "floor");
  std::uint16_t port = 0;
  std::size_t request_bytes = 0;
  std::string response_file;
  app.add_option("--port", port, "on 127.0.0.1; 0 = any free one")->capture_default_str();
  app.add_option("--request-bytes", request_bytes)
      ->required()
      ->check(CLI::Range(std::size_t{1}, kReadBytes));
  app.add_option("--response-file", response_file)->required()->check(CLI::ExistingFile);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::string response = ContentsOf(response_file);
  if (response.empty()) {
    fmt::print(stderr, "floor: {} is empty\n", response_file);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  Floor floor(request_bytes, response);
  if (!floor.Listen(port)) {
    fmt::print(stderr, "floor: cannot listen on 127.0.0.1:{}: {}\n", port, std::strerror(errno));
    return 1;
  }
  fmt::print("listening on 127.0.0.1:{}\n", floor.port());
  std::fflush(stdout);
  floor.Serve();
}
