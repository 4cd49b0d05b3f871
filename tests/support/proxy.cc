#include "support/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace introspectd::support {

namespace {

constexpr int kTurn_ms = 5;
constexpr std::size_t kTrickleBytes = 125;  // a turn

int ConnectTo(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

// The peer sees a reset, not an end.
void Reset(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Proxy::Proxy(std::uint16_t target) : target_(target), thread_([this] { Run(); }) {}

Proxy::~Proxy() {
  stop_ = true;
  thread_.join();
}

void Proxy::SetMode(Mode mode) {
  mode_ = mode;
  if (mode == Mode::kCut) reset_ = true;
}

void Proxy::SetTarget(std::uint16_t port) {
  target_ = port;
  reset_ = true;
}

void Proxy::Run() {
  while (!stop_) {
    if (reset_.exchange(false)) ResetAll();
    std::vector<pollfd> polled{{listener_.fd(), POLLIN, 0}};
    const short wanted = Carries() ? POLLIN : 0;
    for (const Pair& pair : pairs_) {
      polled.push_back({pair.client, wanted, 0});
      polled.push_back({pair.server, wanted, 0});
    }
    poll(polled.data(), polled.size(), kTurn_ms);
    std::vector<Pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const Pair pair = pairs_[i];
      const bool carries = Carries();
      const bool goes_on =
          !carries || ((polled[2 * i + 1].revents == 0 || Carry(pair.client, pair.server)) &&
                       (polled[2 * i + 2].revents == 0 || Carry(pair.server, pair.client)));
      if (goes_on) {
        left.push_back(pair);
      } else {
        Reset(pair.client);
        Reset(pair.server);
      }
    }
    pairs_ = std::move(left);
    if (polled[0].revents != 0) Accept();
    Misbehave();
  }
  ResetAll();
}

bool Proxy::Carries() const { return mode_ != Mode::kCut && mode_ != Mode::kSwallow; }

void Proxy::Misbehave() {
  constexpr auto kBreaksEvery = std::chrono::milliseconds(250);
  // What is not read shows as a hang-up again and again.
  if (mode_ == Mode::kSwallow || mode_ == Mode::kTrickle) usleep(1000 * kTurn_ms);
  const auto now = std::chrono::steady_clock::now();
  if (mode_ != Mode::kBreak || now < broken_at_ + kBreaksEvery) return;
  broken_at_ = now;
  ResetAll();
}

void Proxy::Accept() {
  const int client = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = mode_ == Mode::kCut ? -1 : ConnectTo(target_);
  if (server < 0) return Reset(client);
  SendAtOnce(client);
  SendAtOnce(server);
  pairs_.push_back({client, server});
}

bool Proxy::Carry(int from, int to) const {
  std::array<char, 65536> bytes;
  const std::size_t most = mode_ == Mode::kTrickle ? kTrickleBytes : bytes.size();
  const ssize_t size = recv(from, bytes.data(), most, MSG_DONTWAIT);
  if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
  for (ssize_t sent = 0; sent < size;) {
    const ssize_t more =
        send(to, bytes.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return true;
}

void Proxy::ResetAll() {
  for (const Pair& pair : pairs_) {
    Reset(pair.client);
    Reset(pair.server);
  }
  pairs_.clear();
}

}  // namespace introspectd::support
