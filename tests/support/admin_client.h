// The control plane as its callers see it (contract 6).
//
// Threads: one owner. A connection a call, so that no call depends on another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/wire.h"

namespace introspectd::support {

struct RefusedLine {
  std::int64_t line = 0;
  std::string error;
};

// The answer to POST /v1/tokens.
struct PushResult {
  int status = 0;
  std::int64_t lines = 0;
  std::int64_t applied = 0;
  std::int64_t expired = 0;
  std::int64_t rejected = 0;
  std::int64_t sequence = 0;
  std::vector<RefusedLine> errors;
};

// Throws WireError when `response` is not one.
PushResult ParsePushResult(const Response& response);

class AdminClient {
 public:
  // `token` is the bearer token; empty = no Authorization at all.
  AdminClient(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {}

  Response Get(std::string_view target);
  Response Post(std::string_view target, std::string_view body);
  PushResult Push(std::string_view ndjson) { return ParsePushResult(Post("/v1/tokens", ndjson)); }

  // The head of a request, up to and with the empty line; `framing` are its length lines.
  std::string Head(std::string_view method, std::string_view target,
                   std::string_view framing) const;
  Connection Connect() const { return Connection::ToPort(port_); }

  // Everything that Get and Post were answered, for a leak scan.
  const std::string& transcript() const { return transcript_; }

 private:
  Response Ask(std::string_view request);

  std::uint16_t port_;
  std::string token_;
  std::string transcript_;
};

}  // namespace introspectd::support
