#include "system/supervisor.h"

#include "support/server_process.h"

namespace introspectd::system_test {

void Supervisor::Configure(std::string_view config) {
  constexpr std::string_view kPlaceholder = "@DIR@";
  std::string text(config);
  for (std::size_t at; (at = text.find(kPlaceholder)) != std::string::npos;) {
    text.replace(at, kPlaceholder.size(), directory_.path().string());
  }
  directory_.Write(support::kConfigFile, text);
}

std::unique_ptr<support::Child> Supervisor::Start() {
  return StartWith({{"data", data_.fd()}, {"admin", admin_.fd()}});
}

std::unique_ptr<support::Child> Supervisor::StartWith(
    const std::vector<support::PassedOn>& sockets) {
  return std::make_unique<support::Child>(
      std::vector{support::ServerBinary(), std::string("--config"),
                  (directory_.path() / support::kConfigFile).string()},
      support::Child::Options{.output = directory_.path() / "log", .passed_on = sockets});
}

}  // namespace introspectd::system_test
