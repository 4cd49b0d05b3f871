#include "conformance/fleet.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "fmt/format.h"
#include "support/wire.h"

namespace introspectd::conformance {

namespace {

using support::Connection;
using support::milliseconds;
using support::SteadyClock;
using Time = SteadyClock::time_point;

// Connections come from many addresses, since a port stays taken for a while after its end.
std::string SourceOf(std::size_t number) { return fmt::format("127.0.1.{}", 1 + number % 200); }

// Bytes on their own follow each other more quickly, and those of a very long request at once.
milliseconds PauseFor(std::size_t pieces, const Fleet::Options& options) {
  constexpr std::size_t kPausedMax = 2000;
  if (pieces <= 2) return options.pause;
  return milliseconds(pieces <= kPausedMax ? 1 : 0);
}

// One trial on its connection: sends what is due, keeps what comes, knows when it is over.
class Ship {
 public:
  Ship(std::uint16_t port, const std::string& from, const Trial& trial,
       const Fleet::Options& options)
      : connection_(Connection::ToPort(port, from)),
        trial_(trial),
        pieces_(trial.pieces()),
        pause_(PauseFor(pieces_.size(), options)),
        deadline_(SteadyClock::now() + options.longest) {}

  int fd() const { return connection_.fd(); }
  bool over() const { return over_; }

  short Events(Time now) const {
    const bool due = next_ < pieces_.size() && now >= due_;
    return static_cast<short>(POLLIN | (due ? POLLOUT : 0));
  }
  bool Waits() const { return next_ < pieces_.size(); }

  void Turn(short events, Time now) {
    // What came is read first: a server that has refused the rest must not be sent it.
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) Receive();
    if (!over_ && (events & POLLOUT) != 0) SendPiece(now);
    if (!over_) EndSendingWhenDone();
    if (!over_ && now >= deadline_) End("was not over in time");
  }

  Outcome TakeOutcome() { return {std::move(received_), ended_by_server_, std::move(trouble_)}; }

 private:
  void Receive() {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      ended_by_server_ = trial_.truncated || !half_closed_;
      over_ = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      End("was reset");
    }
  }

  void SendPiece(Time now) {
    std::string_view& piece = pieces_[next_];
    const ssize_t sent = send(fd(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return;  // the next Receive tells why
    piece.remove_prefix(static_cast<std::size_t>(sent));
    if (!piece.empty()) return;
    ++next_;
    due_ = now + pause_;
  }

  // A kept connection must end when the client has said that no more comes, and not before.
  void EndSendingWhenDone() {
    if (half_closed_ || Waits() || (!trial_.truncated && trial_.ends_closed())) return;
    if (!trial_.truncated && Arrived(trial_.awaited, received_) < trial_.awaited.size()) return;
    connection_.ShutdownSending();
    half_closed_ = true;
  }

  void End(std::string_view trouble) {
    trouble_ = fmt::format("{} after {} answers", trouble, Arrived(trial_.awaited, received_));
    over_ = true;
  }

  Connection connection_;
  const Trial& trial_;
  std::vector<std::string_view> pieces_;
  std::size_t next_ = 0;
  milliseconds pause_;
  Time due_{};
  Time deadline_;
  std::string received_;
  std::string trouble_;
  bool half_closed_ = false;
  bool ended_by_server_ = false;
  bool over_ = false;
};

}  // namespace

std::vector<Outcome> Fleet::Perform(std::span<const Trial> trials) {
  std::vector<Outcome> outcomes(trials.size());
  std::vector<std::pair<std::size_t, std::unique_ptr<Ship>>> ships;  // with its trial's number
  std::vector<pollfd> waits;
  std::size_t next = 0;
  while (next < trials.size() || !ships.empty()) {
    while (next < trials.size() && ships.size() < options_.connections) {
      ships.emplace_back(next,
                         std::make_unique<Ship>(port_, SourceOf(next), trials[next], options_));
      ++next;
    }
    const Time now = SteadyClock::now();
    waits.clear();
    for (const auto& [number, ship] : ships) waits.push_back({ship->fd(), ship->Events(now), 0});
    const bool some_wait =
        std::ranges::any_of(ships, [](const auto& s) { return s.second->Waits(); });
    poll(waits.data(), waits.size(), some_wait ? 1 : 20);
    for (std::size_t i = 0; i < ships.size(); ++i) {
      auto& [number, ship] = ships[i];
      ship->Turn(waits[i].revents, SteadyClock::now());
      if (ship->over()) outcomes[number] = ship->TakeOutcome();
    }
    std::erase_if(ships, [](const auto& ship) { return ship.second->over(); });
  }
  return outcomes;
}

std::vector<std::string> Fleet::Play(std::span<const Trial> trials) {
  const std::vector<Outcome> outcomes = Perform(trials);
  std::vector<std::string> failures;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    const std::string wrong = outcome.trouble.empty()
                                  ? JudgeStream(trials[i].awaited, outcome.received, outcome.closed)
                                  : outcome.trouble;
    if (!wrong.empty()) failures.push_back(trials[i].label + ": " + wrong);
  }
  return failures;
}

}  // namespace introspectd::conformance
