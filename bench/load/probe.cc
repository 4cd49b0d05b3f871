#include "load/probe.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/clock.h"
#include "load/answer.h"
#include "load/requests.h"
#include "load/transport.h"

namespace introspectd::load {

namespace {

constexpr Nanos kBetween = kNanosPerSecond / 10;
constexpr Nanos kPatience = 5 * kNanosPerSecond;
constexpr std::int64_t kTokenLifetime_s = 60;

std::string UniquePrefix() {
  std::random_device random;
  return fmt::format("probe-{:08x}{:08x}-", random(), random());
}

}  // namespace

// One connection that blocks.
class RevocationProbe::Asker {
 public:
  absl::Status Open(const Plan& plan, std::size_t number);
  bool Ask(const std::string& token);
  absl::StatusOr<bool> IsActive();
  Nanos asked_at() const { return asked_at_; }

 private:
  bool Await(short events) const;

  std::unique_ptr<TlsClient> tls_;
  Transport transport_;
  std::string head_;
  std::vector<char> input_ = std::vector<char>(std::size_t{64} << 10);
  Nanos asked_at_ = 0;
};

bool RevocationProbe::Asker::Await(short events) const {
  pollfd waited{.fd = transport_.fd(), .events = events, .revents = 0};
  return poll(&waited, 1, static_cast<int>(kPatience / 1'000'000)) == 1;
}

absl::Status RevocationProbe::Asker::Open(const Plan& plan, std::size_t number) {
  const auto& clients = plan.asking.clients;
  head_ = RequestHead(plan.endpoint, clients.empty() ? "" : clients[number % clients.size()]);
  if (plan.endpoint.tls) {
    auto tls = TlsClient::Create(plan.tls, plan.endpoint.host);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
  }
  const auto fd = BeginConnect(plan.endpoint);
  if (!fd.ok()) return fd.status();
  transport_.Open(*fd, tls_.get());
  if (!Await(POLLOUT)) return absl::UnavailableError("the probe cannot connect");
  std::ptrdiff_t done;
  while ((done = transport_.Handshake()) == Transport::kAgain && Await(POLLIN)) {
  }
  return done == 0 ? absl::OkStatus() : absl::UnavailableError("the probe's handshake failed");
}

bool RevocationProbe::Asker::Ask(const std::string& token) {
  const std::string body = "token=" + token;
  const std::string request = fmt::format("{}{}\r\n\r\n{}", head_, body.size(), body);
  asked_at_ = ReadMonotonic();
  return transport_.Write(request) == static_cast<std::ptrdiff_t>(request.size());
}

absl::StatusOr<bool> RevocationProbe::Asker::IsActive() {
  Answer answer;
  for (std::size_t filled = 0; filled < input_.size();) {
    const std::ptrdiff_t got = transport_.Read(input_.data() + filled, input_.size() - filled);
    if (got == Transport::kLost || (got == Transport::kAgain && !Await(POLLIN))) break;
    if (got > 0) filled += static_cast<std::size_t>(got);
    const AnswerState state = FindAnswer({input_.data(), filled}, answer);
    if (state == AnswerState::kMalformed) break;
    if (state == AnswerState::kPartial) continue;
    if (answer.status == 200) return answer.body.starts_with(kActiveStart);
    return absl::FailedPreconditionError(fmt::format("the probe was answered {}", answer.status));
  }
  return absl::UnavailableError("the probe was not answered");
}

RevocationProbe::RevocationProbe(fetch::Client admin, const ProbeOptions& options)
    : admin_(std::move(admin)), options_(options), prefix_(UniquePrefix()) {}

RevocationProbe::~RevocationProbe() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<std::unique_ptr<RevocationProbe>> RevocationProbe::Create(
    const ProbeOptions& options, const Plan& plan) {
  const auto endpoint = fetch::Endpoint::Parse(options.admin_url);
  if (!endpoint.ok()) return endpoint.status();
  auto admin = fetch::Client::Create({.endpoint = *endpoint, .bearer = options.admin_token});
  if (!admin.ok()) return admin.status();
  std::unique_ptr<RevocationProbe> probe(new RevocationProbe(*std::move(admin), options));
  for (std::size_t i = 0; i < kConnections; ++i) {
    probe->askers_.push_back(std::make_unique<Asker>());
    if (const absl::Status open = probe->askers_.back()->Open(plan, i); !open.ok()) return open;
  }
  return probe;
}

void RevocationProbe::Start() {
  thread_ = std::thread([this] { Work(); });
}

absl::StatusOr<Probe> RevocationProbe::Stop() {
  over_ = true;
  thread_.join();
  if (!status_.ok()) return status_;
  return probe_;
}

void RevocationProbe::Work() {
  for (std::uint64_t number = 0; !over_ && status_.ok(); ++number) {
    const Nanos next = ReadMonotonic() + kBetween;
    status_ = ProbeOnce(number);
    SleepUntil(next);
  }
}

absl::Status RevocationProbe::ProbeOnce(std::uint64_t number) {
  const std::string token = fmt::format("{}{}", prefix_, number);
  const std::int64_t exp = base::ReadWallMicros() / kMicrosPerSecond + kTokenLifetime_s;
  const std::string issuer =
      options_.issuer.empty() ? "" : fmt::format(R"(,"iss":"{}")", options_.issuer);
  absl::Status status = Push(
      fmt::format(R"({{"op":"upsert","token":"{}","claims":{{"exp":{}{}}}}})", token, exp, issuer));
  if (status.ok()) status = AwaitActive(token);
  if (status.ok()) status = WatchItEnd(token);
  return status;
}

absl::Status RevocationProbe::Push(const std::string& line) {
  const auto response = admin_.Perform({.method = "POST",
                                        .target = "/v1/tokens",
                                        .content_type = "application/x-ndjson",
                                        .body = line});
  if (!response.ok()) return response.status();
  if (response->status == 200) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("a push of the probe was answered {}: {}", response->status, response->body));
}

// What was acknowledged is there; so a token that is not means that the probe may not see it.
absl::Status RevocationProbe::AwaitActive(const std::string& token) {
  for (const auto& asker : askers_) {
    if (!asker->Ask(token)) return absl::UnavailableError("the probe cannot write");
    const auto active = asker->IsActive();
    if (!active.ok()) return active.status();
    if (!*active) {
      return absl::FailedPreconditionError(
          "a token that the probe has pushed is not active: may the client know it?");
    }
  }
  return absl::OkStatus();
}

// Asks on all connections at once, again and again, while another thread revokes.
absl::Status RevocationProbe::WatchItEnd(const std::string& token) {
  const Nanos sent = ReadMonotonic();
  std::atomic<Nanos> acknowledged{0};
  absl::Status pushed;
  std::thread revoker([&] {
    pushed = Push(fmt::format(R"({{"op":"revoke","token":"{}"}})", token));
    acknowledged = ReadMonotonic();
  });
  Nanos last_active = 0;
  absl::Status status;
  for (bool active = true; status.ok() && (active || acknowledged == 0);) {
    active = false;
    for (const auto& asker : askers_) {
      if (!asker->Ask(token)) status = absl::UnavailableError("the probe cannot write");
    }
    for (const auto& asker : askers_) {
      const auto answer = asker->IsActive();
      if (!answer.ok()) {
        status = answer.status();
        break;
      }
      if (!*answer) continue;
      active = true;
      last_active = std::max(last_active, asker->asked_at());
      if (acknowledged != 0 && asker->asked_at() > acknowledged) ++probe_.active_after;
    }
    if (ReadMonotonic() > sent + kPatience) break;
  }
  revoker.join();
  if (!pushed.ok()) return pushed;
  ++probe_.revoked;
  probe_.until_acknowledged.Record(acknowledged - sent);
  probe_.until_last_active.Record(last_active > sent ? last_active - sent : 0);
  return status;
}

}  // namespace introspectd::load
