// Requests to the data plane as bytes: the gateway asks for the example token, unless a member says
// otherwise.
//
// Threads: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/world.h"

namespace introspectd::support {

inline constexpr std::string_view kHost = "Host: introspect.example.com\r\n";
inline constexpr std::string_view kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
inline constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";

// The header line of client_secret_basic, from the pair as it is ("raw") or from whatever text.
std::string Basic(std::string_view id, std::string_view secret);
std::string BasicOf(std::string_view user_pass);

// "Content-Length: N\r\n"
std::string ContentLength(std::size_t size);

// `body` in chunks of at most `chunk_size` bytes, and the last chunk.
std::string InChunks(std::string_view body, std::size_t chunk_size = 64 * 1024);

// "name: value" lines that nobody reads.
std::string ManyHeaders(std::size_t count);

// The parts of a request, in the order in which they are sent. Each header line with its CRLF.
struct Request {
  std::string line = "POST /introspect HTTP/1.1";
  std::string host = std::string(kHost);
  std::string authorization = Basic(kGateway, kGatewaySecret);
  std::string type = std::string(kForm);
  std::string extra = "";
  std::optional<std::string> length = std::nullopt;  // Content-Length of `body` unless said
  std::string body = "token=" + std::string(kExampleToken);

  std::string Bytes() const;
};

}  // namespace introspectd::support
