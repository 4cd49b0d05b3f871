#include "server/server.h"

#include <signal.h>

#include <utility>

#include "config/listen.h"
#include "config/load.h"
#include "config/options.h"
#include "fmt/core.h"
#include "log/log.h"
#include "net/socket.h"

namespace introspectd::server {

namespace {

std::uint32_t WorkerCount(const Config& config) {
  return config.server.workers != 0 ? config.server.workers : net::UsableProcessors();
}

std::uint64_t Millis(std::int64_t seconds) { return static_cast<std::uint64_t>(seconds) * 1000; }

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const Config& config,
                                                       std::string config_file) {
  auto sockets = OpenSockets(config, WorkerCount(config));
  if (!sockets.ok()) return sockets.status();
  std::unique_ptr<journal::Journal> journal;
  if (const std::string& directory = config.storage.directory; !directory.empty()) {
    auto opened = journal::Journal::Open(
        {.directory = directory, .now = base::ReadWallMicros() / kMicrosPerSecond});
    if (!opened.ok()) return opened.status();
    journal = *std::move(opened);
  }
  return std::unique_ptr<Server>(
      new Server(config, std::move(config_file), *std::move(sockets), std::move(journal)));
}

absl::StatusOr<Server::Sockets> Server::OpenSockets(const Config& config, std::uint32_t workers) {
  Sockets sockets;
  auto passed = net::PassedSockets::FromEnvironment();
  if (!passed.ok()) return passed.status();
  const auto open = [&](const ListenAddress& address, const char* plane, const auto& lists) {
    return address.kind == ListenAddress::Kind::kFd
               ? OpenPassed(address, config, plane, *passed, lists, sockets.addresses)
               : OpenFor(address, plane, lists, sockets.addresses);
  };
  sockets.data.resize(workers);
  std::vector<std::vector<BoundSocket>*> all;
  for (auto& list : sockets.data) all.push_back(&list);
  for (const ListenAddress& address : config.server.listen) {
    absl::Status status = open(address, "data", all);
    if (!status.ok()) return status;
  }
  const std::vector<std::vector<BoundSocket>*> control{&sockets.admin};
  for (const ListenAddress& address : config.admin.listen) {
    absl::Status status = open(address, "admin", control);
    if (!status.ok()) return status;
  }
  for (const std::string& name : passed->Names()) {
    log::Warning("a socket was passed on that nothing listens to", {{"name", name}});
  }
  return sockets;
}

// Every list gets all sockets of that name: whoever is free first takes the next connection.
absl::Status Server::OpenPassed(const ListenAddress& asked, const Config& config, const char* plane,
                                net::PassedSockets& passed,
                                const std::vector<std::vector<BoundSocket>*>& lists,
                                std::vector<Listening>& addresses) {
  const bool data = plane == std::string_view("data");
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        fmt::format("{}.listen: \"{}\": {}", data ? "server" : "admin", asked.text, why));
  };
  auto sockets = passed.Take(asked.name);
  if (!sockets.ok()) return refuse(std::string(sockets.status().message()));
  for (const net::Socket& socket : *sockets) {
    const auto address = net::WhereItListens(socket);
    if (!address.ok()) return refuse(std::string(address.status().message()));
    const bool tls = data ? config.server.tls.enabled() : config.admin.tls.enabled();
    if (!config::IsLocal(*address) && !tls && !config.server.plaintext) {
      return refuse(
          fmt::format("{} would take secrets and tokens from the network without TLS; "
                      "allowed: a loopback address, a unix socket, or anything with "
                      "server.plaintext = true",
                      net::ToString(*address)));
    }
    for (std::vector<BoundSocket>* list : lists) {
      auto own = net::Duplicate(socket);
      if (!own.ok()) return own.status();
      list->push_back({*std::move(own), address->kind == ListenAddress::Kind::kTcp, true});
    }
    addresses.push_back({plane, net::ToString(*address)});
  }
  return absl::OkStatus();
}

// One socket a list: TCP ones of their own, so that the kernel spreads the connections; unix ones
// cannot be bound twice, and are shared.
absl::Status Server::OpenFor(ListenAddress address, const char* plane,
                             const std::vector<std::vector<BoundSocket>*>& lists,
                             std::vector<Listening>& addresses) {
  const bool tcp = address.kind == ListenAddress::Kind::kTcp;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    auto socket = tcp || i == 0 ? net::Bind(address) : net::Duplicate(lists[0]->back().socket);
    if (!socket.ok()) return socket.status();
    lists[i]->push_back({*std::move(socket), tcp});
  }
  addresses.push_back({plane, net::ToString(address)});
  return absl::OkStatus();
}

Server::Server(const Config& config, std::string config_file, Sockets sockets,
               std::unique_ptr<journal::Journal> journal)
    : config_file_(std::move(config_file)),
      addresses_(std::move(sockets.addresses)),
      shared_(config),
      tls_(config, sockets.data.size()),
      control_(shared_, static_cast<std::uint32_t>(sockets.data.size()), std::move(journal),
               std::move(sockets.admin),
               std::make_shared<const client::Registry>(config, generation_), HooksOfControl()),
      terminate_(control_.loop(), SIGTERM, [this] { OnStop(); }),
      interrupt_(control_.loop(), SIGINT, [this] { OnStop(); }),
      hangup_(control_.loop(), SIGHUP, [this] { Reload(); }),
      stop_(control_.loop(), [this] { OnStop(); }),
      drain_delay_(control_.loop(), [this] { Drain(); }),
      drain_max_(control_.loop(), [this] { End(); }) {
  shared_.to_control = [this](ToControl message) { control_.Post(std::move(message)); };
  const auto registry = std::make_shared<const client::Registry>(config, generation_);
  for (std::size_t i = 0; i < sockets.data.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    workers_.push_back(std::make_unique<Worker>(
        shared_, index, std::move(sockets.data[i]),
        control_.RegistryFor(index, registry, config.limits, tls_.ForWorker(i))));
  }
  control_.SetTls(tls_.ForAdmin());
}

Server::~Server() = default;

ControlLoop::Hooks Server::HooksOfControl() {
  ControlLoop::Hooks hooks;
  hooks.to_worker = [this](std::uint32_t worker, ToWorker message) {
    workers_[worker]->Post(std::move(message));
  };
  hooks.registry_taken = [this](std::uint64_t generation) { OnRegistryTaken(generation); };
  hooks.drained = [this] { OnDrained(); };
  hooks.workers = [this]() -> const auto& { return workers_; };
  hooks.listen = [this] {
    for (const auto& worker : workers_) worker->Post(Listen{});
  };
  hooks.failed = [this](const absl::Status& status) { OnFailed(status); };
  return hooks;
}

absl::Status Server::Run() {
  const ServerConfig& config = shared_.config.server;
  control_.Start();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::optional<std::uint32_t> cpu;
    if (!config.cpus.empty()) cpu = config.cpus[i % config.cpus.size()];
    workers_[i]->Start(cpu);
  }
  if (!config.control_cpu.empty()) net::PinThread(config.control_cpu.front());
  for (const Listening& listening : addresses_) {
    log::Info("listening", {{"plane", listening.plane}, {"address", listening.address}});
  }
  log::Info("started",
            {{"workers", workers_.size()}, {"ready", shared_.readiness.ready() ? "yes" : "no"}});
  control_.loop().Run();
  workers_.clear();  // joins
  log::Info("stopped");
  return failure_;
}

// All or nothing: a file that is not good changes nothing.
void Server::Reload() {
  if (stopping_) return;
  auto config = config::LoadFile(config_file_);
  if (!config.ok()) {
    control_.CountReload(false);
    log::Error("reload refused: the old configuration stays",
               {{"error", std::string(config.status().message())}});
    return;
  }
  for (const std::string& key : config::ChangesThatNeedRestart(shared_.config, *config)) {
    log::Warning("a change that takes a restart", {{"key", key}});
  }
  Config reloaded = shared_.config;
  reloaded.clients = std::move(config->clients);
  reloaded.admin.tokens = std::move(config->admin.tokens);
  reloaded.issuers = std::move(config->issuers);
  config::TakeWhatIsReloaded(*config, reloaded);
  tls_.Set(*config);
  ++generation_;
  taken_ = 0;
  auto registry = std::make_shared<const client::Registry>(reloaded, generation_);
  config::CleanseSecrets(*config);
  config::CleanseSecrets(reloaded);
  control_.SetTls(tls_.ForAdmin());
  control_.SetRegistry(registry, reloaded);
  control_.SetLimits(reloaded.limits);
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->Post(control_.RegistryFor(i, registry, reloaded.limits, tls_.ForWorker(i)));
  }
}

void Server::OnRegistryTaken(std::uint64_t generation) {
  if (generation != generation_ || ++taken_ < workers_.size()) return;
  control_.CountReload(true);
  log::Info("reloaded", {{"generation", generation_}});
}

void Server::OnStop() {
  if (std::exchange(stopping_, true)) return End();
  shared_.readiness.SetDraining();
  const std::int64_t delay_s = shared_.config.server.drain_delay_s;
  if (delay_s == 0) return Drain();
  log::Info("stopping: not ready any more, and still answering",
            {{"seconds", static_cast<std::uint64_t>(delay_s)}});
  drain_delay_.Start(Millis(delay_s), 0);
}

void Server::Drain() {
  log::Info("stopping: answering what was asked");
  for (const auto& worker : workers_) worker->Post(server::Drain{});
  drain_max_.Start(Millis(shared_.config.server.drain_max_s), 0);
}

void Server::OnDrained() {
  if (++drained_ == workers_.size()) End();
}

void Server::OnFailed(const absl::Status& status) {
  log::Error("stopping: the store cannot be loaded", {{"error", std::string(status.message())}});
  failure_ = status;
  End();
}

void Server::End() {
  if (std::exchange(ended_, true)) return;
  for (const auto& worker : workers_) worker->Post(server::Stop{});
  control_.CloseEverything();
  terminate_.Close();
  interrupt_.Close();
  hangup_.Close();
  stop_.Close();
  drain_delay_.Close();
  drain_max_.Close();
}

}  // namespace introspectd::server
