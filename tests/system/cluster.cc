#include "system/cluster.h"

#include <signal.h>

#include <algorithm>
#include <chrono>

#include "fmt/format.h"
#include "json/document.h"
#include "support/request.h"
#include "support/world.h"
#include "text/ascii.h"

namespace introspectd::system_test {

namespace {

using std::chrono::steady_clock;
using support::Plane;

constexpr std::chrono::milliseconds kPause{5};

std::string Request(const std::string& token) {
  return support::Request{.body = "token=" + token}.Bytes();
}

support::AdminClient AdminOf(std::uint16_t port) {
  return {port, std::string(support::kAdminToken)};
}

std::int64_t NumberIn(const std::string& text, std::string_view member) {
  const std::string name = fmt::format("\"{}\":", member);
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return -1;
  const std::size_t begin = at + name.size();
  const auto end = text.find_first_not_of("-0123456789", begin);
  return text::ParseInteger<std::int64_t>(std::string_view(text).substr(begin, end - begin))
      .value_or(-1);
}

}  // namespace

Cluster::Cluster() : log_(std::make_unique<support::Postgres>()) {
  for (auto& proxy : proxies_) proxy = std::make_unique<support::Proxy>(log_->port());
  for (int i = 0; i < kNodes; ++i) StartNode(i);
  for (std::uint32_t i = 0; i < kIssuers; ++i) {
    issuers_.push_back(std::make_unique<Issuer>(fmt::format("issuer{}", i), i));
  }
}

Cluster::~Cluster() { StopLoad(); }

std::string Cluster::Config(int i) const {
  const std::string url = fmt::format("postgresql://postgres@127.0.0.1:{}/postgres",
                                      proxies_[static_cast<std::size_t>(i)]->port());
  return support::ConfigText{
      .server = "workers = 1",
      .directory = DirectoryOf(i).string(),
      .tables = fmt::format("[replication]\nurl = \"{}\"\ncreate_schema = true\n"
                            "staleness_max_s = {}\n",
                            url, kStaleness_s)}
      .Text();
}

void Cluster::StartNode(int i) {
  const auto at = static_cast<std::size_t>(i);
  nodes_[at] = std::make_unique<support::ServerProcess>(Config(i));
  ports_[at][0] = nodes_[at]->port(Plane::kData);
  ports_[at][1] = nodes_[at]->port(Plane::kAdmin);
}

std::uint16_t Cluster::Port(int i, Plane plane) {
  return ports_[static_cast<std::size_t>(i)][plane == Plane::kAdmin ? 1 : 0];
}

void Cluster::MoveTo(std::unique_ptr<support::Postgres> log) {
  log_ = std::move(log);
  for (auto& proxy : proxies_) proxy->SetTarget(log_->port());
}

void Cluster::EndNode(int i, int signal) {
  node(i).Signal(signal);
  support::WaitUntil([&] { return !node(i).Running(); }, support::seconds(40));
}

void Cluster::Restart(int i, int signal) {
  EndNode(i, signal);
  StartNode(i);
}

void Cluster::RestartAll(int signal) {
  for (int i = 0; i < kNodes; ++i) EndNode(i, signal);
  for (int i = 0; i < kNodes; ++i) StartNode(i);
}

void Cluster::Replace(int i) {
  EndNode(i, SIGKILL);
  std::filesystem::remove_all(DirectoryOf(i));
  StartNode(i);
}

std::filesystem::path Cluster::DirectoryOf(int i) const {
  return directory_.path() / fmt::format("node{}", i);
}

void Cluster::StartLoad() {
  loading_ = true;
  for (std::uint32_t i = 0; i < kIssuers; ++i) {
    load_.emplace_back([this, i] { Push(*issuers_[i], i); });
  }
  load_.emplace_back([this] { AskAboutRevoked(1); });
}

void Cluster::StopLoad() {
  loading_ = false;
  for (std::thread& thread : load_) thread.join();
  load_.clear();
}

void Cluster::Push(Issuer& issuer, std::uint32_t seed) {
  std::mt19937 random(seed +
                      static_cast<std::uint32_t>(steady_clock::now().time_since_epoch().count()));
  while (loading_) {
    const int i = static_cast<int>(random() % kNodes);
    support::AdminClient admin = AdminOf(Port(i, Plane::kAdmin));
    issuer.Push(admin, i);
    std::this_thread::sleep_for(kPause);
  }
}

// The node that acknowledged it knows at once, the others within the bound, or they say nothing.
void Cluster::AskAboutRevoked(std::uint32_t seed) {
  std::mt19937 random(seed);
  while (loading_) {
    const int i = static_cast<int>(random() % kNodes);
    try {
      auto client = support::Connection::ToPort(Port(i, Plane::kData));
      for (int asked = 0; asked < 100 && loading_; ++asked) {
        const auto revoked =
            issuers_[random() % kIssuers]->RevokedToken(static_cast<std::uint32_t>(random()));
        const auto sent_at = steady_clock::now();
        if (!revoked) continue;
        const bool knows =
            revoked->node == i || sent_at > revoked->told_at + std::chrono::seconds(kStaleness_s);
        const auto response = client.Ask(Request(revoked->token));
        ++asked_;
        if (knows && response.status == 200 && response.body != support::kInactive) {
          ++revoked_but_active_;
        }
      }
    } catch (const support::WireError&) {
      std::this_thread::sleep_for(kPause);  // it is being started, or stands still
    }
  }
}

std::vector<std::string> Cluster::LivingLines(int i) {
  const support::Response response = AdminOf(Port(i, Plane::kAdmin)).Get("/v1/tokens");
  if (response.status != 200) return {fmt::format("{} for the export", response.status)};
  std::vector<std::string> lines;
  std::string_view text = response.body;
  while (!text.empty()) {
    const std::string_view line = text::TakeUntil(text, '\n');
    const bool counts = line.find(R"("op":"position")") == std::string_view::npos;
    if (counts) lines.emplace_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

std::string Cluster::WaitUntilEqual(support::milliseconds longest) {
  std::string wrong;
  const auto equal = [&] {
    try {
      for (int i = 0; i < kNodes; ++i) {
        const auto status = AdminOf(Port(i, Plane::kAdmin)).Get("/v1/status").body;
        const bool settled = status.find("\"ready\":true") != std::string::npos &&
                             NumberIn(status, "rows_owed") == 0;
        wrong = fmt::format("node {}: {}", i, status);
        if (!settled) return false;
      }
      const auto first = LivingLines(0);
      for (int i = 1; i < kNodes; ++i) {
        const auto other = LivingLines(i);
        if (other == first) continue;
        std::vector<std::string> differing;
        std::ranges::set_symmetric_difference(first, other, std::back_inserter(differing));
        wrong =
            fmt::format("node {}: {} lines and {}, differing in {}, as in {}", i, first.size(),
                        other.size(), differing.size(), differing.empty() ? "" : differing.front());
        return false;
      }
      return true;
    } catch (const support::WireError& error) {
      wrong = error.what();
      return false;
    }
  };
  return support::WaitUntil(equal, longest) ? "" : wrong;
}

std::vector<std::string> Cluster::Check() {
  std::vector<std::string> wrong;
  for (int i = 0; i < kNodes; ++i) {
    auto client = support::Connection::ToPort(Port(i, Plane::kData));
    client.SetDeadline(support::seconds(60));
    for (const auto& issuer : issuers_) {
      for (std::string& text : issuer->Check(client, true)) {
        wrong.push_back(fmt::format("node {}: {}", i, text));
      }
    }
  }
  return wrong;
}

std::uint64_t Cluster::acknowledged() const {
  std::uint64_t sum = 0;
  for (const auto& issuer : issuers_) sum += issuer->acknowledged();
  return sum;
}

std::int64_t Cluster::Sum(std::string_view member) {
  std::int64_t sum = 0;
  for (int i = 0; i < kNodes; ++i) {
    sum += NumberIn(AdminOf(Port(i, Plane::kAdmin)).Get("/v1/status").body, member);
  }
  return sum;
}

}  // namespace introspectd::system_test
