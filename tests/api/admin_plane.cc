#include "api/admin_plane.h"

#include <gtest/gtest.h>

#include "api/data_plane.h"
#include "fmt/format.h"
#include "log/log.h"

namespace introspectd::api {

AdminPlane::AdminPlane(std::string_view text)
    : config(ConfigOf(text)),
      store({config.introspection.issuer, config.storage.token_lifetime_max_s}),
      parser({config.introspection.issuer, config.storage.token_lifetime_max_s,
              config.limits.update_line_bytes_max}),
      target(store.writer()),
      pipeline(target),
      registry(std::make_shared<const client::Registry>(config, 1)),
      explainer(config, store),
      control{
          .config = config,
          .limits = config.limits,
          .writer = store.writer(),
          .parser = parser,
          .pipeline = pipeline,
          .entry = pipeline,
          .admission = admission,
          .credentials = credentials,
          .readiness = readiness,
          .pushes = push_counts,
          .failures = failures,
          .registry = [this]() -> const client::Registry& { return *registry; },
          .verify =
              [this](VerificationRequest request) { verifications.push_back(std::move(request)); },
          .resume =
              [this](const http::Ticket& ticket) { Resume(ticket, http::Resumption::kRetry); },
          .wake_pipeline = [this] { awake_ = true; },
          .on_push = [this] { ++pushes; },
          .on_complete = [this] { ++completes; },
          .log_position = [] { return std::string(); },
          .on_loaded = [this](std::string_view) { ++loads; },
          .healthy = [this] { return healthy; },
          .explain = [this](const Explainer::Question& question,
                            Now at) { return explainer.Explain(question, at); },
          .status = [](Now) { return std::string("{\"status\":1}"); },
          .metrics = [](Now) { return std::string("metrics 1\n"); }},
      endpoint(control),
      session(config.limits.admin, endpoint, date) {
  EXPECT_TRUE(log::Open({.level = LogLevel::kError}).ok());
  Reconnect();
}

void AdminPlane::Reconnect() {
  endpoint.Abandon();
  session.Open(0, ++generation_, now);
}

std::string AdminPlane::Say(std::string_view bytes) {
  session.Receive(bytes, now, turn_);
  Pump();
  while (true) {
    if (!verify_later && !verifications.empty()) {
      Verify();
    } else if (!apply_later && awake_) {
      awake_ = Turn();
    } else {
      return Take();
    }
  }
}

support::Response AdminPlane::Ask(std::string_view request) {
  Reconnect();
  const std::string said = Say(request);
  const support::Parsed parsed =
      support::ParseResponse(said, {.to_head = request.starts_with("HEAD"), .chunks = true});
  EXPECT_EQ(parsed.progress, support::Progress::kComplete) << parsed.problem << "\n" << said;
  EXPECT_EQ(parsed.size, said.size()) << said;
  return parsed.response;
}

void AdminPlane::Verify() {
  const VerificationRequest request = std::move(verifications.front());
  verifications.pop_front();
  const auto proof = registry->VerifyAdmin(request.pairs);
  if (proof) credentials.Remember(request.digest, proof->index);
  Resume(request.ticket, proof ? http::Resumption::kRetry : http::Resumption::kRefused);
}

bool AdminPlane::Turn() { return pipeline.Turn(now); }

void AdminPlane::Resume(const http::Ticket& ticket, http::Resumption resumption) {
  session.Resume(ticket, resumption, now, turn_);
  Pump();
}

void AdminPlane::Expire() {
  now.boot_ms = session.deadline_ms();
  session.Expire(now, turn_);
  Pump();
}

void AdminPlane::Reload(std::string_view text) {
  registry = std::make_shared<const client::Registry>(ConfigOf(text), registry->generation() + 1);
  credentials.Forget();
}

TokenState AdminPlane::StateOf(std::string_view token) {
  reader.Enter();
  const TokenState state = reader.Find(TokenDigest::Of(token), now.seconds()).state;
  reader.Leave();
  return state;
}

void AdminPlane::Pump() {
  said_ += std::exchange(turn_, {});
  while (!session.closing() && session.has_more()) {
    session.Continue(now, turn_);
    said_ += std::exchange(turn_, {});
  }
}

std::string AdminRequest(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view headers, std::string_view body) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n", method, target);
  if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token);
  out += headers;
  if (!body.empty()) out += fmt::format("Content-Length: {}\r\n", body.size());
  return out + "\r\n" + std::string(body);
}

std::string PushRequest(std::string_view lines, std::string_view token, std::string_view target) {
  const std::string headers = fmt::format("Content-Type: application/x-ndjson\r\n{}",
                                          lines.empty() ? "Content-Length: 0\r\n" : "");
  return AdminRequest("POST", target, token, headers, lines);
}

}  // namespace introspectd::api
