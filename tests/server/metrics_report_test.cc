#include "server/metrics_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/metrics_text.h"

namespace introspectd::server {
namespace {

using support::MetricsText;
using testing::IsEmpty;

// A client id as bad as the configuration lets in, and worse.
const std::string kNastyId = "a\"b\\c\nd{e=\"f\"} 1\n# HELP introspectd_x \xe2\x80\xa8\xc3\xa9";

class MetricsReportTest : public testing::Test {
 protected:
  MetricsReportTest() {
    entry_.id = kNastyId;
    entry_.accounts.push_back(std::make_unique<api::ClientAccount>());
    entry_.accounts.push_back(std::make_unique<api::ClientAccount>());
    snapshot_.workers = {&counters_[0], &counters_[1]};
    snapshot_.clients = {&entry_};
    snapshot_.data_handshakes = {&handshakes_[0], &handshakes_[1]};
    snapshot_.admin_handshakes = &handshakes_[2];
    snapshot_.updates = &updates_;
    snapshot_.pushes = &pushes_;
    snapshot_.admin_failures = &admin_failures_;
    snapshot_.keys = {{.kind = "issuer",
                       .name = kNastyId,
                       .keys = 3,
                       .age_ms = 1500,
                       .refreshes_good = 2,
                       .refreshes_failed = 1},
                      {.kind = "issuer", .name = "https://never.example", .age_ms = {}}};
    snapshot_.replication.emplace();
  }

  MetricsText Metrics() const {
    MetricsText metrics(MetricsOf(snapshot_));
    EXPECT_THAT(metrics.problems(), IsEmpty());
    return metrics;
  }

  api::Counters counters_[2];
  AccountBook::Entry entry_;
  HandshakeCounts handshakes_[3];
  update::UpdateCounts updates_;
  api::PushCounts pushes_;
  api::AdminFailures admin_failures_;
  Snapshot snapshot_;
};

TEST_F(MetricsReportTest, AddsTheWorkersUp) {
  for (api::Counters& worker : counters_) {
    worker.Add(api::Count::kActive);
    worker.Add(api::BadInput::kForm);
    worker.Add(api::AuthFailure::kRefused);
    worker.Add(api::JwtResult::kRemembered);
    worker.Add(api::JwtResult::kBad);
    worker.answer_times().Add(40);
    worker.SetCpu(2'500'000);
  }
  counters_[1].Add(api::Count::kRateLimited);
  const MetricsText metrics = Metrics();
  EXPECT_EQ(metrics.Value("introspectd_requests_total", {{"result", "active"}}), 2);
  EXPECT_EQ(metrics.Value("introspectd_requests_total", {{"result", "rate_limited"}}), 1);
  EXPECT_EQ(metrics.Value("introspectd_refused_inputs_total", {{"cause", "form"}}), 2);
  EXPECT_EQ(
      metrics.Value("introspectd_client_authentication_failures_total", {{"cause", "refused"}}), 2);
  EXPECT_EQ(metrics.Value("introspectd_jwt_verdict_cache_hits_total"), 2);
  EXPECT_EQ(metrics.Value("introspectd_jwt_verifications_total", {{"result", "bad"}}), 2);
  EXPECT_EQ(metrics.Value("introspectd_request_duration_seconds_bucket", {{"le", "2.5e-05"}}), 0);
  EXPECT_EQ(metrics.Value("introspectd_request_duration_seconds_bucket", {{"le", "5e-05"}}), 2);
  EXPECT_NEAR(*metrics.Value("introspectd_request_duration_seconds_sum"), 80e-6, 1e-12);
  EXPECT_EQ(metrics.Value("introspectd_loop_busy_seconds_total", {{"loop", "worker-1"}}), 2.5);
  EXPECT_EQ(metrics.Count("introspectd_loop_busy_seconds_total"), 3u);
}

TEST_F(MetricsReportTest, CountsHandshakesOfEachPlane) {
  using End = HandshakeCounts::End;
  for (HandshakeCounts& loop : handshakes_) loop.Add(End::kFull);
  handshakes_[1].Add(End::kResumed);
  handshakes_[2].Add(End::kFailed);
  const MetricsText metrics = Metrics();
  const auto count = [&metrics](const char* plane, const char* result) {
    return metrics.Value("introspectd_tls_handshakes_total", {{"plane", plane}, {"result", result}})
        .value_or(-1);
  };
  EXPECT_EQ(count("data", "full"), 2);
  EXPECT_EQ(count("data", "resumed"), 1);
  EXPECT_EQ(count("data", "failed"), 0);
  EXPECT_EQ(count("admin", "full"), 1);
  EXPECT_EQ(count("admin", "failed"), 1);
}

TEST_F(MetricsReportTest, NoNameBreaksThePage) {
  entry_.accounts[0]->Add(api::Count::kInactive);
  entry_.accounts[1]->Add(api::Count::kInactive);
  const MetricsText metrics = Metrics();
  EXPECT_EQ(metrics.Value("introspectd_client_requests_total",
                          {{"client", kNastyId}, {"result", "inactive"}}),
            2);
  EXPECT_EQ(metrics.Value("introspectd_client_inactive_high", {{"client", kNastyId}}), 0);
  EXPECT_EQ(metrics.Value("introspectd_keys", {{"issuer", kNastyId}}), 3);
  EXPECT_EQ(metrics.Value("introspectd_keys_age_seconds", {{"issuer", kNastyId}}), 1.5);
  EXPECT_EQ(metrics.Count("introspectd_keys_age_seconds"), 1u) << "never had";
  EXPECT_EQ(metrics.Value("introspectd_key_refreshes_total",
                          {{"issuer", kNastyId}, {"result", "failed"}}),
            1);
}

TEST_F(MetricsReportTest, SaysHowFarItFollowsTheLog) {
  EXPECT_EQ(Metrics().Count("introspectd_replication_lag_seconds"), 0u) << "not yet";
  snapshot_.replication->follow.lag_ms = 12;
  snapshot_.replication->follow.clock_ahead_us = -1'500'000;
  const MetricsText metrics = Metrics();
  EXPECT_EQ(metrics.Value("introspectd_replication_lag_seconds"), 0.012);
  EXPECT_EQ(metrics.Value("introspectd_replication_clock_difference_seconds"), -1.5);
  snapshot_.replication.reset();
  EXPECT_EQ(Metrics().Count("introspectd_replication_following"), 0u);
}

TEST_F(MetricsReportTest, CountsWhomTheControlPlaneDidNotLetIn) {
  admin_failures_ = {.refused = 3, .forbidden = 2, .unavailable = 1};
  const MetricsText metrics = Metrics();
  const std::string name = "introspectd_admin_authentication_failures_total";
  EXPECT_EQ(metrics.Value(name, {{"cause", "refused"}}), 3);
  EXPECT_EQ(metrics.Value(name, {{"cause", "forbidden"}}), 2);
  EXPECT_EQ(metrics.Value(name, {{"cause", "unavailable"}}), 1);
}

TEST_F(MetricsReportTest, CountsUpdatesByOp) {
  for (std::size_t i = 0; i < updates_.by_op.size(); ++i) updates_.by_op[i] = i;
  updates_.expired = 7;
  pushes_.lines_refused = 8;
  const MetricsText metrics = Metrics();
  const char* const kOps[] = {"upsert",      "revoke_token", "revoke_jti",
                              "revoke_rule", "heartbeat",    "complete"};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(metrics.Value("introspectd_updates_total", {{"op", kOps[i]}}), i);
  }
  EXPECT_EQ(metrics.Value("introspectd_updates_expired_total"), 7);
  EXPECT_EQ(metrics.Value("introspectd_update_lines_refused_total"), 8);
}

}  // namespace
}  // namespace introspectd::server
