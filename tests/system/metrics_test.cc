// GET /metrics of the real server: what may be read from it, and that no counter ever goes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "fmt/format.h"
#include "support/metrics_text.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::Basic;
using support::MetricsText;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kWatcher = "metrics-watcher-token-5Tq";
constexpr std::string_view kSecret = "second-gateway-secret-9Lm";
constexpr std::string_view kName = "gateway \"2\" \\ é";

ConfigText Config(bool with_second) {
  ConfigText config;
  config.server = "workers = 2";
  config.tables = fmt::format(
      "[[admin.tokens]]\nname = \"watcher\"\ntoken = \"{}\"\nscopes = [\"metrics\"]\n", kWatcher);
  if (with_second) {
    config.tables += support::ClientTable(kName, fmt::format("secret = \"{}\"", kSecret),
                                          "audiences = [\"*\"]\nissuers = [\"*\"]");
  }
  return config;
}

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() { node_.Push(Upsert(support::kExampleToken, support::ExampleClaims())); }

  MetricsText Metrics() {
    MetricsText metrics(node_.AdminAs(std::string(kWatcher)).Get("/metrics").body);
    EXPECT_THAT(metrics.problems(), IsEmpty());
    return metrics;
  }
  std::optional<double> ClientsInactive(std::string_view client) {
    return Metrics().Value("introspectd_client_requests_total",
                           {{"client", std::string(client)}, {"result", "inactive"}});
  }
  void AskAsSecond(int times) {
    const std::string who = Basic(kName, kSecret);
    for (int i = 0; i < times; ++i) {
      ASSERT_EQ(node_.Ask({.authorization = who, .body = "token=x"}).status, 200);
    }
  }
  void Reload(const ConfigText& config) {
    const auto reloads = [this] {
      const MetricsText metrics = Metrics();
      return metrics.Value("introspectd_reloads_total", {{"result", "taken"}}).value_or(0) +
             metrics.Value("introspectd_reloads_total", {{"result", "refused"}}).value_or(0);
    };
    const double before = reloads();
    node_.process().Reconfigure(config.Text());
    node_.process().Signal(SIGHUP);
    ASSERT_TRUE(support::WaitUntil([&] { return reloads() > before; }));
  }

  Node node_{Config(true)};
};

TEST_F(MetricsTest, SaysWhatHappened) {
  node_.Introspect(support::kExampleToken);
  node_.Introspect("unknown");
  node_.Ask({.authorization = Basic("gateway", "wrong")});
  node_.Ask({.line = "GET /introspect HTTP/1.1"});
  EXPECT_EQ(node_.Push("{\"op\":\"revoke\",\"token\":\"some-token-of-somebody\"}\n{\"op\":\"x\"}\n")
                .rejected,
            1);
  node_.AdminAs("wrong").Get("/v1/status");
  // How long an answer took is known when it has been written, and may have been read by then.
  EXPECT_TRUE(support::WaitUntil([&] {
    return Metrics().Value("introspectd_request_duration_seconds_count").value_or(0) >= 4;
  }));
  const MetricsText metrics = Metrics();
  const auto value = [&](const std::string& name, const support::MetricLabels& labels = {}) {
    return metrics.Value("introspectd_" + name, labels).value_or(-1);
  };
  EXPECT_EQ(value("requests_total", {{"result", "active"}}), 1);
  EXPECT_EQ(value("client_requests_total", {{"client", "gateway"}, {"result", "active"}}), 1);
  EXPECT_EQ(value("client_requests_total", {{"client", std::string(kName)}, {"result", "active"}}),
            0);
  EXPECT_EQ(value("request_duration_seconds_count"), 4);
  EXPECT_GT(value("request_duration_seconds_sum"), 0);
  EXPECT_EQ(value("client_authentication_failures_total", {{"cause", "refused"}}), 1);
  EXPECT_EQ(value("admin_authentication_failures_total", {{"cause", "refused"}}), 1);
  EXPECT_EQ(value("refused_inputs_total", {{"cause", "method"}}), 1);
  EXPECT_EQ(value("updates_total", {{"op", "upsert"}}), 1);
  EXPECT_EQ(value("updates_total", {{"op", "revoke_token"}}), 1);
  EXPECT_EQ(value("update_lines_refused_total"), 1);
  EXPECT_EQ(value("update_visibility_seconds_count"), 2);
  EXPECT_EQ(metrics.Count("introspectd_loop_busy_seconds_total"), 3u);
  EXPECT_GT(value("loop_busy_seconds_total", {{"loop", "control"}}), 0);
}

TEST_F(MetricsTest, NoCounterGoesBackOverAReload) {
  node_.Introspect("unknown");
  AskAsSecond(3);
  const auto before = Metrics().Counters();
  Reload(Config(true));
  AskAsSecond(2);
  const MetricsText after = Metrics();
  for (const auto& [name, count] : before) {
    const auto now = after.Counters().find(name);
    ASSERT_NE(now, after.Counters().end()) << name;
    EXPECT_GE(after.Counters().at(name), count) << name;
  }
  EXPECT_EQ(ClientsInactive(kName), 5);
  EXPECT_EQ(ClientsInactive("gateway"), 1);

  Reload(Config(false));
  EXPECT_EQ(ClientsInactive(kName), std::nullopt) << "labels are those of the configuration";
  EXPECT_EQ(Metrics().Value("introspectd_requests_total", {{"result", "inactive"}}), 6);
  Reload(Config(true));
  EXPECT_EQ(ClientsInactive(kName), 5);
}

TEST_F(MetricsTest, ARefusedReloadIsCounted) {
  ConfigText broken = Config(true);
  broken.server += "\nno_such_key = 1";
  Reload(broken);
  EXPECT_EQ(Metrics().Value("introspectd_reloads_total", {{"result", "refused"}}), 1);
  EXPECT_EQ(Metrics().Value("introspectd_reloads_total", {{"result", "taken"}}), 0);
}

TEST_F(MetricsTest, AScanIsToldOfOnce) {
  Connection scanner = node_.Connect();
  const std::string guess =
      Request{.authorization = Basic(kName, kSecret), .body = "token=guess-of-a-token"}.Bytes();
  const auto told = [this] { return node_.process().log().find("many inactive answers"); };
  for (int round = 0; told() == std::string::npos; ++round) {
    ASSERT_LT(round, 100);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(scanner.Ask(guess).status, 200);
    support::WaitUntil([&] { return told() != std::string::npos; }, support::milliseconds(100));
  }
  const std::string log = node_.process().log();
  EXPECT_EQ(log.find("many inactive answers", told() + 1), std::string::npos);
  EXPECT_THAT(log, HasSubstr(R"(client="gateway \"2\" \\ é" inactive_percent=100)"));
  EXPECT_THAT(log, testing::Not(HasSubstr("guess-of-a-token")));
  EXPECT_EQ(Metrics().Value("introspectd_client_inactive_high", {{"client", std::string(kName)}}),
            1);
  EXPECT_EQ(Metrics().Value("introspectd_client_inactive_high", {{"client", "gateway"}}), 0);
}

TEST(MetricsNameTest, AnIdThatIsTooLongOrHasControlsIsRefused) {
  for (const std::string& id : {std::string(1 << 20, 'x'), std::string("a\nb"),
                                std::string("a\x1b"
                                            "b")}) {
    ConfigText config;
    config.tables = support::ClientTable(id, "secret = \"some-secret\"", "audiences = [\"*\"]");
    EXPECT_THROW(Node node(config), std::runtime_error) << id.substr(0, 20);
  }
}

}  // namespace
}  // namespace introspectd::system_test
