// The rows of [limits] and [limits.admin] of the option table.
//
// Threads: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/options.h"
#include "introspectd/config.h"

namespace introspectd::config {

inline constexpr std::int64_t kMiB = 1 << 20;
inline constexpr std::int64_t kMinuteMs = 60'000;

template <auto... Path>
constexpr Option Limit(std::string_view name, std::string_view unit, std::string_view default_toml,
                       Range range, std::string_view help, Reload reload = Reload::kAtSighup) {
  return {.name = name,
          .member = kMember<&Config::limits, Path...>,
          .default_toml = default_toml,
          .unit = unit,
          .range = range,
          .reload = reload,
          .help = help};
}

// What one HTTP listener allows; both planes have the same limits, with defaults of their own.
template <HttpLimits Limits::*Plane>
constexpr std::array<Option, 17> HttpLimitOptions() {
  using L = HttpLimits;
  constexpr bool kIsAdmin = Plane == &Limits::admin;
  constexpr Range kMs = {10, 10 * kMinuteMs};
  return {
      Limit<Plane, &L::head_bytes_max>("head_bytes_max", "bytes", "16384", {512, kMiB},
                                       "request line and headers"),
      Limit<Plane, &L::header_line_bytes_max>("header_line_bytes_max", "bytes", "8192", {256, kMiB},
                                              "one header line"),
      Limit<Plane, &L::target_bytes_max>("target_bytes_max", "bytes", "2048", {16, 65536},
                                         "request target"),
      Limit<Plane, &L::headers_max>("headers_max", "headers", "64", {4, 1024}, "headers"),
      Limit<Plane, &L::body_bytes_max>(
          "body_bytes_max", "bytes", kIsAdmin ? "1048576" : "65536", {256, 64 * kMiB},
          kIsAdmin ? "a body that is held in memory; streams of updates have no limit" : "body"),
      Limit<Plane, &L::parameters_max>("parameters_max", "parameters", "64", {1, 4096},
                                       "parameters of a form"),
      Limit<Plane, &L::connections_max>("connections_max", "connections",
                                        kIsAdmin ? "256" : "20000", {1, 1'000'000},
                                        "open connections"),
      Limit<Plane, &L::connections_per_address_max>("connections_per_address_max", "connections",
                                                    kIsAdmin ? "64" : "2000", {1, 1'000'000},
                                                    "open connections of one address"),
      Limit<Plane, &L::pipeline_max>("pipeline_max", "requests", kIsAdmin ? "8" : "32", {1, 1024},
                                     "requests answered before their answers are written"),
      Limit<Plane, &L::output_bytes_max>("output_bytes_max", "bytes",
                                         kIsAdmin ? "1048576" : "262144", {4096, 64 * kMiB},
                                         "answers waiting to be written; then nothing is read"),
      Limit<Plane, &L::head_ms_max>("head_ms_max", "ms", "10000", kMs, "time for a whole head"),
      Limit<Plane, &L::body_ms_max>(
          "body_ms_max", "ms", kIsAdmin ? "30000" : "10000", kMs,
          kIsAdmin ? "time between two reads of a body" : "time for a whole body"),
      Limit<Plane, &L::write_stall_ms_max>("write_stall_ms_max", "ms", kIsAdmin ? "30000" : "10000",
                                           kMs, "time in which a peer reads nothing of an answer"),
      Limit<Plane, &L::idle_ms_max>("idle_ms_max", "ms", "75000", {10, 60 * kMinuteMs},
                                    "time between two requests"),
      Limit<Plane, &L::handshake_ms_max>("handshake_ms_max", "ms", "5000", kMs,
                                         "time for a TLS handshake"),
      Limit<Plane, &L::handshakes_max>(
          "handshakes_max", "handshakes", kIsAdmin ? "64" : "1024", {1, 1'000'000},
          "TLS handshakes under way at once on one loop; beyond, the oldest gives way"),
      Limit<Plane, &L::pending_ms_max>(
          "pending_ms_max", "ms", "5000", {10, kMinuteMs},
          "wait for a secret's first verification, or a signature's; then 503"),
  };
}

constexpr std::array<Option, 14> OtherLimitOptions() {
  using L = Limits;
  return {
      Limit<&L::token_bytes_max>("token_bytes_max", "bytes", "16384", {16, kMiB},
                                 "token; longer ones are unknown"),
      Limit<&L::update_line_bytes_max>("update_line_bytes_max", "bytes", "16384", {256, 16384},
                                       "one line of an update", Reload::kAtRestart),
      Limit<&L::update_batch_bytes_max>("update_batch_bytes_max", "bytes", "4194304",
                                        {4096, 256 * kMiB},
                                        "updates read ahead of being visible, per connection"),
      Limit<&L::secret_verifications_max>("secret_verifications_max", "threads", "2",
                                          {1, kSecretVerificationsMost},
                                          "slow hashes computed at once"),
      Limit<&L::secret_queue_max>("secret_queue_max", "verifications", "64", {0, 65536},
                                  "verifications that wait for a thread; beyond: 503"),
      Limit<&L::credentials_remembered_max>("credentials_remembered_max", "credentials", "4096",
                                            {16, 1'000'000}, "verified secrets kept by a worker"),
      Limit<&L::auth_failures_per_s>(
          "auth_failures_per_s", "failures/s", "5", {0, 1'000'000},
          "failed authentications as one client from one address, per worker, ten times as many in "
          "a burst; beyond: 429; 0 = no limit"),
      Limit<&L::auth_failures_per_address_per_s>(
          "auth_failures_per_address_per_s", "failures/s", "100", {0, 1'000'000},
          "the same of one address, whoever it claims to be"),
      Limit<&L::inactive_per_client_per_s>(
          "inactive_per_client_per_s", "answers/s", "0", {0, 1'000'000'000},
          "inactive answers to one client, per worker, ten times as many in a burst; beyond: 429; "
          "0 = no limit"),
      Limit<&L::verdict_bytes_max>("verdict_bytes_max", "bytes", "67108864", {4096, 2048 * kMiB},
                                   "JWTs that were found good, kept by a worker"),
      Limit<&L::jwks_waiting_max>(
          "jwks_waiting_max", "requests", "1000", {0, 1'000'000},
          "requests of a worker that wait for an issuer's or a client's keys; beyond: 503"),
      Limit<&L::assertions_remembered_max>(
          "assertions_remembered_max", "assertions", "1000000", {16, 100'000'000},
          "client assertions that were used, kept until they end; beyond: 503"),
      Limit<&L::memory_max>(
          "memory_max", "bytes", "0", {0, INT64_MAX},
          "what tokens, rules, verdicts and connections may take; beyond, upserts get 503; 0 = "
          "four fifths of what the system, or its cgroup, has"),
      Limit<&L::worker_stall_max_ms>("worker_stall_max_ms", "ms", "1000", {10, 10 * kMinuteMs},
                                     "`/healthz` is 503 when a worker has not turned for so long"),
  };
}

}  // namespace introspectd::config
