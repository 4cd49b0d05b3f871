#include "system/overload_figures.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "fmt/format.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "text/ascii.h"

namespace introspectd::system_test {

namespace {

// What /v1/status says under `name` in its member `object`; -1 when it does not.
std::int64_t OfStatus(Node& node, std::string_view object, std::string_view name) {
  const std::string status = node.admin().Get("/v1/status").body;
  const std::size_t begin = status.find(fmt::format(R"("{}":{{)", object));
  const std::string member = fmt::format(R"("{}":)", name);
  const std::size_t at = begin == status.npos ? begin : status.find(member, begin);
  if (at == status.npos) return -1;
  std::string_view rest = std::string_view(status).substr(at + member.size());
  return text::ParseInteger(rest.substr(0, rest.find_first_of(",}"))).value_or(-1);
}

}  // namespace

std::size_t OpenFiles(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t OpenFilesAtRest(Node& node) {
  EXPECT_TRUE(support::WaitUntil([&] { return DataConnections(node) == 0; }));
  return OpenFiles(node.process().pid());
}

std::int64_t ResidentKiB(pid_t pid) {
  std::string text = support::ReadFile("/proc/" + std::to_string(pid) + "/status");
  std::string_view line = std::string_view(text).substr(text.find("VmRSS:") + 6);
  line = text::TrimOws(text::TakeUntil(line, 'k'));
  return text::ParseInteger(line).value_or(-1);
}

std::int64_t CpuTicks(pid_t pid) {
  const std::string text = support::ReadFile("/proc/" + std::to_string(pid) + "/stat");
  std::string_view rest = std::string_view(text).substr(text.rfind(')') + 2);
  for (int field = 3; field < 14; ++field) text::TakeUntil(rest, ' ');
  const std::int64_t user = text::ParseInteger(text::TakeUntil(rest, ' ')).value_or(0);
  return user + text::ParseInteger(text::TakeUntil(rest, ' ')).value_or(0);
}

std::int64_t ConnectionBytes(Node& node) { return OfStatus(node, "bytes", "connections"); }

std::int64_t DataConnections(Node& node) { return OfStatus(node, "connections", "data"); }

}  // namespace introspectd::system_test
