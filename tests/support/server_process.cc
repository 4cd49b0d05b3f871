#include "support/server_process.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "support/certificates.h"
#include "support/wire.h"
#include "text/ascii.h"

namespace introspectd::support {

namespace {

constexpr std::string_view kDirectoryPlaceholder = "@DIR@";

std::string InDirectory(std::string_view config, const std::filesystem::path& directory) {
  std::string out(config);
  for (std::size_t at; (at = out.find(kDirectoryPlaceholder)) != std::string::npos;) {
    out.replace(at, kDirectoryPlaceholder.size(), directory.string());
  }
  return out;
}

// The number of listeners that `config` asks for: strings in the two `listen = [...]` lines.
std::size_t ListenersIn(std::string_view config) {
  std::size_t quotes = 0;
  while (!config.empty()) {
    const std::string_view line = text::TakeUntil(config, '\n');
    if (!line.starts_with("listen")) continue;
    for (const char c : line) quotes += c == '"';
  }
  return quotes / 2;
}

// nullopt when it is not a TCP address.
std::optional<std::uint16_t> PortOf(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.starts_with("unix:")) return std::nullopt;
  return text::ParseInteger<std::uint16_t>(address.substr(colon + 1));
}

bool WithTls() { return std::getenv("INTROSPECTD_TEST_TLS") != nullptr; }

const Authority& Ca() {
  static const Authority authority;
  return authority;
}

std::string_view Marker(Plane plane) {
  return plane == Plane::kData ? "listening plane=data " : "listening plane=admin ";
}

}  // namespace

std::string ServerBinary() {
  if (const char* binary = std::getenv("INTROSPECTD_BINARY")) return binary;
#ifdef INTROSPECTD_BUILT_BINARY
  return INTROSPECTD_BUILT_BINARY;
#else
  throw std::runtime_error("INTROSPECTD_BINARY names no server");
#endif
}

std::vector<std::string> ListeningAddresses(std::string_view log, Plane plane) {
  constexpr std::string_view kAddress = "address=";
  std::vector<std::string> addresses;
  for (std::size_t end; (end = log.find('\n')) != std::string_view::npos;) {  // whole lines
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end + 1);
    const std::size_t address = line.find(kAddress);
    if (line.find(Marker(plane)) == std::string_view::npos) continue;
    if (address == std::string_view::npos) continue;
    std::string_view rest = line.substr(address + kAddress.size());
    addresses.emplace_back(text::TakeUntil(rest, ' '));
  }
  return addresses;
}

bool TakesConnections(const std::string& address) {
  constexpr std::string_view kUnix = "unix:";
  try {
    if (address.starts_with(kUnix)) {
      Connection::ToUnix(address.substr(kUnix.size()));
    } else {
      Connection::ToPort(PortOf(address).value_or(0));
    }
    return true;
  } catch (const WireError&) {
    return false;
  }
}

ServerProcess::ServerProcess(std::string_view config, std::optional<std::uint64_t> open_files_max)
    : log_file_(directory_.path() / "introspectd.log"),
      child_({ServerBinary(), "--config", directory_.Write(kConfigFile, Prepare(config))},
             {.output = log_file_, .open_files_max = open_files_max}) {
  const std::size_t listeners = ListenersIn(config);
  const auto listening = [this, listeners] {
    std::vector<std::string> all = addresses(Plane::kData);
    for (std::string& address : addresses(Plane::kAdmin)) all.push_back(std::move(address));
    return all.size() >= listeners && std::ranges::all_of(all, TakesConnections);
  };
  WaitUntil([&] { return listening() || !child_.Running(); }, seconds(20));
  if (!listening()) throw std::runtime_error("the server does not listen; its log:\n" + log());
  if (WithTls()) relay_ = std::make_unique<TlsRelay>(port(Plane::kData), Ca().certificate());
}

// The configuration as it is written.
std::string ServerProcess::Prepare(std::string_view config) const {
  std::string prepared = InDirectory(config, directory_.path());
  if (!WithTls()) return prepared;
  static const Certified certified = Ca().Issue();
  directory_.Write("server.crt", certified.certificate);
  directory_.Write("server.key", certified.key);
  prepared += "[server.tls]\ncertificate = \"server.crt\"\nkey = \"server.key\"\n";
  return prepared;
}

std::uint16_t ServerProcess::port(Plane plane) const {
  if (plane == Plane::kData && relay_ != nullptr) return relay_->port();
  for (const std::string& address : addresses(plane)) {
    if (const auto port = PortOf(address)) return *port;
  }
  throw std::runtime_error("no TCP listener in the log:\n" + log());
}

void ServerProcess::Reconfigure(std::string_view config) const {
  directory_.Write(kConfigFile, Prepare(config));
}

int ServerProcess::Stop() {
  Signal(SIGTERM);
  const std::optional<int> code = child_.Wait(seconds(30));
  if (!code) throw std::runtime_error("the server does not end; its log:\n" + log());
  return *code;
}

}  // namespace introspectd::support
